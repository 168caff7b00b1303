"""Factories for fish health: journal, lice, treatments, samplings, laboratory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import numpy as np

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.delousing import METHODS
from ..lifecycle.events.lice import TYPES
from ..lifecycle.mortality import CAUSES
from ..schema import (
    FishParameterScore,
    HealthLabSample,
    HealthParameter,
    HealthSamplingEvent,
    IndividualFishObservation,
    JournalEntry,
    LiceCount,
    LiceType,
    MortalityReason,
    MortalityRecord,
    SampleType,
)
from .base import AquadataFactory, Parent, PinnedValues, Same
from .batch import BatchFactory, fish_in_a_container, usual_deaths
from .catalogue import entries, place_of
from .company import Company, FactoryError
from .fish import Fish, found, individual_values, weigh
from .lice import counting_day, limit, over_limit
from .lice import found as lice_found
from .places import decimal
from .stays import Stay, person, stay_of, timeline_of
from .times import at_time

FISH_PER_SAMPLING = 75
SCORE_THRESHOLDS = (1.15, 1.95, 2.65)
"""A score is how many of these a standard normal number passes, as in the lifecycle."""
_SEA, _SMOLT = 6, 4
_THERMAL, _BATH = METHODS[0], METHODS[1]


class JournalEntryFactory(AquadataFactory[JournalEntry]):
    """A note in the health journal of a batch."""

    class Meta:
        model = JournalEntry

    class Params:
        stage = None
        batch = Parent(BatchFactory, key="batch_id", stage=Same("stage"))
        container = None

    _shares = ("batch",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        track = timeline_of(at, pins["batch"])
        container = pins["container"]
        number = at.number(f"journal {track.batch.id}") - 1
        when = max(track.today - timedelta(days=number), track.batch.start_date)
        return {
            "entry_date": at_time(when, 14),
            "category": "observation",
            "severity": "low",
            "description": "Fish feed calmly and swim evenly; nothing to remark.",
            "batch_id": track.batch.id,
            "container_id": None if container is None else container.id,
            "user_id": person(at, "vet").id,
        }


class LiceCountFactory(AquadataFactory[LiceCount]):
    """Lice of one type found on twenty fish of a ring.

    The types of a count come one after another, adult females first; then the count before. Trait:
    `above_limit`, adult females above what is allowed on that day.
    """

    class Meta:
        model = LiceCount

    class Params:
        stage = _SEA
        batch = None
        above_limit = False
        lice_type = None
        assignment = fish_in_a_container()

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        _refuse_on_land(stay, "lice")
        above = pins["above_limit"]
        kind = _lice_type(at, pins, stay)
        turn = at.number(f"lice {stay.assignment.id} {kind}") - 1
        when = counting_day(stay, turn)
        moment = pins.get("count_date", at_time(when, 10))
        day = moment.date()
        number = lice_found(at, stay, day)[kind] if kind is not None else 0
        if kind == 0 or above:
            allowed = int(limit(stay, day) * float(FISH_COUNTED))
            number = over_limit(stay, day) if above else min(number, allowed)
        type_id = pins.get("lice_type_id") or (pins["lice_type"] and pins["lice_type"].id)
        return {
            "count_date": moment,
            "fish_sampled": int(FISH_COUNTED),
            "batch_id": stay.batch.id,
            "container_id": stay.container.id,
            "user_id": person(at, "operator").id,
            "confidence_level": decimal(0.95),
            "count_value": number,
            "detection_method": "manual",
            "lice_type_id": type_id or lice_type_row(at, kind or 0).id,
            "assignment_id": stay.assignment.id,
        }


def lice_type_row(at: Company, kind: int) -> LiceType:
    """A type that is told apart on the fish, by its place in a count."""
    species, gender, stage = TYPES[kind]
    return at.entry_where(LiceType, species=species, gender=gender, development_stage=stage)


def _lice_type(at: Company, pins: PinnedValues, stay: Stay) -> int | None:
    """The place in a count of the type that is counted; None for one that usually is not."""
    chosen = pins["lice_type"]
    if chosen is None and pins.get("lice_type_id") is not None:
        chosen = at.get(LiceType, pins.get("lice_type_id"))
    if chosen is not None:
        return _place_in_count(chosen)
    if pins["above_limit"]:
        return 0
    return (at.number(f"lice of a count {stay.assignment.id}") - 1) % len(TYPES)


def _place_in_count(kind: Any) -> int | None:
    for place, (species, gender, stage) in enumerate(TYPES):
        same = (kind.gender, kind.development_stage) == (gender, stage)
        if same and kind.species.startswith(species):
            return place
    return None


def _refuse_on_land(stay: Stay, what: str) -> None:
    if stay.stage.rule.site != "area":
        raise FactoryError(
            f"there are no {what} in a hall, where the fish of stage {stay.order} are: give an "
            "assignment of stage 6, or leave it out"
        )


class MortalityRecordFactory(AquadataFactory[MortalityRecord]):
    """The reason that the health team gives for deaths; it takes no fish off the book."""

    class Meta:
        model = MortalityRecord

    class Params:
        stage = None
        batch = None
        reason = None
        assignment = fish_in_a_container()

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        number = at.number(f"mortality record {stay.assignment.id}") - 1
        reason = pins["reason"]
        if reason is None:
            named = CAUSES[number % len(CAUSES)].reason
            reason = at.entry(MortalityReason, _reason_place(named))
        return {
            "event_date": at_time(stay.today, 9),
            "count": usual_deaths(stay, stay.today),
            "batch_id": stay.batch.id,
            "container_id": stay.container.id,
            "reason_id": reason.id,
            "assignment_id": stay.assignment.id,
        }


def _reason_place(name: str) -> int:
    try:
        return place_of(MortalityReason, name=name)
    except KeyError:
        return 0


class HealthSamplingEventFactory(AquadataFactory[HealthSamplingEvent]):
    """A vet's examination of 75 fish, each scored on every parameter in use."""

    class Meta:
        model = HealthSamplingEvent

    class Params:
        stage = _SEA
        batch = None
        assignment = fish_in_a_container()

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        number = at.number(f"health sampling {stay.assignment.id}") - 1
        latest = max(stay.today - timedelta(days=28 * number), stay.stage.arrives)
        when = pins.get("sampling_date", latest)
        rng = at.stream(stay.batch.batch_number, stay.container.name, "health", number)
        fish = weigh(rng, float(stay.weight_g(when)), stay.order, FISH_PER_SAMPLING)
        all_of = found(fish)
        return {
            "sampling_date": when,
            "number_of_fish_sampled": all_of.number,
            "calculated_sample_size": all_of.number,
            "avg_weight_g": all_of.weight_g,
            "min_weight_g": all_of.least_g,
            "max_weight_g": all_of.most_g,
            "std_dev_weight_g": all_of.weight_sd,
            "avg_length_cm": all_of.length_cm,
            "min_length_cm": all_of.shortest_cm,
            "max_length_cm": all_of.longest_cm,
            "std_dev_length_cm": all_of.length_sd,
            "avg_k_factor": decimal(all_of.condition, 4),
            "notes": "Monthly health sampling",
            "assignment_id": stay.assignment.id,
            "sampled_by_id": person(at, "vet").id,
            "fish": fish,
            "rng": rng,
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        _examine(at, row, plan["fish"], plan["rng"])


def _examine(at: Company, event: Any, fish: Fish, rng: np.random.Generator) -> None:
    """The fish of a sampling, and what is seen on them."""
    parameters = _parameters_in_use(at)
    seen = rng.standard_normal((len(fish), len(parameters), 1)) > np.array(SCORE_THRESHOLDS)
    scores = seen.sum(axis=-1).tolist()
    rows, scored = [], []
    for values, of_fish in zip(individual_values(fish, "H"), scores, strict=True):
        row = at.add(IndividualFishObservation, sampling_event_id=event.id, **values)
        rows.append(row)
        for parameter, score in zip(parameters, of_fish, strict=True):
            scored.append(
                at.add(
                    FishParameterScore,
                    score=min(max(score, parameter.min_score), parameter.max_score),
                    individual_fish_observation_id=row.id,
                    parameter_id=parameter.id,
                )
            )
    at.memory["examined", event.id] = rows
    at.memory["scored", event.id] = scored


def _parameters_in_use(at: Company) -> list[Any]:
    """The nine parameters of the catalogue, and others that are in use."""
    for place in range(len(entries(HealthParameter))):
        at.entry(HealthParameter, place)
    if at.session is not None:
        at.session.flush()
    return at.rows(HealthParameter, is_active=True)


class IndividualFishObservationFactory(AquadataFactory[IndividualFishObservation]):
    """A fish of a health sampling, which holds 75: each call gives the next of them."""

    class Meta:
        model = IndividualFishObservation

    class Params:
        sampling_event = Parent(HealthSamplingEventFactory, key="sampling_event_id")

    _adds_rows: ClassVar[bool] = False
    _shares = ("sampling_event",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"of": pins["sampling_event"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        event = plan["of"]
        fish = at.memory.get(("examined", event.id))
        if fish is None:
            fish = at.rows(IndividualFishObservation, sampling_event_id=event.id)
        return _next_of(at, fish, f"fish of sampling {event.id}", event)


def _next_of(at: Company, rows: list[Any], subject: str, event: Any) -> Any:
    number = at.number(subject)
    if number > len(rows):
        raise FactoryError(
            f"sampling {event.id} has {len(rows)} rows of this kind and no more: make another "
            "sampling, or leave it out"
        )
    return rows[number - 1]


class FishParameterScoreFactory(AquadataFactory[FishParameterScore]):
    """A score of a fish of a health sampling: each call gives the next of the sampling's."""

    class Meta:
        model = FishParameterScore

    class Params:
        sampling_event = Parent(HealthSamplingEventFactory)
        individual_fish_observation = None

    _adds_rows: ClassVar[bool] = False
    _shares = ("sampling_event",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        fish = pins["individual_fish_observation"]
        fish_id = pins.get("individual_fish_observation_id") if fish is None else fish.id
        return {"of": None if fish_id else pins["sampling_event"], "fish": fish_id}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        if plan["fish"] is not None:
            key = {"individual_fish_observation_id": plan["fish"]}
            scores = at.rows(FishParameterScore, **key)
            fish = at.get(IndividualFishObservation, plan["fish"])
            return _next_of(at, scores, f"scores of fish {plan['fish']}", fish)
        event = plan["of"]
        scores = at.memory.get(("scored", event.id)) or _scores_of(at, event)
        return _next_of(at, scores, f"scores of sampling {event.id}", event)


def _scores_of(at: Company, event: Any) -> list[Any]:
    fish = at.rows(IndividualFishObservation, sampling_event_id=event.id)
    return [
        score
        for one in fish
        for score in at.rows(FishParameterScore, individual_fish_observation_id=one.id)
    ]


_NEGATIVE = {
    "findings_summary": "No sign of disease in 10 fish",
    "quantitative_results": {"tested": 10, "positive": 0},
}
_POSITIVE = {
    "findings_summary": "Pancreas disease: 7 of 10 fish positive",
    "quantitative_results": {"tested": 10, "positive": 7, "mean_ct": 24.5},
}


class HealthLabSampleFactory(AquadataFactory[HealthLabSample]):
    """A sample sent to the laboratory, and what came back. Trait: `positive`, a diagnosis."""

    class Meta:
        model = HealthLabSample

    class Params:
        stage = None
        batch = None
        sample_type = None
        positive = False
        assignment = fish_in_a_container(key="batch_container_assignment_id")

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        number = at.number("laboratory")
        taken = pins.get("sample_date", max(stay.today - timedelta(days=10), stay.stage.arrives))
        kind = pins["sample_type"] or at.entry(SampleType, number - 1)
        return {
            "sample_date": taken,
            "date_sent_to_lab": taken + timedelta(days=1),
            "date_results_received": taken + timedelta(days=9),
            "lab_reference_id": f"LAB-{stay.batch.batch_number}-{number:03d}",
            **(_POSITIVE if pins["positive"] else _NEGATIVE),
            "notes": "Routine",
            "batch_container_assignment_id": stay.assignment.id,
            "recorded_by_id": person(at, "vet").id,
            "sample_type_id": kind.id,
        }
