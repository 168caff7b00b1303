"""Transfers between stages: workflows, their actions, and the water on the day."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..biology import WEIGHT_CV
from ..columns import (
    BatchTables,
    Columns,
    booleans,
    coded,
    concatenate,
    decimals,
    integers,
    scaled,
    table,
)
from ..days import instant
from ..ids import take_ids
from ..inputs import BatchInputs
from ..randomness import stream
from ..sampling import length_cm
from ..state import StageLife
from ..transfer import Move
from ..water import oxygen_solubility_mg_l
from .common import biomass, stamps
from .event import CapacityContext, Event, EventContext, EventTable

FRESHWATER, FARMING = "FRESHWATER", "FARMING"
"""Subsidiaries of a transfer to sea, in the words that AquaMind writes there."""

_WEIGHED_FISH = 50
_WEIGHED_FROM_STAGE = 2
_SATURATION = 0.92
_FISH_PER_MINUTE = 2500


def _rows(context: EventContext) -> BatchTables:
    inputs, life = context.inputs, context.life
    if not life.moves:
        return {}
    pairs = list(zip(life.stages, life.stages[1:], life.moves, strict=False))
    first_action = inputs.first_ids["batch_transferaction"]
    actions = []
    for position, (source, dest, move) in enumerate(pairs):
        actions.append(_actions(inputs, position, source, dest, move, first_action))
        first_action += len(move)
    return {
        "batch_batchtransferworkflow": _workflows(inputs, pairs),
        "batch_transferaction": concatenate(actions),
        "environmental_stagetransitionenvironmental": _water(inputs, pairs),
    }


def _workflows(inputs: BatchInputs, pairs: list[tuple[StageLife, StageLife, Move]]) -> Columns:
    start = inputs.plan.starts
    day = np.array([dest.first_day for _, dest, _ in pairs])
    age = [(dest.stay.arrives - start).days for _, dest, _ in pairs]
    moved = np.array([int(move.moved.sum()) for _, _, move in pairs])
    dead = np.array([int(move.dead.sum()) for _, _, move in pairs])
    kg = np.array([int(_moved_biomass(move).sum()) for _, _, move in pairs])
    count = np.array([len(move) for _, _, move in pairs])
    to_sea = np.array([source.site.kind != dest.site.kind for source, dest, _ in pairs])
    keys = inputs.keys
    vocabulary = [f"TRF-{inputs.plan.number}-D{days:03d}" for days in age]
    return table(
        len(pairs),
        id=integers(take_ids(inputs.first_ids, "batch_batchtransferworkflow", len(pairs))),
        workflow_number=coded(np.arange(len(pairs)), vocabulary),
        workflow_type="LIFECYCLE_TRANSITION",
        status="COMPLETED",
        planned_start_date=integers(day),
        planned_completion_date=integers(day),
        actual_start_date=integers(day),
        actual_completion_date=integers(day),
        total_source_count=integers(moved + dead),
        total_transferred_count=integers(moved),
        total_mortality_count=integers(dead),
        total_biomass_kg=integers(kg),
        total_actions_planned=integers(count),
        actions_completed=integers(count),
        completion_percentage=decimals(np.full(len(pairs), 100.0), 2),
        is_intercompany=booleans(to_sea),
        source_subsidiary=coded(np.zeros(len(pairs)), [FRESHWATER], ~to_sea),
        dest_subsidiary=coded(np.zeros(len(pairs)), [FARMING], ~to_sea),
        notes="",
        cancellation_reason="",
        batch_id=inputs.first_ids["batch_batch"],
        completed_by_id=keys.users["operator"],
        initiated_by_id=keys.users["manager"],
        source_lifecycle_stage_id=integers(
            [keys.stages[source.rule.order] for source, _, _ in pairs]
        ),
        dest_lifecycle_stage_id=integers([keys.stages[to.rule.order] for _, to, _ in pairs]),
        **stamps(instant(day - 14, 9.0), instant(day, 17.0)),
    )


def _moved_biomass(move: Move) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return biomass(move.moved, scaled(move.weight_g, 2))


def _actions(
    inputs: BatchInputs,
    position: int,
    source: StageLife,
    dest: StageLife,
    move: Move,
    first_id: int,
) -> Columns:
    count, day = len(move), dest.first_day
    order = source.rule.order
    rng = stream(inputs.seed, inputs.plan.number, f"stage {order}", "transfer actions")
    weighed = order >= _WEIGHED_FROM_STAGE
    mean_error = WEIGHT_CV / _WEIGHED_FISH**0.5 * rng.standard_normal(count)
    sd_error = 1.0 / (2 * _WEIGHED_FISH) ** 0.5 * rng.standard_normal(count)
    measured = move.weight_g * (1.0 + mean_error)
    unweighed = np.full(count, not weighed)
    temp_c = source.temp_c[move.source, -1]
    oxygen = oxygen_solubility_mg_l(temp_c, np.zeros(count)) * _SATURATION
    return table(
        count,
        id=integers(first_id + np.arange(count)),
        action_number=integers(np.arange(1, count + 1)),
        source_population_before=integers(move.before),
        transferred_count=integers(move.moved),
        mortality_during_transfer=integers(move.dead),
        transferred_biomass_kg=integers(_moved_biomass(move)),
        status="COMPLETED",
        planned_date=day,
        actual_execution_date=day,
        transfer_method="GRAVITY" if order == 1 else "PUMP",
        water_temp_c=decimals(temp_c, 2),
        oxygen_level=decimals(oxygen, 2),
        execution_duration_minutes=integers(15 + move.moved // _FISH_PER_MINUTE),
        notes="",
        dest_assignment_id=integers(dest.assignment_ids[move.dest]),
        source_assignment_id=integers(source.assignment_ids[move.source]),
        executed_by_id=inputs.keys.users["operator"],
        workflow_id=inputs.first_ids["batch_batchtransferworkflow"] + position,
        measured_avg_weight_g=decimals(measured, 2, unweighed),
        measured_std_dev_weight_g=decimals(WEIGHT_CV * measured * (1.0 + sd_error), 2, unweighed),
        measured_sample_size=integers(np.full(count, _WEIGHED_FISH), unweighed),
        measured_avg_length_cm=decimals(length_cm(measured, order), 2, unweighed),
        measured_notes="",
        selection_method="AVERAGE",
        **stamps(instant(np.full(count, day - 14), 9.0), instant(np.full(count, day), 16.0)),
    )


def _water(inputs: BatchInputs, pairs: list[tuple[StageLife, StageLife, Move]]) -> Columns:
    """Return the measurements of the water that the fish are moved into."""
    table_name = "environmental_stagetransitionenvironmental"
    day = np.array([dest.first_day for _, dest, _ in pairs])
    temp_c = np.array([dest.temp_c[:, 0].mean() for _, dest, _ in pairs])
    at_sea = np.array([dest.site.kind == "area" for _, dest, _ in pairs])
    salinity = np.where(at_sea, inputs.climate.salinity, 0.0)
    return table(
        len(pairs),
        id=integers(take_ids(inputs.first_ids, table_name, len(pairs))),
        temperature=decimals(temp_c, 2),
        oxygen=decimals(oxygen_solubility_mg_l(temp_c, salinity) * _SATURATION, 2),
        salinity=decimals(salinity, 2),
        ph=decimals(np.where(at_sea, 8.0, 7.0), 2),
        notes="",
        batch_transfer_workflow_id=integers(
            take_ids(inputs.first_ids, "batch_batchtransferworkflow", len(pairs))
        ),
        **stamps(instant(day, 12.0)),
    )


def _action_capacity(context: CapacityContext) -> int:
    return sum(source.containers + dest.containers for source, dest in pairwise(context.stays))


EVENT = Event(
    tables=(
        EventTable("batch_batchtransferworkflow", lambda context: context.transfers),
        EventTable("batch_transferaction", _action_capacity),
        EventTable("environmental_stagetransitionenvironmental", lambda context: context.transfers),
    ),
    rows=_rows,
)
