"""Mortality events: one for each container and day on which fish died."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..columns import (
    BatchTables,
    Column,
    Columns,
    coded,
    concatenate,
    integers,
    scaled,
    table,
    texts,
)
from ..days import instant
from ..harvest import missing_fish
from ..inputs import BatchInputs
from ..mortality import CAUSES, COUNTING_DIFFERENCE
from ..state import StageLife
from .common import biomass_kg, stamps
from .event import CapacityContext, Event, EventContext, EventTable, ImperfectColumns


def _rows(context: EventContext) -> BatchTables:
    """Return the rows of all deaths so far, fish missing at harvest among them."""
    inputs, life = context.inputs, context.life
    first_id = inputs.first_ids["batch_mortalityevent"]
    parts: list[Columns] = []
    for stage in life.stages:
        parts.append(_deaths(inputs, stage, first_id))
        first_id += len(parts[-1])
        if stage.lost:
            parts.append(_lost(inputs, stage, first_id))
            first_id += len(parts[-1])
    if life.stages[-1].rule.order == len(inputs.rules):
        parts.append(_missing(inputs, life.stages[-1], first_id))
    return {"batch_mortalityevent": concatenate(parts)}


def _deaths(inputs: BatchInputs, stage: StageLife, first_id: int) -> Columns:
    container, day = np.nonzero((stage.deaths > 0) & stage.lived)
    cause = stage.cause[container, day]
    return _events(
        inputs,
        first_id,
        day=stage.first_day + day,
        fish=stage.deaths[container, day],
        weight_g=scaled(stage.weight_g[container, day], 2),
        assignment=stage.assignment_ids[container],
        cause=coded(cause, [item.code for item in CAUSES]),
        reason=coded(cause, [item.reason for item in CAUSES]),
    )


def _lost(inputs: BatchInputs, stage: StageLife, first_id: int) -> Columns:
    """Return events of the fish that incidents removed at once."""
    lived = stage.lived
    lost = [
        counted
        for counted in stage.lost
        if counted.fish and bool(lived[counted.loss.container, counted.loss.day])
    ]
    container = np.array([counted.loss.container for counted in lost], np.int64)
    day = np.array([counted.loss.day for counted in lost], np.int64)
    return _events(
        inputs,
        first_id,
        day=stage.first_day + day,
        fish=np.array([counted.fish for counted in lost], np.int64),
        weight_g=scaled(stage.weight_g[container, day], 2),
        assignment=stage.assignment_ids[container],
        cause=texts(counted.loss.code for counted in lost),
        reason=texts(counted.loss.reason for counted in lost),
    )


def _missing(inputs: BatchInputs, stage: StageLife, first_id: int) -> Columns:
    """Return events of the fish that are on the book but not counted at harvest."""
    rings = np.nonzero(stage.has_left)[0]
    missing = missing_fish(inputs.seed, inputs.plan.number, stage)[rings]
    rings = rings[missing > 0]
    code = np.zeros(len(rings), np.int64)
    return _events(
        inputs,
        first_id,
        day=stage.first_day + stage.departs[rings],
        fish=missing[missing > 0],
        weight_g=scaled(stage.weight_g[rings, stage.departs[rings]], 2),
        assignment=stage.assignment_ids[rings],
        cause=coded(code, [COUNTING_DIFFERENCE.code]),
        reason=coded(code, [COUNTING_DIFFERENCE.reason]),
    )


def _events(
    inputs: BatchInputs,
    first_id: int,
    *,
    day: NDArray[np.int64],
    fish: NDArray[np.int64],
    weight_g: NDArray[np.int64],
    assignment: NDArray[np.int64],
    cause: Column,
    reason: Column,
) -> Columns:
    return table(
        len(day),
        id=integers(first_id + np.arange(len(day))),
        event_date=integers(day),
        count=integers(fish),
        biomass_kg=biomass_kg(fish, weight_g),
        cause=cause,
        description=reason,
        batch_id=inputs.first_ids["batch_batch"],
        assignment_id=integers(assignment),
        **stamps(instant(day, 14.0)),
    )


def _capacity(context: CapacityContext) -> int:
    return context.total(lambda stay: stay.containers * (stay.days + 1))


EVENT = Event(
    tables=(
        EventTable(
            "batch_mortalityevent",
            _capacity,
            share_written=0.973,
            imperfect=ImperfectColumns({"count": 0}),
        ),
    ),
    rows=_rows,
)
