"""Health samplings: events, the fish in them, and their scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns, coded, concatenate, decimals, integers, table
from ..days import instant
from ..health import FISH, SCORES, HealthSample, sample_health
from ..inputs import BatchInputs
from ..state import Life, StageLife
from ..vaccination import vaccinations_in
from .common import stamps
from .event import MOST_VACCINATIONS, CapacityContext, Event, EventContext, EventTable

_IDENTIFIERS = tuple(f"H{number:03d}" for number in range(1, FISH + 1))
_SHARE_WRITTEN = 0.24
"""Samplings begin at stage 5; the capacity counts all months."""


@dataclass(frozen=True)
class SampledStage:
    """The health samplings of a stage and the primary keys of their events."""

    stage: StageLife
    sample: HealthSample
    event_ids: NDArray[np.int64]


def sampled_stages(inputs: BatchInputs, life: Life) -> tuple[SampledStage, ...]:
    """Return the health samplings of all stages so far; use with `EventContext.shared`."""
    first_id = inputs.first_ids["health_healthsamplingevent"]
    sampled = []
    for stage in life.stages:
        vaccinations = vaccinations_in(inputs.vaccinations, stage.rule.order)
        sample = sample_health(inputs.seed, inputs.plan.number, stage, vaccinations)
        sampled.append(SampledStage(stage, sample, first_id + np.arange(len(sample))))
        first_id += len(sample)
    return tuple(sampled)


def _rows(context: EventContext) -> BatchTables:
    inputs = context.inputs
    taken = [stage for stage in context.shared(sampled_stages) if len(stage.sample)]
    if not taken:
        return {}
    fish_id = inputs.first_ids["health_individualfishobservation"]
    score_id = inputs.first_ids["health_fishparameterscore"]
    fish: list[Columns] = []
    scores: list[Columns] = []
    for stage in taken:
        fish.append(_fish(stage, fish_id))
        scores.append(_scores(inputs, stage, fish_id, score_id))
        fish_id += len(fish[-1])
        score_id += len(scores[-1])
    return {
        "health_healthsamplingevent": concatenate([_events(inputs, stage) for stage in taken]),
        "health_individualfishobservation": concatenate(fish),
        "health_fishparameterscore": concatenate(scores),
    }


def _days(sampled: SampledStage) -> NDArray[np.int64]:
    return sampled.stage.first_day + sampled.sample.day


def _events(inputs: BatchInputs, sampled: SampledStage) -> Columns:
    """Return the events; aggregates are those of the stored, rounded fish."""
    sample = sampled.sample
    weight, length = sample.weight_g / 100.0, sample.length_cm / 100.0
    condition = 100.0 * weight / length**3
    return table(
        len(sample),
        id=integers(sampled.event_ids),
        sampling_date=integers(_days(sampled)),
        number_of_fish_sampled=FISH,
        calculated_sample_size=FISH,
        assignment_id=integers(sampled.stage.assignment_ids[sample.container]),
        sampled_by_id=inputs.keys.users["vet"],
        avg_k_factor=decimals(condition.mean(axis=1), 4),
        avg_length_cm=decimals(length.mean(axis=1), 2),
        avg_weight_g=decimals(weight.mean(axis=1), 2),
        max_length_cm=integers(sample.length_cm.max(axis=1)),
        max_weight_g=integers(sample.weight_g.max(axis=1)),
        min_length_cm=integers(sample.length_cm.min(axis=1)),
        min_weight_g=integers(sample.weight_g.min(axis=1)),
        std_dev_length_cm=decimals(length.std(axis=1, ddof=1), 2),
        std_dev_weight_g=decimals(weight.std(axis=1, ddof=1), 2),
        notes=coded(sample.vaccination >= 0, ("Monthly health sampling", "Weighed at vaccination")),
        **stamps(instant(_days(sampled), 13.0)),
    )


def _fish(sampled: SampledStage, first_id: int) -> Columns:
    sample = sampled.sample
    count = sample.weight_g.size
    return table(
        count,
        id=integers(first_id + np.arange(count)),
        fish_identifier=coded(np.tile(np.arange(FISH), len(sample)), _IDENTIFIERS),
        length_cm=integers(sample.length_cm),
        weight_g=integers(sample.weight_g),
        sampling_event_id=integers(np.repeat(sampled.event_ids, FISH)),
        **stamps(np.repeat(instant(_days(sampled), 13.0), FISH)),
    )


def _scores(inputs: BatchInputs, sampled: SampledStage, fish_id: int, first_id: int) -> Columns:
    sample = sampled.sample
    count = sample.scores.size
    parameters = np.array(inputs.keys.health_parameters[:SCORES])
    return table(
        count,
        id=integers(first_id + np.arange(count)),
        score=integers(sample.scores),
        individual_fish_observation_id=integers(
            np.repeat(fish_id + np.arange(len(sample) * FISH), SCORES)
        ),
        parameter_id=integers(np.tile(parameters, len(sample) * FISH)),
        **stamps(np.repeat(instant(_days(sampled), 13.0), FISH * SCORES)),
    )


def sampling_capacity(context: CapacityContext) -> int:
    """Return the most health samplings of a batch."""
    return context.months + MOST_VACCINATIONS


EVENT = Event(
    tables=(
        EventTable("health_healthsamplingevent", sampling_capacity, _SHARE_WRITTEN),
        EventTable(
            "health_individualfishobservation",
            lambda context: sampling_capacity(context) * FISH,
            _SHARE_WRITTEN,
        ),
        EventTable(
            "health_fishparameterscore",
            lambda context: sampling_capacity(context) * FISH * SCORES,
            _SHARE_WRITTEN,
        ),
    ),
    rows=_rows,
)
