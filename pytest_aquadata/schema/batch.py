"""Batches: species, stages, assignments to containers, mortality and growth."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, RowidKey, at_least, between, not_negative, one_of, reference, unique_where
from .types import BigId, ExactDecimal, Stamp


class Species(Base):
    """A species of fish and its optimal water.

    Attributes:
        optimal_temperature_min: °C.
        optimal_temperature_max: °C.
        optimal_oxygen_min: mg/L.
    """

    __tablename__ = "batch_species"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    scientific_name: Mapped[str] = mapped_column(String(200), unique=True)
    description: Mapped[str] = mapped_column(default="")
    optimal_temperature_min: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    optimal_temperature_max: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    optimal_oxygen_min: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    optimal_ph_min: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    optimal_ph_max: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class LifeCycleStage(Base):
    """A lifecycle stage, identified by its order within the species: 1 egg and alevin, 6 adult."""

    __tablename__ = "batch_lifecyclestage"
    __table_args__ = (
        UniqueConstraint("species_id", "order"),
        *not_negative("order", "typical_duration_days"),
    )

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    order: Mapped[int] = mapped_column(SmallInteger)
    description: Mapped[str] = mapped_column(default="")
    expected_weight_min_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    expected_weight_max_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    expected_length_min_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    expected_length_max_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    species_id: Mapped[int] = mapped_column(reference("batch_species.id"))
    typical_duration_days: Mapped[int | None]


class Batch(Base):
    """A batch: fish of one origin and start date, from egg to harvest."""

    __tablename__ = "batch_batch"

    id: Mapped[BigId]
    batch_number: Mapped[str] = mapped_column(String(50), unique=True)
    status: Mapped[str] = mapped_column(
        String(20),
        default="ACTIVE",
        info=one_of("PLANNED", "RECEIVING", "ACTIVE", "COMPLETED", "TERMINATED", "CANCELLED"),
    )
    start_date: Mapped[dt.date]
    expected_end_date: Mapped[dt.date | None]
    actual_end_date: Mapped[dt.date | None]
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    lifecycle_stage_id: Mapped[int] = mapped_column(
        reference("batch_lifecyclestage.id"), index=True
    )
    species_id: Mapped[int] = mapped_column(reference("batch_species.id"), index=True)
    batch_type: Mapped[str] = mapped_column(
        String(20), default="STANDARD", info=one_of("STANDARD", "MIXED")
    )
    # Scenarios refer to batches as well, so this key is added with ALTER TABLE.
    pinned_scenario_id: Mapped[int | None] = mapped_column(
        reference("scenario.scenario_id", use_alter=True), index=True
    )


class BatchComposition(Base):
    """The share of a source batch in a mixed batch, in percent."""

    __tablename__ = "batch_batchcomposition"
    __table_args__ = not_negative("population_count")

    id: Mapped[BigId]
    percentage: Mapped[Decimal] = mapped_column(ExactDecimal(5, 2), info=between(0, 100))
    population_count: Mapped[int] = mapped_column(info=at_least(0))
    biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    created_at: Mapped[Stamp]
    mixed_batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    source_batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)


class BatchContainerAssignment(Base):
    """A batch's fish in one container, from arrival to departure.

    Attributes:
        population_count: current number of fish, after departure that of the last day; in the first
            stage the number delivered.
        departure_date: day on which the last fish left; null while the assignment is active.
    """

    __tablename__ = "batch_batchcontainerassignment"
    __table_args__ = (
        unique_where(
            "unique_active_batch_container", "batch_id", "container_id", where="is_active"
        ),
        *not_negative("population_count"),
    )

    id: Mapped[BigId]
    population_count: Mapped[int] = mapped_column(info=at_least(0))
    biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    assignment_date: Mapped[dt.date]
    is_active: Mapped[bool] = mapped_column(default=True)
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    container_id: Mapped[int] = mapped_column(reference("infrastructure_container.id"), index=True)
    lifecycle_stage_id: Mapped[int] = mapped_column(
        reference("batch_lifecyclestage.id"), index=True
    )
    avg_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    departure_date: Mapped[dt.date | None]
    last_weighing_date: Mapped[dt.date | None]


class MortalityEvent(Base):
    """Fish of a batch that died on one day in one container, with the cause."""

    __tablename__ = "batch_mortalityevent"
    __table_args__ = not_negative("count")

    id: Mapped[BigId]
    event_date: Mapped[dt.date]
    count: Mapped[int]
    biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    cause: Mapped[str] = mapped_column(
        String(20),
        default="UNKNOWN",
        info=one_of("DISEASE", "HANDLING", "PREDATION", "ENVIRONMENTAL", "UNKNOWN", "OTHER"),
    )
    description: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )


class GrowthSample(Base):
    """A sample of fish weighed and measured in one container, as averages.

    Attributes:
        std_deviation_weight: g.
        std_deviation_length: cm.
        condition_factor: Fulton's K, 100 * weight in g / (length in cm) ** 3.
    """

    __tablename__ = "batch_growthsample"
    __table_args__ = not_negative("sample_size")

    id: Mapped[BigId]
    sample_date: Mapped[dt.date]
    sample_size: Mapped[int]
    avg_weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    avg_length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    std_deviation_weight: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    std_deviation_length: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    min_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    max_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    condition_factor: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    notes: Mapped[str | None]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )


class IndividualGrowthObservation(Base):
    """One fish of a growth sample."""

    __tablename__ = "batch_individualgrowthobservation"
    __table_args__ = (UniqueConstraint("growth_sample_id", "fish_identifier"),)

    id: Mapped[BigId]
    fish_identifier: Mapped[str] = mapped_column(String(50))
    weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    length_cm: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    growth_sample_id: Mapped[int] = mapped_column(reference("batch_growthsample.id"))


class ActualDailyAssignmentState(Base):
    """State of one assignment on one day, computed by the growth analysis.

    Attributes:
        day_number: days since the batch start, plus 1.
        temp_c: mean water temperature.
        observed_fcr: kg of feed per kg of growth.
        anchor_type: measurement that fixes the weight of this day; null on other days.
        sources: origin of each value, by value.
        confidence_scores: confidence in each value, from 0 to 1, by value.
    """

    __tablename__ = "batch_actualdailyassignmentstate"
    __table_args__ = (
        RowidKey("id", "date"),
        UniqueConstraint("assignment_id", "date", name="unique_assignment_date"),
        Index(None, "batch_id", "date"),
        *not_negative("day_number", "population", "mortality_count"),
    )

    id: Mapped[BigId]
    date: Mapped[dt.date] = mapped_column(primary_key=True)
    day_number: Mapped[int]
    avg_weight_g: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    population: Mapped[int] = mapped_column(info=at_least(0))
    biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(12, 2), info=at_least(0))
    temp_c: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    mortality_count: Mapped[int] = mapped_column(default=0)
    feed_kg: Mapped[Decimal] = mapped_column(
        ExactDecimal(10, 2), default=Decimal("0.00"), info=at_least(0)
    )
    observed_fcr: Mapped[Decimal | None] = mapped_column(ExactDecimal(8, 3), info=at_least(0))
    anchor_type: Mapped[str | None] = mapped_column(
        String(20), info=one_of("growth_sample", "transfer", "vaccination", "manual")
    )
    sources: Mapped[dict[str, Any]] = mapped_column(default=dict)
    confidence_scores: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_computed_at: Mapped[Stamp]
    assignment_id: Mapped[int] = mapped_column(reference("batch_batchcontainerassignment.id"))
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"))
    container_id: Mapped[int] = mapped_column(reference("infrastructure_container.id"), index=True)
    lifecycle_stage_id: Mapped[int] = mapped_column(
        reference("batch_lifecyclestage.id"), index=True
    )
