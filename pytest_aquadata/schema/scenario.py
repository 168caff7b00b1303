"""Scenarios: models of temperature, growth, feed conversion and mortality, and projections."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, at_least, between, one_of, reference
from .types import BigId, ExactDecimal, Stamp

MODEL_STAGES = ("egg", "alevin", "fry", "parr", "smolt", "post_smolt", "harvest")
"""Stages that the models distinguish; not the lifecycle stages of batches."""


class TemperatureProfile(Base):
    """A series of daily water temperatures from the start of a batch."""

    __tablename__ = "scenario_temperatureprofile"

    profile_id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(255), unique=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class TemperatureReading(Base):
    """The water temperature of one day of a profile, in °C."""

    __tablename__ = "scenario_temperaturereading"
    __table_args__ = (UniqueConstraint("profile_id", "day_number"),)

    reading_id: Mapped[BigId]
    temperature: Mapped[float]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    profile_id: Mapped[int] = mapped_column(reference("scenario_temperatureprofile.profile_id"))
    day_number: Mapped[int] = mapped_column(info=at_least(1))


class TGCModel(Base):
    """A growth model for a location and release period.

    Attributes:
        tgc_value: thermal growth coefficient, not multiplied by 1000.
        exponent_n: exponent of temperature.
        exponent_m: exponent of weight.
    """

    __tablename__ = "scenario_tgcmodel"

    model_id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(255), unique=True)
    location: Mapped[str] = mapped_column(String(255))
    release_period: Mapped[str] = mapped_column(String(255))
    tgc_value: Mapped[float] = mapped_column(info=at_least(0))
    exponent_n: Mapped[float] = mapped_column(default=0.33)
    exponent_m: Mapped[float] = mapped_column(default=0.66)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    profile_id: Mapped[int] = mapped_column(
        reference("scenario_temperatureprofile.profile_id"), index=True
    )


class TGCModelStage(Base):
    """Growth coefficient of a growth model for one stage, not multiplied by 1000."""

    __tablename__ = "scenario_tgc_model_stage"
    __table_args__ = (UniqueConstraint("tgc_model_id", "lifecycle_stage"),)

    id: Mapped[BigId]
    lifecycle_stage: Mapped[str] = mapped_column(String(20), info=one_of(*MODEL_STAGES))
    tgc_value: Mapped[Decimal] = mapped_column(ExactDecimal(6, 4))
    temperature_exponent: Mapped[Decimal] = mapped_column(
        ExactDecimal(4, 2), default=Decimal("1.0")
    )
    # Django's default is 0.333, which the column rounds
    weight_exponent: Mapped[Decimal] = mapped_column(ExactDecimal(4, 2), default=Decimal("0.33"))
    tgc_model_id: Mapped[int] = mapped_column(reference("scenario_tgcmodel.model_id"))


class FCRModel(Base):
    """A feed conversion model."""

    __tablename__ = "scenario_fcrmodel"

    model_id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(255), unique=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class FCRModelStage(Base):
    """Feed conversion ratio of one stage: kg of feed per kg of growth."""

    __tablename__ = "scenario_fcrmodelstage"
    __table_args__ = (UniqueConstraint("model_id", "stage_id"),)

    id: Mapped[BigId]
    fcr_value: Mapped[float] = mapped_column(info=at_least(0))
    duration_days: Mapped[int] = mapped_column(info=at_least(1))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    model_id: Mapped[int] = mapped_column(reference("scenario_fcrmodel.model_id"))
    stage_id: Mapped[int] = mapped_column(reference("batch_lifecyclestage.id"), index=True)


class FCRModelStageOverride(Base):
    """Feed conversion ratio for a weight range of a stage."""

    __tablename__ = "scenario_fcr_model_stage_override"

    id: Mapped[BigId]
    min_weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    max_weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    fcr_value: Mapped[Decimal] = mapped_column(ExactDecimal(5, 3))
    fcr_stage_id: Mapped[int] = mapped_column(reference("scenario_fcrmodelstage.id"), index=True)


class MortalityModel(Base):
    """A mortality model; `rate` in percent per day or week, by `frequency`."""

    __tablename__ = "scenario_mortalitymodel"

    model_id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(255), unique=True)
    frequency: Mapped[str] = mapped_column(String(10), info=one_of("daily", "weekly"))
    rate: Mapped[float] = mapped_column(info=between(0, 100))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class MortalityModelStage(Base):
    """Mortality rate of a mortality model for one stage."""

    __tablename__ = "scenario_mortality_model_stage"
    __table_args__ = (UniqueConstraint("mortality_model_id", "lifecycle_stage"),)

    id: Mapped[BigId]
    lifecycle_stage: Mapped[str] = mapped_column(String(20), info=one_of(*MODEL_STAGES))
    daily_rate_percent: Mapped[Decimal] = mapped_column(ExactDecimal(5, 3))
    weekly_rate_percent: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 3))
    mortality_model_id: Mapped[int] = mapped_column(reference("scenario_mortalitymodel.model_id"))


class BiologicalConstraints(Base):
    """A set of biological limits for projections."""

    __tablename__ = "scenario_biological_constraints"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    created_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)


class StageConstraint(Base):
    """Limits of one stage in a set of biological constraints."""

    __tablename__ = "scenario_stage_constraint"
    __table_args__ = (UniqueConstraint("constraint_set_id", "lifecycle_stage"),)

    id: Mapped[BigId]
    lifecycle_stage: Mapped[str] = mapped_column(String(20), info=one_of(*MODEL_STAGES))
    min_weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    max_weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    min_temperature_c: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    max_temperature_c: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    typical_duration_days: Mapped[int | None]
    max_freshwater_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    constraint_set_id: Mapped[int] = mapped_column(reference("scenario_biological_constraints.id"))


class Scenario(Base):
    """A projection of a real or hypothetical batch with selected models.

    Attributes:
        initial_weight: g.
    """

    __tablename__ = "scenario"

    scenario_id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(255))
    start_date: Mapped[dt.date]
    duration_days: Mapped[int] = mapped_column(info=at_least(1))
    initial_count: Mapped[int] = mapped_column(info=at_least(1))
    genotype: Mapped[str] = mapped_column(String(255))
    supplier: Mapped[str] = mapped_column(String(255))
    initial_weight: Mapped[float | None] = mapped_column(info=at_least(0))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int | None] = mapped_column(reference("batch_batch.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    fcr_model_id: Mapped[int] = mapped_column(reference("scenario_fcrmodel.model_id"), index=True)
    mortality_model_id: Mapped[int] = mapped_column(
        reference("scenario_mortalitymodel.model_id"), index=True
    )
    tgc_model_id: Mapped[int] = mapped_column(reference("scenario_tgcmodel.model_id"), index=True)
    biological_constraints_id: Mapped[int | None] = mapped_column(
        reference("scenario_biological_constraints.id"), index=True
    )


class ScenarioModelChange(Base):
    """A change of a scenario to other models on one day."""

    __tablename__ = "scenario_scenariomodelchange"

    change_id: Mapped[BigId]
    change_day: Mapped[int] = mapped_column(info=at_least(1))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    new_fcr_model_id: Mapped[int | None] = mapped_column(
        reference("scenario_fcrmodel.model_id"), index=True
    )
    new_mortality_model_id: Mapped[int | None] = mapped_column(
        reference("scenario_mortalitymodel.model_id"), index=True
    )
    new_tgc_model_id: Mapped[int | None] = mapped_column(
        reference("scenario_tgcmodel.model_id"), index=True
    )
    scenario_id: Mapped[int] = mapped_column(reference("scenario.scenario_id"), index=True)


class ScenarioProjection(Base):
    """A projected day of a scenario.

    Attributes:
        average_weight: g.
        biomass: kg.
        daily_feed: kg.
        cumulative_feed: kg.
        temperature: °C.
    """

    __tablename__ = "scenario_scenarioprojection"
    __table_args__ = (Index(None, "scenario_id", "day_number"),)

    projection_id: Mapped[BigId]
    projection_date: Mapped[dt.date]
    day_number: Mapped[int] = mapped_column(info=at_least(0))
    average_weight: Mapped[float] = mapped_column(info=at_least(0))
    population: Mapped[float] = mapped_column(info=at_least(0))
    biomass: Mapped[float] = mapped_column(info=at_least(0))
    daily_feed: Mapped[float] = mapped_column(info=at_least(0))
    cumulative_feed: Mapped[float] = mapped_column(info=at_least(0))
    temperature: Mapped[float]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    current_stage_id: Mapped[int] = mapped_column(reference("batch_lifecyclestage.id"), index=True)
    scenario_id: Mapped[int] = mapped_column(reference("scenario.scenario_id"))
