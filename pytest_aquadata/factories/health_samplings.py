"""Factories for health samplings, their fish and scores, and laboratory samples."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

import numpy as np

from ..schema import (
    FishParameterScore,
    HealthLabSample,
    HealthParameter,
    HealthSamplingEvent,
    IndividualFishObservation,
    SampleType,
)
from .base import AquadataFactory
from .batch import assignment_parent
from .catalogue import entries
from .column_values import decimal
from .context import FactoryContext
from .declarations import Parent, Pins
from .errors import FactoryError
from .fish_groups import fish_group_of, user_named
from .fish_measurements import (
    FishMeasurements,
    draw_measurements,
    fish_statistics,
    observation_values,
)
from .standard_farm import LAST_STAGE
from .value_checks import refusal

FISH_PER_SAMPLING = 75
SCORE_THRESHOLDS = (1.15, 1.95, 2.65)
"""A score is the number of these that a standard normal number exceeds, as in the lifecycle."""
_SAMPLING_INTERVAL_DAYS = 28
_FISH_LETTER = "H"


@dataclass
class Samplings:
    """Registry of the fish and scores of health samplings, by event id."""

    fish: dict[int, list[IndividualFishObservation]] = field(default_factory=dict)
    scores: dict[int, list[FishParameterScore]] = field(default_factory=dict)


class HealthSamplingEventFactory(AquadataFactory[HealthSamplingEvent]):
    """A vet's examination of 75 fish, each scored on every active health parameter.

    Each call goes back by four weeks, from today. Pin `sampling_date` for another day.

    Parameters:
        assignment (BatchContainerAssignment): fish that are examined; default one of `batch`, or
            new.
        batch (Batch): batch that is examined.
        stage (int): stage of a new assignment, 1 to 6; default 6.

    Example:
        >>> HealthSamplingEventFactory().number_of_fish_sampled
        75
    """

    class Meta:
        model = HealthSamplingEvent

    class Params:
        stage = LAST_STAGE
        batch = None
        assignment = assignment_parent()

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        number = context.next_number(f"health sampling {group.assignment.id}") - 1
        latest = group.today - timedelta(days=_SAMPLING_INTERVAL_DAYS * number)
        when = pins.get("sampling_date", max(latest, group.stage.arrives))
        rng = context.random_stream(
            group.batch.batch_number, group.container.name, "health", number
        )
        mean_g = float(group.weight_g(when))
        fish = draw_measurements(rng, mean_g, group.order, FISH_PER_SAMPLING)
        statistics = fish_statistics(fish)
        return {
            "sampling_date": when,
            "number_of_fish_sampled": statistics.number,
            "calculated_sample_size": statistics.number,
            "avg_weight_g": statistics.mean_g,
            "min_weight_g": statistics.least_g,
            "max_weight_g": statistics.most_g,
            "std_dev_weight_g": statistics.weight_sd,
            "avg_length_cm": statistics.mean_cm,
            "min_length_cm": statistics.shortest_cm,
            "max_length_cm": statistics.longest_cm,
            "std_dev_length_cm": statistics.length_sd,
            "avg_k_factor": decimal(statistics.condition, 4),
            "notes": "Monthly health sampling",
            "assignment_id": group.assignment.id,
            "sampled_by_id": user_named(context, "vet").id,
            "fish": fish,
            "rng": rng,
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        _examine(context, row, plan["fish"], plan["rng"])


def _examine(
    context: FactoryContext, event: Any, fish: FishMeasurements, rng: np.random.Generator
) -> None:
    """Add the fish of a sampling and their scores."""
    parameters = _active_parameters(context)
    normals = rng.standard_normal((len(fish), len(parameters), 1))
    scores = (normals > np.array(SCORE_THRESHOLDS)).sum(axis=-1).tolist()
    fish_rows, score_rows = [], []
    for values, fish_scores in zip(observation_values(fish, _FISH_LETTER), scores, strict=True):
        row = context.add(IndividualFishObservation, sampling_event_id=event.id, **values)
        fish_rows.append(row)
        for parameter, score in zip(parameters, fish_scores, strict=True):
            score_rows.append(
                context.add(
                    FishParameterScore,
                    score=min(max(score, parameter.min_score), parameter.max_score),
                    individual_fish_observation_id=row.id,
                    parameter_id=parameter.id,
                )
            )
    samplings = context.registry(Samplings)
    samplings.fish[event.id] = fish_rows
    samplings.scores[event.id] = score_rows


def _active_parameters(context: FactoryContext) -> list[HealthParameter]:
    """Return the catalogue's health parameters and all others that are active."""
    for position in range(len(entries(HealthParameter))):
        context.catalogue.row(HealthParameter, position)
    context.writer.flush()
    return context.rows.all(HealthParameter, is_active=True)


