"""Harvest events, one for each ring, and their lots, one for each grade."""

from __future__ import annotations

import numpy as np

from ..biology import FILLET_YIELD, GUTTED_YIELD
from ..columns import BatchTables, coded, integers, table
from ..days import instant
from ..harvest import GRADES, take_harvest
from .common import stamps
from .event import Event, EventContext, EventTable


def _rows(context: EventContext) -> BatchTables:
    inputs, stage = context.inputs, context.life.stages[-1]
    if stage.rule.order < len(inputs.rules) or not stage.has_left.any():
        return {}
    plan, keys = inputs.plan, inputs.keys
    harvest = take_harvest(inputs.seed, plan.number, stage)
    count = len(harvest.ring)
    day = stage.first_day + harvest.day
    event_ids = inputs.first_ids["harvest_harvestevent"] + np.arange(count)
    names = [stage.containers[ring].name for ring in harvest.ring.tolist()]
    event = table(
        count,
        id=integers(event_ids),
        event_date=integers(instant(day, 7.0)),
        dest_subsidiary="LG",
        document_ref=coded(np.arange(count), [f"HRV-{plan.number}-{name}" for name in names]),
        assignment_id=integers(stage.assignment_ids[harvest.ring]),
        batch_id=inputs.first_ids["batch_batch"],
        dest_geography_id=keys.geographies[plan.geography],
        **stamps(instant(day, 16.0)),
    )
    row, grade = np.nonzero(harvest.fish > 0)
    live_g = harvest.live_weight_g[row, grade]
    grade_ids = np.array([keys.grades[item.code] for item in GRADES])
    lot = table(
        len(row),
        id=integers(inputs.first_ids["harvest_harvestlot"] + np.arange(len(row))),
        live_weight_kg=integers(live_g),
        gutted_weight_kg=integers(np.rint(live_g * GUTTED_YIELD)),
        fillet_weight_kg=integers(np.rint(live_g * FILLET_YIELD)),
        unit_count=integers(harvest.fish[row, grade]),
        event_id=integers(event_ids[row]),
        product_grade_id=integers(grade_ids[grade]),
        **stamps(instant(day[row], 16.0)),
    )
    return {"harvest_harvestevent": event, "harvest_harvestlot": lot}


EVENT = Event(
    tables=(
        EventTable("harvest_harvestevent", lambda context: context.rings),
        EventTable("harvest_harvestlot", lambda context: context.rings * len(GRADES)),
    ),
    rows=_rows,
)
