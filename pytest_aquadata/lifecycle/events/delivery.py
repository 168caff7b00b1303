"""Delivery of the eggs: the creation workflow and its actions, one for each tray."""

from __future__ import annotations

import numpy as np

from ..columns import BatchTables, coded, decimals, integers, table
from ..days import day_number, instant
from ..ids import take_ids
from ..randomness import stream
from .common import stamps
from .event import Event, EventContext, EventTable

_COST_PER_THOUSAND = (180.0, 260.0)
"""Price of a thousand eyed eggs in the farm's currency unit [U]."""


def _rows(context: EventContext) -> BatchTables:
    inputs, life = context.inputs, context.life
    plan, delivery, trays = inputs.plan, life.delivery, life.stages[0]
    start = day_number(plan.starts)
    count = len(delivery.planned)
    rng = stream(inputs.seed, plan.number, "creation workflow")
    supplier = int(rng.integers(len(inputs.keys.suppliers)))
    cost = round(float(rng.uniform(*_COST_PER_THOUSAND)), 2)
    workflow_id = inputs.first_ids["batch_creationworkflow"]
    done = instant([start], 15.0)
    workflow = table(
        1,
        id=integers([workflow_id]),
        workflow_number=f"CRT-{plan.number}",
        status="COMPLETED",
        egg_source_type="EXTERNAL",
        external_supplier_id=inputs.keys.suppliers[supplier],
        external_supplier_batch_number=f"EGG-{plan.number}",
        external_cost_per_thousand=decimals([cost], 2),
        total_eggs_planned=int(delivery.planned.sum()),
        total_eggs_received=int(delivery.received.sum()),
        total_mortality_on_arrival=int(delivery.dead.sum()),
        planned_start_date=start,
        planned_completion_date=start,
        actual_start_date=start,
        actual_completion_date=start,
        total_actions=count,
        actions_completed=count,
        progress_percentage=decimals([100], 2),
        cancellation_reason="",
        notes="",
        batch_id=inputs.first_ids["batch_batch"],
        created_by_id=inputs.keys.users["manager"],
        **stamps(instant([start - 30], 9.0), done),
    )
    actions = table(
        count,
        id=integers(take_ids(inputs.first_ids, "batch_creationaction", count)),
        action_number=integers(np.arange(1, count + 1)),
        status="COMPLETED",
        egg_count_planned=integers(delivery.planned),
        egg_count_actual=integers(delivery.received),
        mortality_on_arrival=integers(delivery.dead),
        expected_delivery_date=start,
        actual_delivery_date=start,
        delivery_method=coded(np.full(count, rng.integers(2)), ("TRANSPORT", "BOAT")),
        water_temp_on_arrival=decimals(trays.temp_c[:, 0], 2),
        egg_quality_score=integers(rng.choice([3, 4, 5], count, p=[0.15, 0.5, 0.35])),
        execution_duration_minutes=integers(rng.integers(20, 75, count)),
        notes="",
        dest_assignment_id=integers(trays.assignment_ids),
        executed_by_id=inputs.keys.users["operator"],
        workflow_id=workflow_id,
        **stamps(instant(np.full(count, start - 30), 9.0), np.repeat(done, count)),
    )
    return {"batch_creationworkflow": workflow, "batch_creationaction": actions}


EVENT = Event(
    tables=(
        EventTable("batch_creationworkflow", lambda _: 1),
        EventTable("batch_creationaction", lambda context: context.stays[0].containers),
    ),
    rows=_rows,
)
