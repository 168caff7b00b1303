"""Egg suppliers and egg production."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, at_least, one_of, reference
from .types import BigId, Stamp


class EggSupplier(Base):
    """A supplier of eggs."""

    __tablename__ = "broodstock_eggsupplier"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    contact_details: Mapped[str] = mapped_column(default="")
    certifications: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class EggProduction(Base):
    """A lot of eggs, from own broodstock or bought."""

    __tablename__ = "broodstock_eggproduction"

    id: Mapped[BigId]
    egg_batch_id: Mapped[str] = mapped_column(String(50), unique=True)
    egg_count: Mapped[int] = mapped_column(info=at_least(0))
    production_date: Mapped[Stamp]
    source_type: Mapped[str] = mapped_column(String(20), info=one_of("internal", "external"))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    destination_station_id: Mapped[int | None] = mapped_column(
        reference("infrastructure_freshwaterstation.id"), index=True
    )
    # In AquaMind a foreign key to broodstock_breedingpair, which is not modelled here.
    pair_id: Mapped[int | None] = mapped_column(BigInteger)