class IndividualFishObservationFactory(AquadataFactory[IndividualFishObservation]):
    """A fish of a health sampling, which has 75: each call gives the next one.

    Parameters:
        sampling_event (HealthSamplingEvent): sampling; default a new one.

    Example:
        >>> sampling = HealthSamplingEventFactory()
        >>> fish = IndividualFishObservationFactory.create_batch(75, sampling_event=sampling)
        >>> fish[-1].fish_identifier
        'H075'
    """

    class Meta:
        model = IndividualFishObservation

    class Params:
        sampling_event = Parent(HealthSamplingEventFactory, key="sampling_event_id")

    _creates_rows: ClassVar[bool] = False
    _shared_parents = ("sampling_event",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"event": pins["sampling_event"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        event = plan["event"]
        fish = context.registry(Samplings).fish.get(event.id)
        if fish is None:
            fish = _fish_of(context, event)
        return _next_row(context, fish, f"fish of sampling {event.id}")


def _fish_of(context: FactoryContext, event: Any) -> list[IndividualFishObservation]:
    return context.rows.all(IndividualFishObservation, sampling_event_id=event.id)


def _next_row(context: FactoryContext, rows: list[Any], subject: str) -> Any:
    """Return the next row of a sampling or fish.

    Args:
        context: context of the rows.
        rows: all rows of the sampling or fish.
        subject: description of the rows, under which they are counted.

    Raises:
        FactoryError: if all rows have been returned before.
    """
    number = context.next_number(subject)
    if number > len(rows):
        raise FactoryError(
            f"there are {len(rows)} {subject} and no more: make another sampling, or leave it out"
        )
    return rows[number - 1]


class FishParameterScoreFactory(AquadataFactory[FishParameterScore]):
    """A score of a fish of a health sampling: each call gives the next one.

    Parameters:
        sampling_event (HealthSamplingEvent): sampling; default a new one.
        individual_fish_observation (IndividualFishObservation): fish; default all of the sampling.

    Example:
        >>> 0 <= FishParameterScoreFactory().score <= 3
        True
    """

    class Meta:
        model = FishParameterScore

    class Params:
        sampling_event = Parent(HealthSamplingEventFactory)
        individual_fish_observation = None

    _creates_rows: ClassVar[bool] = False
    _shared_parents = ("sampling_event",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        fish = pins["individual_fish_observation"]
        fish_id = pins.get("individual_fish_observation_id") if fish is None else fish.id
        return {
            "event": None if fish_id else pins["sampling_event"],
            "fish_id": fish_id,
            "pinned_score": pins.get("score"),
        }

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        event, fish_id = plan["event"], plan["fish_id"]
        if fish_id is None:
            scores = _scores_of_sampling(context, event)
            row = _next_row(context, scores, f"scores of sampling {event.id}")
        else:
            fish = context.rows.get(IndividualFishObservation, fish_id)
            scores = _scores_of_fish(context, fish)
            row = _next_row(context, scores, f"scores of fish {fish_id}")
        _require_score_of(context.rows.get(HealthParameter, row.parameter_id), plan["pinned_score"])
        return row


def _require_score_of(parameter: HealthParameter, score: int | None) -> None:
    if score is not None and not parameter.min_score <= score <= parameter.max_score:
        raise refusal(
            "FishParameterScoreFactory: score",
            score,
            f"is not a score of {parameter.name}",
            f"give {parameter.min_score} to {parameter.max_score}",
        )


def _scores_of_sampling(context: FactoryContext, event: Any) -> list[FishParameterScore]:
    scores = context.registry(Samplings).scores.get(event.id)
    return scores or [
        score for fish in _fish_of(context, event) for score in _scores_of_fish(context, fish)
    ]


def _scores_of_fish(context: FactoryContext, fish: Any) -> list[FishParameterScore]:
    return context.rows.all(FishParameterScore, individual_fish_observation_id=fish.id)


_NEGATIVE = {
    "findings_summary": "No sign of disease in 10 fish",
    "quantitative_results": {"tested": 10, "positive": 0},
}
_POSITIVE = {
    "findings_summary": "Pancreas disease: 7 of 10 fish positive",
    "quantitative_results": {"tested": 10, "positive": 7, "mean_ct": 24.5},
}


class HealthLabSampleFactory(AquadataFactory[HealthLabSample]):
    """A sample sent to the laboratory, and its results.

    Parameters:
        sample_type (SampleType): type of sample; by default each call takes the next one.
        assignment (BatchContainerAssignment): fish that are sampled; default one of `batch`, or
            new.
        batch (Batch): batch that is sampled.
        stage (int): stage of a new assignment, 1 to 6.

    Traits:
        positive: pancreas disease is found.

    Example:
        >>> HealthLabSampleFactory(positive=True).findings_summary
        'Pancreas disease: 7 of 10 fish positive'
    """

    class Meta:
        model = HealthLabSample

    class Params:
        stage = None
        batch = None
        sample_type = None
        positive = False
        assignment = assignment_parent(key="batch_container_assignment_id")

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        number = context.next_number("laboratory")
        default = max(group.today - timedelta(days=10), group.stage.arrives)
        sampled = pins.get("sample_date", default)
        sample_type = pins["sample_type"] or context.catalogue.row(SampleType, number - 1)
        return {
            "sample_date": sampled,
            "date_sent_to_lab": sampled + timedelta(days=1),
            "date_results_received": sampled + timedelta(days=9),
            "lab_reference_id": f"LAB-{group.batch.batch_number}-{number:03d}",
            **(_POSITIVE if pins["positive"] else _NEGATIVE),
            "notes": "Routine",
            "batch_container_assignment_id": group.assignment.id,
            "recorded_by_id": user_named(context, "vet").id,
            "sample_type_id": sample_type.id,
        }
