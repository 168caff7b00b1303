"""Harvest events, graded lots and waste."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from .base import SUBSIDIARIES, Base, at_least, not_negative, one_of, reference
from .types import BigId, ExactDecimal, Stamp


class ProductGrade(Base):
    """A grade of harvested fish."""

    __tablename__ = "harvest_productgrade"

    id: Mapped[BigId]
    code: Mapped[str] = mapped_column(String(50), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class HarvestEvent(Base):
    """The harvest of the fish of one assignment."""

    __tablename__ = "harvest_harvestevent"

    id: Mapped[BigId]
    event_date: Mapped[dt.datetime]
    dest_subsidiary: Mapped[str | None] = mapped_column(String(3), info=one_of(*SUBSIDIARIES))
    document_ref: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    dest_geography_id: Mapped[int | None] = mapped_column(
        reference("infrastructure_geography.id"), index=True
    )


class HarvestLot(Base):
    """Harvested fish of one grade."""

    __tablename__ = "harvest_harvestlot"
    __table_args__ = not_negative("unit_count")

    id: Mapped[BigId]
    live_weight_kg: Mapped[Decimal] = mapped_column(ExactDecimal(12, 3), info=at_least(0))
    gutted_weight_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(12, 3), info=at_least(0))
    fillet_weight_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(12, 3), info=at_least(0))
    unit_count: Mapped[int]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    event_id: Mapped[int] = mapped_column(reference("harvest_harvestevent.id"), index=True)
    product_grade_id: Mapped[int] = mapped_column(reference("harvest_productgrade.id"), index=True)


class HarvestWaste(Base):
    """Waste of a harvest, by category."""

    __tablename__ = "harvest_harvestwaste"

    id: Mapped[BigId]
    category: Mapped[str] = mapped_column(String(50))
    weight_kg: Mapped[Decimal] = mapped_column(ExactDecimal(12, 3), info=at_least(0))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    event_id: Mapped[int] = mapped_column(reference("harvest_harvestevent.id"), index=True)
