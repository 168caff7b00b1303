"""Reference data of fish health: scored parameters, lice and sample types, reasons, vaccines."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, one_of, reference
from .types import BigId, Stamp


class HealthParameter(Base):
    """A welfare indicator that is scored on fish, such as gills or fins."""

    __tablename__ = "health_healthparameter"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    description: Mapped[str | None]
    max_score: Mapped[int] = mapped_column(default=3)
    min_score: Mapped[int] = mapped_column(default=0)


class ParameterScoreDefinition(Base):
    """Definition of one score of a health parameter."""

    __tablename__ = "health_parameterscoredefinition"
    __table_args__ = (UniqueConstraint("parameter_id", "score_value"),)

    id: Mapped[BigId]
    score_value: Mapped[int]
    label: Mapped[str] = mapped_column(String(50))
    description: Mapped[str]
    display_order: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    parameter_id: Mapped[int] = mapped_column(reference("health_healthparameter.id"))


class LiceType(Base):
    """A category of sea lice: species, sex and development stage."""

    __tablename__ = "health_licetype"
    __table_args__ = (UniqueConstraint("species", "gender", "development_stage"),)

    id: Mapped[BigId]
    species: Mapped[str] = mapped_column(String(100))
    gender: Mapped[str] = mapped_column(String(20), info=one_of("male", "female", "unknown"))
    development_stage: Mapped[str] = mapped_column(String(50))
    description: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class MortalityReason(Base):
    """A cause of mortality."""

    __tablename__ = "health_mortalityreason"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(default="")


class SampleType(Base):
    """A type of laboratory sample, such as blood or gill tissue."""

    __tablename__ = "health_sampletype"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(default="")


class VaccinationType(Base):
    """A vaccine with manufacturer and dosage."""

    __tablename__ = "health_vaccinationtype"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    manufacturer: Mapped[str] = mapped_column(String(100), default="")
    dosage: Mapped[str] = mapped_column(String(100), default="")
    description: Mapped[str] = mapped_column(default="")
