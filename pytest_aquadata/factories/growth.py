"""Factories for growth: samples with their fish, and the daily growth analysis."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from ..schema import (
    ActualDailyAssignmentState,
    BatchContainerAssignment,
    GrowthSample,
    IndividualGrowthObservation,
)
from .base import AquadataFactory, Parent, PinnedValues
from .batch import fish_in_a_container
from .company import Company, FactoryError
from .fish import growth_sample_values, individual_values, sample_again, weigh
from .places import decimal
from .stays import Stay, mass_kg, stay_of


class GrowthSampleFactory(AquadataFactory[GrowthSample]):
    """A growth sample with the fish in it; `sample_size` says how many.

    The assignment knows of its latest weighing.
    """

    class Meta:
        model = GrowthSample

    class Params:
        stage = None
        batch = None
        assignment = fish_in_a_container()

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        size = pins.get("sample_size", stay.stage.rule.sample_size or 30)
        if size < 1:
            raise FactoryError(f"a growth sample of {size} fish has no mean: give sample_size=1 up")
        earlier = at.number(f"growth sample {stay.assignment.id}") - 1
        every = stay.stage.rule.sample_every_days or 30
        latest = stay.today - timedelta(days=every * earlier)
        when = pins.get("sample_date", max(latest, stay.stage.arrives))
        rng = at.stream(stay.batch.batch_number, stay.container.name, "growth sample", earlier)
        fish = weigh(rng, float(stay.weight_g(when)), stay.order, size)
        return {
            **growth_sample_values(fish),
            "sample_date": when,
            "assignment_id": stay.assignment.id,
            "fish": fish,
            "stay": stay,
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        assignment = plan["stay"].assignment
        assignment.last_weighing_date = max(
            assignment.last_weighing_date or row.sample_date, row.sample_date
        )
        at.memory["sampled", row.id] = [
            at.add(IndividualGrowthObservation, growth_sample_id=row.id, **values)
            for values in individual_values(plan["fish"], "F")
        ]


class IndividualGrowthObservationFactory(AquadataFactory[IndividualGrowthObservation]):
    """A fish of a growth sample: of a new one, or one more of a given `growth_sample`."""

    class Meta:
        model = IndividualGrowthObservation

    class Params:
        growth_sample = Parent(GrowthSampleFactory, key="growth_sample_id", sample_size=1)

    _adds_rows: ClassVar[bool] = False
    _shares = ("growth_sample",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        is_new = not pins.given("growth_sample") and not pins.given("growth_sample_id")
        table = IndividualGrowthObservation.__table__.columns.keys()
        pinned = pins.columns(name for name in table if name != "growth_sample_id")
        return {_SAMPLE: pins["growth_sample"], _NEW: is_new, _PINNED: pinned}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        sample = plan[_SAMPLE]
        fish = _sampled(at, sample)
        if plan[_NEW]:
            (row,) = fish
        else:
            row = _one_more(at, sample, fish)
        for name, value in plan[_PINNED].items():
            setattr(row, name, value)
        for name, value in sample_again(fish).items():
            setattr(sample, name, value)
        return row


_SAMPLE, _NEW, _PINNED = "sample", "is new", "pinned"


def _sampled(at: Company, sample: Any) -> list[Any]:
    known = at.memory.get(("sampled", sample.id))
    if known is None:
        known = at.rows(IndividualGrowthObservation, growth_sample_id=sample.id)
        at.memory["sampled", sample.id] = known
    return list(known) if not isinstance(known, list) else known


def _one_more(at: Company, sample: Any, fish: list[Any]) -> Any:
    stay = stay_of(at, at.get(BatchContainerAssignment, sample.assignment_id))
    number = len(fish) + 1
    rng = at.stream(stay.batch.batch_number, stay.container.name, "one more", number)
    (values,) = individual_values(
        weigh(rng, float(stay.weight_g(sample.sample_date)), stay.order, 1), "F", number
    )
    row = at.add(IndividualGrowthObservation, growth_sample_id=sample.id, **values)
    fish.append(row)
    return row


class ActualDailyAssignmentStateFactory(AquadataFactory[ActualDailyAssignmentState]):
    """The growth analysis of an assignment on one day: the first, then the next, none left out."""

    class Meta:
        model = ActualDailyAssignmentState

    class Params:
        stage = None
        batch = None
        assignment = fish_in_a_container()

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        when = pins.get("date") or _next_state(at, stay)
        fish = pins.get("population", stay.alive(when))
        weight = decimal(float(pins.get("avg_weight_g", stay.weight_g(when))))
        fed = stay.stage.decagrams(stay.stage.day(when), fish) if stay.stage.rule.is_fed else 0
        return {
            "date": when,
            "day_number": (when - stay.batch.start_date).days + 1,
            "avg_weight_g": weight,
            "population": fish,
            "biomass_kg": mass_kg(fish, weight),
            "temp_c": decimal(stay.temp_c(when)),
            "mortality_count": stay.deaths[when],
            "feed_kg": decimal(fed / 100.0),
            "anchor_type": None,
            "sources": {"temp": "profile", "mortality": "actual", "weight": "tgc_computed"},
            "confidence_scores": {"temp": 0.5, "mortality": 1.0, "weight": 0.4},
            "assignment_id": stay.assignment.id,
            "batch_id": stay.batch.id,
            "container_id": stay.container.id,
            "lifecycle_stage_id": stay.assignment.lifecycle_stage_id,
        }


def _next_state(at: Company, stay: Stay) -> date:
    """The day after the last that was analysed."""
    key = ("analysed", stay.assignment.id)
    if key not in at.memory:
        one = ActualDailyAssignmentState
        at.memory[key] = at.count(one, assignment_id=stay.assignment.id)
    at.memory[key] += 1
    return stay.stage.arrives + timedelta(days=at.memory[key] - 1)
