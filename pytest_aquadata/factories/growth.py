"""Factories for growth: samples with their fish, and the daily growth analysis."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from ..schema import (
    ActualDailyAssignmentState,
    BatchContainerAssignment,
    GrowthSample,
    IndividualGrowthObservation,
)
from .base import AquadataFactory
from .batch import assignment_parent
from .column_values import biomass_kg, decimal
from .context import FactoryContext
from .declarations import Parent, Pins
from .errors import FactoryError
from .fish_groups import FishGroup, fish_group_of
from .fish_measurements import (
    draw_measurements,
    growth_sample_values,
    measurements_of,
    observation_values,
)

_DEFAULT_SAMPLE_SIZE = 30
_DEFAULT_SAMPLE_INTERVAL_DAYS = 30
_FISH_LETTER = "F"


@dataclass
class SampledFish:
    """Registry of the observations of growth samples, by sample id."""

    by_sample: dict[int, list[IndividualGrowthObservation]] = field(default_factory=dict)


@dataclass
class AnalysedDays:
    """Registry of the number of days analysed so far, by assignment id."""

    by_assignment: dict[int, int] = field(default_factory=dict)


class GrowthSampleFactory(AquadataFactory[GrowthSample]):
    """A growth sample, with an observation of each fish in it.

    Each call goes one sampling interval further back from today. The assignment's
    `last_weighing_date` follows. Pin `sample_size` for the number of fish.

    Parameters:
        assignment (BatchContainerAssignment): assignment that is sampled; default one of `batch`,
            or new.
        batch (Batch): batch that is sampled.
        stage (int): stage of a new assignment, 1 to 6.

    Example:
        >>> GrowthSampleFactory(stage=5, sample_size=40).sample_size
        40
    """

    class Meta:
        model = GrowthSample

    class Params:
        stage = None
        batch = None
        assignment = assignment_parent()

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        rule = group.stage.rule
        size = pins.get("sample_size", rule.sample_size or _DEFAULT_SAMPLE_SIZE)
        if size < 1:
            raise FactoryError(
                f"a growth sample of {size} fish has no mean: give a sample_size of 1 or more"
            )
        number = context.next_number(f"growth sample {group.assignment.id}") - 1
        interval = rule.sample_every_days or _DEFAULT_SAMPLE_INTERVAL_DAYS
        latest = group.today - timedelta(days=interval * number)
        when = pins.get("sample_date", max(latest, group.stage.arrives))
        rng = context.random_stream(
            group.batch.batch_number, group.container.name, "growth sample", number
        )
        fish = draw_measurements(rng, float(group.weight_g(when)), group.order, size)
        return {
            **growth_sample_values(fish),
            "sample_date": when,
            "assignment_id": group.assignment.id,
            "fish": fish,
            "group": group,
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        assignment = plan["group"].assignment
        assignment.last_weighing_date = max(
            assignment.last_weighing_date or row.sample_date, row.sample_date
        )
        context.registry(SampledFish).by_sample[row.id] = [
            context.add(IndividualGrowthObservation, growth_sample_id=row.id, **values)
            for values in observation_values(plan["fish"], _FISH_LETTER)
        ]


class IndividualGrowthObservationFactory(AquadataFactory[IndividualGrowthObservation]):
    """A fish of a growth sample, whose aggregates follow.

    Parameters:
        growth_sample (GrowthSample): sample that the fish is added to; default a new sample of
            this fish alone.

    Example:
        >>> sample = GrowthSampleFactory(sample_size=40)
        >>> fish = IndividualGrowthObservationFactory(growth_sample=sample, weight_g=500)
        >>> sample.sample_size, sample.max_weight_g
        (41, Decimal('500.00'))
    """

    class Meta:
        model = IndividualGrowthObservation

    class Params:
        growth_sample = Parent(GrowthSampleFactory, key="growth_sample_id", sample_size=1)

    _creates_rows: ClassVar[bool] = False
    _shared_parents = ("growth_sample",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        names = IndividualGrowthObservation.__table__.columns.keys()
        return {
            "sample": pins["growth_sample"],
            "is_new": not (pins.is_pinned("growth_sample") or pins.is_pinned("growth_sample_id")),
            "pinned": pins.columns(name for name in names if name != "growth_sample_id"),
        }

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        sample = plan["sample"]
        fish = _fish_of(context, sample)
        if plan["is_new"]:
            (row,) = fish
        else:
            row = _add_fish(context, sample, fish)
        for name, value in plan["pinned"].items():
            setattr(row, name, value)
        for name, value in growth_sample_values(measurements_of(fish)).items():
            setattr(sample, name, value)
        return row


def _fish_of(context: FactoryContext, sample: Any) -> list[IndividualGrowthObservation]:
    sampled = context.registry(SampledFish).by_sample
    if sample.id not in sampled:
        sampled[sample.id] = context.rows.all(
            IndividualGrowthObservation, growth_sample_id=sample.id
        )
    return sampled[sample.id]


def _add_fish(
    context: FactoryContext, sample: Any, fish: list[IndividualGrowthObservation]
) -> IndividualGrowthObservation:
    assignment = context.rows.get(BatchContainerAssignment, sample.assignment_id)
    group = fish_group_of(context, assignment)
    number = len(fish) + 1
    rng = context.random_stream(group.batch.batch_number, group.container.name, "one more", number)
    mean_g = float(group.weight_g(sample.sample_date))
    measured = draw_measurements(rng, mean_g, group.order, 1)
    (values,) = observation_values(measured, _FISH_LETTER, number)
    row = context.add(IndividualGrowthObservation, growth_sample_id=sample.id, **values)
    fish.append(row)
    return row


class ActualDailyAssignmentStateFactory(AquadataFactory[ActualDailyAssignmentState]):
    """The growth analysis of an assignment on one day.

    Each call goes on by one day, from the day of arrival. Pin `population` or `avg_weight_g` and
    the biomass follows.

    Parameters:
        assignment (BatchContainerAssignment): assignment that is analysed; default one of `batch`,
            or new.
        batch (Batch): batch that is analysed.
        stage (int): stage of a new assignment, 1 to 6.

    Example:
        >>> states = ActualDailyAssignmentStateFactory.create_batch(3, stage=4)
        >>> [state.day_number for state in states]
        [271, 272, 273]
    """

    class Meta:
        model = ActualDailyAssignmentState

    class Params:
        stage = None
        batch = None
        assignment = assignment_parent()

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        when = pins.get("date") or _next_analysed_day(context, group)
        fish = pins.get("population", group.alive(when))
        weight = decimal(float(pins.get("avg_weight_g", group.weight_g(when))))
        fed = group.stage.decagrams(group.stage.day(when), fish) if group.stage.rule.is_fed else 0
        return {
            "date": when,
            "day_number": (when - group.batch.start_date).days + 1,
            "avg_weight_g": weight,
            "population": fish,
            "biomass_kg": biomass_kg(fish, weight),
            "temp_c": decimal(group.temp_c(when)),
            "mortality_count": group.deaths[when],
            "feed_kg": decimal(fed / 100.0),
            "anchor_type": None,
            "sources": {"temp": "profile", "mortality": "actual", "weight": "tgc_computed"},
            "confidence_scores": {"temp": 0.5, "mortality": 1.0, "weight": 0.4},
            "assignment_id": group.assignment.id,
            "batch_id": group.batch.id,
            "container_id": group.container.id,
            "lifecycle_stage_id": group.assignment.lifecycle_stage_id,
        }


def _next_analysed_day(context: FactoryContext, group: FishGroup) -> date:
    """Return the day after the last one that was analysed."""
    analysed = context.registry(AnalysedDays).by_assignment
    assignment_id = group.assignment.id
    if assignment_id not in analysed:
        states = context.rows.all(ActualDailyAssignmentState, assignment_id=assignment_id)
        analysed[assignment_id] = len(states)
    analysed[assignment_id] += 1
    return group.stage.arrives + timedelta(days=analysed[assignment_id] - 1)
