"""Lice counts: one row for each ring, count and type of louse."""

from __future__ import annotations

import numpy as np

from ..biology import FISH_COUNTED
from ..columns import BatchTables, coded, decimals, integers, table
from ..days import instant
from ..ids import take_ids
from ..lice import ATTACHED, CALIGUS, FEMALE, MALE, PREADULT
from ..randomness import stream
from .event import CapacityContext, Event, EventContext, EventTable, ImperfectColumns

TYPES = (
    ("Lepeophtheirus salmonis", "female", "adult"),
    ("Lepeophtheirus salmonis", "male", "adult"),
    ("Lepeophtheirus salmonis", "female", "pre-adult"),
    ("Lepeophtheirus salmonis", "male", "pre-adult"),
    ("Unknown", "unknown", "juvenile"),
    ("Caligus elongatus", "female", "adult"),
)
"""Species, gender and development stage of each type; attached lice are too small to identify."""

_METHODS = ("manual", "camera")
_CAMERA_SHARE = 0.15


def _rows(context: EventContext) -> BatchTables:
    inputs, stage = context.inputs, context.life.stages[-1]
    if stage.lice is None:
        return {}
    lice = stage.lice
    count, ring = np.nonzero(stage.lived[:, lice.count_days].T)
    if not len(count):
        return {}
    lice_found = lice.counts[count, :, ring]
    preadult_females = (lice_found[:, PREADULT] + 1) // 2
    by_type = np.stack(
        [
            lice_found[:, FEMALE],
            lice_found[:, MALE],
            preadult_females,
            lice_found[:, PREADULT] - preadult_females,
            lice_found[:, ATTACHED],
            lice_found[:, CALIGUS],
        ],
        axis=1,
    )
    rows = by_type.size
    types = np.array([inputs.keys.lice_types[key] for key in TYPES])
    by_camera = np.array(
        [
            stream(inputs.seed, inputs.plan.number, ring.name, "lice camera").random()
            < _CAMERA_SHARE
            for ring in stage.containers
        ]
    )[ring]
    confidence = np.where(by_camera, 0.82, 0.95)
    when = instant(stage.first_day + lice.count_days[count], 10.0)

    def each(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, len(TYPES))

    return {
        "health_licecount": table(
            rows,
            id=integers(take_ids(inputs.first_ids, "health_licecount", rows)),
            count_date=integers(each(when)),
            fish_sampled=int(FISH_COUNTED),
            notes="",
            batch_id=inputs.first_ids["batch_batch"],
            container_id=integers(each(stage.container_ids[ring])),
            user_id=inputs.keys.users["operator"],
            confidence_level=decimals(each(confidence), 2),
            count_value=integers(by_type),
            detection_method=coded(each(by_camera.astype(np.int64)), _METHODS),
            lice_type_id=integers(np.tile(types, len(count))),
            assignment_id=integers(each(stage.assignment_ids[ring])),
        )
    }


def _capacity(context: CapacityContext) -> int:
    return context.rings * context.sea_days * len(TYPES)


EVENT = Event(
    tables=(
        EventTable(
            "health_licecount",
            _capacity,
            share_written=0.1,
            imperfect=ImperfectColumns({"count_value": 0}, timestamps=()),
        ),
    ),
    rows=_rows,
)
