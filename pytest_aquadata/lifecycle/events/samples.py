"""Growth samples and the individual fish that they aggregate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns, coded, concatenate, decimals, integers, table
from ..days import instant
from ..sampling import Sample, take_samples
from ..state import StageLife
from .common import stamps
from .event import CapacityContext, Event, EventContext, EventTable, ImperfectColumns, StayCapacity


def _rows(context: EventContext) -> BatchTables:
    inputs, life = context.inputs, context.life
    samples: list[Columns] = []
    individuals: list[Columns] = []
    sample_id = inputs.first_ids["batch_growthsample"]
    individual_id = inputs.first_ids["batch_individualgrowthobservation"]
    for stage in life.stages:
        taken = take_samples(inputs.seed, inputs.plan.number, stage)
        if not len(taken):
            continue
        samples.append(_samples(stage, taken, sample_id))
        individuals.append(_individuals(stage, taken, sample_id, individual_id))
        sample_id += len(taken)
        individual_id += taken.weight_g.size
    if not samples:
        return {}
    return {
        "batch_growthsample": concatenate(samples),
        "batch_individualgrowthobservation": concatenate(individuals),
    }


def _samples(stage: StageLife, taken: Sample, first_id: int) -> Columns:
    """Return the samples; aggregates are those of the stored, rounded fish."""
    weight, length = taken.weight_g / 100.0, taken.length_cm / 100.0
    day = stage.first_day + taken.day
    condition = 100.0 * weight / length**3
    return table(
        len(taken),
        id=integers(first_id + np.arange(len(taken))),
        assignment_id=integers(stage.assignment_ids[taken.container]),
        sample_date=integers(day),
        sample_size=stage.rule.sample_size,
        avg_weight_g=decimals(_mean(weight), 2),
        avg_length_cm=decimals(_mean(length), 2),
        std_deviation_weight=decimals(_sd(weight), 2),
        std_deviation_length=decimals(_sd(length), 2),
        min_weight_g=integers(taken.weight_g.min(axis=1)),
        max_weight_g=integers(taken.weight_g.max(axis=1)),
        condition_factor=decimals(_mean(condition), 2),
        notes=None,
        **stamps(instant(day, 11.0)),
    )


def _individuals(stage: StageLife, taken: Sample, sample_id: int, first_id: int) -> Columns:
    fish = stage.rule.sample_size
    count = taken.weight_g.size
    day = np.repeat(stage.first_day + taken.day, fish)
    return table(
        count,
        id=integers(first_id + np.arange(count)),
        fish_identifier=coded(
            np.tile(np.arange(fish), len(taken)),
            [f"F{number:03d}" for number in range(1, fish + 1)],
        ),
        weight_g=integers(taken.weight_g),
        length_cm=integers(taken.length_cm),
        growth_sample_id=integers(np.repeat(sample_id + np.arange(len(taken)), fish)),
        **stamps(instant(day, 11.0)),
    )


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.mean(axis=1)


def _sd(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values.std(axis=1, ddof=1)


def _sample_capacity(context: CapacityContext) -> int:
    return context.total(_stay_samples)


def _fish_capacity(context: CapacityContext) -> int:
    return context.total(lambda stay: _stay_samples(stay) * stay.rule.sample_size)


def _stay_samples(stay: StayCapacity) -> int:
    every = stay.rule.sample_every_days
    return stay.containers * (stay.days // every + 1) if every else 0


EVENT = Event(
    tables=(
        EventTable("batch_growthsample", _sample_capacity, share_written=0.855),
        EventTable(
            "batch_individualgrowthobservation",
            _fish_capacity,
            share_written=0.855,
            imperfect=ImperfectColumns({"weight_g": 2, "length_cm": 2}, can_be_duplicated=False),
        ),
    ),
    rows=_rows,
)
