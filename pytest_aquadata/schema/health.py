"""Health records: journal, samplings, lice counts, treatments, mortality, lab samples."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, not_negative, one_of, reference
from .types import BigId, ExactDecimal, Stamp


class JournalEntry(Base):
    """An entry in the health journal of a batch."""

    __tablename__ = "health_journalentry"

    id: Mapped[BigId]
    entry_date: Mapped[Stamp]
    category: Mapped[str] = mapped_column(
        String(20),
        info=one_of(
            "observation", "issue", "action", "diagnosis", "treatment", "vaccination", "sample"
        ),
    )
    severity: Mapped[str | None] = mapped_column(
        String(10), default="low", info=one_of("low", "medium", "high")
    )
    description: Mapped[str]
    resolution_status: Mapped[bool] = mapped_column(default=False)
    resolution_notes: Mapped[str] = mapped_column(default="")
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    container_id: Mapped[int | None] = mapped_column(
        reference("infrastructure_container.id"), index=True
    )
    user_id: Mapped[int] = mapped_column(reference("auth_user.id"), index=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class HealthSamplingEvent(Base):
    """A veterinary examination of fish of one assignment, with averages.

    Attributes:
        avg_k_factor: mean of Fulton's K, 100 * weight in g / (length in cm) ** 3.
    """

    __tablename__ = "health_healthsamplingevent"
    __table_args__ = not_negative("number_of_fish_sampled", "calculated_sample_size")

    id: Mapped[BigId]
    sampling_date: Mapped[dt.date] = mapped_column(info={"stamp": True})
    number_of_fish_sampled: Mapped[int]
    notes: Mapped[str | None]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    sampled_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    avg_k_factor: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 4))
    avg_length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    avg_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    calculated_sample_size: Mapped[int | None]
    max_length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    max_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    min_length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    min_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    std_dev_length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    std_dev_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))


class IndividualFishObservation(Base):
    """A fish of a health sampling."""

    __tablename__ = "health_individualfishobservation"
    __table_args__ = (UniqueConstraint("sampling_event_id", "fish_identifier"),)

    id: Mapped[BigId]
    fish_identifier: Mapped[str] = mapped_column(String(50))
    length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    sampling_event_id: Mapped[int] = mapped_column(reference("health_healthsamplingevent.id"))


class FishParameterScore(Base):
    """The score of a fish for one health parameter, from 0 (best) to 3."""

    __tablename__ = "health_fishparameterscore"
    __table_args__ = (UniqueConstraint("individual_fish_observation_id", "parameter_id"),)

    id: Mapped[BigId]
    score: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    individual_fish_observation_id: Mapped[int] = mapped_column(
        reference("health_individualfishobservation.id")
    )
    parameter_id: Mapped[int] = mapped_column(reference("health_healthparameter.id"), index=True)


class LiceCount(Base):
    """Lice of one type counted on sampled fish of one container.

    Attributes:
        fish_sampled: number of fish.
        count_value: lice on all sampled fish together.
        confidence_level: 0 to 1.
    """

    __tablename__ = "health_licecount"
    __table_args__ = not_negative(
        "adult_female_count",
        "adult_male_count",
        "juvenile_count",
        "fish_sampled",
        "count_value",
    )

    id: Mapped[BigId]
    count_date: Mapped[Stamp]
    adult_female_count: Mapped[int] = mapped_column(default=0)
    adult_male_count: Mapped[int] = mapped_column(default=0)
    juvenile_count: Mapped[int] = mapped_column(default=0)
    fish_sampled: Mapped[int]
    notes: Mapped[str] = mapped_column(default="")
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    container_id: Mapped[int | None] = mapped_column(
        reference("infrastructure_container.id"), index=True
    )
    user_id: Mapped[int] = mapped_column(reference("auth_user.id"), index=True)
    confidence_level: Mapped[Decimal | None] = mapped_column(ExactDecimal(3, 2))
    count_value: Mapped[int | None]
    detection_method: Mapped[str | None] = mapped_column(
        String(50), info=one_of("automated", "manual", "visual", "camera")
    )
    lice_type_id: Mapped[int | None] = mapped_column(reference("health_licetype.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )


class MortalityRecord(Base):
    """Dead fish with the mortality reason recorded by the health team."""

    __tablename__ = "health_mortalityrecord"
    __table_args__ = not_negative("count")

    id: Mapped[BigId]
    event_date: Mapped[Stamp]
    count: Mapped[int]
    notes: Mapped[str] = mapped_column(default="")
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    container_id: Mapped[int | None] = mapped_column(
        reference("infrastructure_container.id"), index=True
    )
    reason_id: Mapped[int] = mapped_column(reference("health_mortalityreason.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )


class Treatment(Base):
    """A treatment of the fish in one container, such as a vaccination or delousing."""

    __tablename__ = "health_treatment"
    __table_args__ = not_negative("duration_days", "withholding_period_days")

    id: Mapped[BigId]
    treatment_date: Mapped[Stamp]
    treatment_type: Mapped[str] = mapped_column(
        String(20), info=one_of("medication", "vaccination", "physical", "other")
    )
    description: Mapped[str]
    dosage: Mapped[str] = mapped_column(String(100), default="")
    duration_days: Mapped[int] = mapped_column(default=0)
    withholding_period_days: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(
        String(20),
        default="pending",
        info=one_of("pending", "successful", "partial", "unsuccessful"),
    )
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    batch_assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    container_id: Mapped[int | None] = mapped_column(
        reference("infrastructure_container.id"), index=True
    )
    user_id: Mapped[int] = mapped_column(reference("auth_user.id"), index=True)
    vaccination_type_id: Mapped[int | None] = mapped_column(
        reference("health_vaccinationtype.id"), index=True
    )
    includes_weighing: Mapped[bool] = mapped_column(default=False)
    sampling_event_id: Mapped[int | None] = mapped_column(
        reference("health_healthsamplingevent.id"), index=True
    )
    journal_entry_id: Mapped[int | None] = mapped_column(
        reference("health_journalentry.id"), index=True
    )


class HealthLabSample(Base):
    """A sample sent to a laboratory, and its results."""

    __tablename__ = "health_healthlabsample"

    id: Mapped[BigId]
    sample_date: Mapped[dt.date]
    date_sent_to_lab: Mapped[dt.date | None]
    date_results_received: Mapped[dt.date | None]
    lab_reference_id: Mapped[str | None] = mapped_column(String(100))
    findings_summary: Mapped[str | None]
    quantitative_results: Mapped[dict[str, Any] | None]
    attachment: Mapped[str | None] = mapped_column(String(100))
    notes: Mapped[str | None]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_container_assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    recorded_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    sample_type_id: Mapped[int] = mapped_column(reference("health_sampletype.id"), index=True)
