"""The batch and its container assignments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Column, Columns, booleans, integers, scaled, table
from ..days import day_number, instant
from ..ids import take_ids
from ..inputs import BatchInputs
from ..sampling import sample_days
from ..state import Life, StageLife
from .common import biomass_kg, stamps
from .event import CapacityContext, Event, EventContext, EventTable


def _rows(context: EventContext) -> BatchTables:
    inputs, life = context.inputs, context.life
    return {
        "batch_batch": _batch(inputs, life),
        "batch_batchcontainerassignment": _assignments(inputs, life.stages),
    }


def _batch(inputs: BatchInputs, life: Life) -> Columns:
    plan = inputs.plan
    start, end = day_number(plan.starts), day_number(plan.ends)
    ended = end <= inputs.as_of
    return table(
        1,
        id=integers(take_ids(inputs.first_ids, "batch_batch", 1)),
        batch_number=plan.number,
        status="COMPLETED" if ended else "ACTIVE",
        batch_type="STANDARD",
        start_date=start,
        expected_end_date=end,
        actual_end_date=end if ended else None,
        notes=plan.note,
        lifecycle_stage_id=inputs.keys.stages[life.stages[-1].rule.order],
        species_id=inputs.keys.species,
        **stamps(instant([start], 6.0), instant([min(inputs.as_of, end)], 18.0)),
    )


def _assignments(inputs: BatchInputs, stages: tuple[StageLife, ...]) -> Columns:
    arrives = np.concatenate([np.full(len(stage.containers), stage.first_day) for stage in stages])
    departs = np.concatenate([stage.first_day + stage.departs for stage in stages])
    has_left = np.concatenate([stage.has_left for stage in stages])
    fish = np.concatenate([_book_count(stage) for stage in stages])
    weight = np.concatenate([scaled(_book_weight(stage), 2) for stage in stages])
    stage_ids = [
        np.full(len(stage.containers), inputs.keys.stages[stage.rule.order]) for stage in stages
    ]
    return table(
        len(fish),
        id=integers(np.concatenate([stage.assignment_ids for stage in stages])),
        batch_id=inputs.first_ids["batch_batch"],
        container_id=integers(np.concatenate([stage.container_ids for stage in stages])),
        lifecycle_stage_id=integers(np.concatenate(stage_ids)),
        population_count=integers(fish),
        avg_weight_g=integers(weight),
        biomass_kg=biomass_kg(fish, weight),
        assignment_date=integers(arrives),
        departure_date=integers(departs, ~has_left),
        is_active=booleans(~has_left),
        last_weighing_date=_last_weighing(stages),
        notes="",
        **stamps(instant(arrives, 8.0), instant(np.minimum(departs, inputs.as_of), 18.0)),
    )


def _book_count(stage: StageLife) -> NDArray[np.int64]:
    """Return the fish on the book: as delivered in the first stage, later the latest count."""
    if stage.rule.order == 1:
        return stage.population[:, 0]
    return stage.latest(stage.population)


def _book_weight(stage: StageLife) -> NDArray[np.float64]:
    if stage.rule.order == 1:
        return stage.weight_g[:, 0]
    return stage.latest(stage.weight_g)


def _last_weighing(stages: tuple[StageLife, ...]) -> Column:
    """Return the day of each assignment's latest growth sample."""
    days = []
    for stage in stages:
        sampled = sample_days(stage) & stage.lived
        latest = stage.days - 1 - np.argmax(sampled[:, ::-1], axis=1)
        days.append(np.where(sampled.any(axis=1), stage.first_day + latest, -1))
    latest_days = np.concatenate(days)
    return integers(np.maximum(latest_days, 0), latest_days < 0)


def _assignment_capacity(context: CapacityContext) -> int:
    return context.total(lambda stay: stay.containers)


EVENT = Event(
    tables=(
        EventTable("batch_batch", lambda _: 1),
        EventTable("batch_batchcontainerassignment", _assignment_capacity),
    ),
    rows=_rows,
)
