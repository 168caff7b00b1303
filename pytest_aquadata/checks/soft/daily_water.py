"""The water of one container a stay, day by day: what the soft checks know of the readings.

All containers of a site share its water, so the first of each batch and stage stands for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ...schema import BatchContainerAssignment, EnvironmentalParameter, EnvironmentalReading
from ..context import CheckContext
from ..dates import day_number
from .assignments import load_assignments
from .measure import Floats, Integers, LacksDataError, Mask, key, need, positions


@dataclass(frozen=True)
class DailyWater:
    """Daily readings of one parameter, in the order of stay and day.

    Attributes:
        stay: position among the stays.
        day: day number.
        mean: mean of the day's readings.
        low: the lowest.
        high: the highest.
    """

    assignment: Integers
    day: Integers
    mean: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.day)

    def where(self, rows: Mask) -> DailyWater:
        """Some of the days."""
        return DailyWater(
            self.assignment[rows], self.day[rows], self.mean[rows], self.low[rows], self.high[rows]
        )

    def means_on(self, assignment: Integers, day: Integers) -> Floats:
        """Daily means in some stays on some days; NaN where there is none."""
        place = positions(key(assignment, day), key(self.assignment, self.day))
        return np.append(self.mean, np.nan)[place]


def load_water(context: CheckContext) -> dict[str, DailyWater]:
    """Daily readings by name of parameter, in lower case."""
    assignments = context.get(load_assignments)
    reading = EnvironmentalReading
    day = day_number(reading.reading_time)
    chosen = _chosen()
    found = context.columns(
        sa.select(
            reading.batch_container_assignment_id.label("id"),
            reading.parameter_id,
            day.label("day"),
            sa.func.avg(reading.value).label("mean"),
            sa.func.min(reading.value).label("low"),
            sa.func.max(reading.value).label("high"),
        )
        .join_from(chosen, reading, reading.batch_container_assignment_id == chosen.c.id)
        .group_by(reading.batch_container_assignment_id, reading.parameter_id, day)
    )
    names = context.rows(sa.select(EnvironmentalParameter.id, EnvironmentalParameter.name))
    return {
        str(one["name"]).lower(): _of_parameter(
            found, found["parameter_id"] == one["id"], assignments.id
        )
        for one in names
    }


def _chosen() -> sa.Subquery:
    """The first assignment of each batch and stage."""
    one = BatchContainerAssignment
    return (
        sa.select(sa.func.min(one.id).label("id"))
        .group_by(one.batch_id, one.lifecycle_stage_id)
        .subquery("chosen")
    )


def _of_parameter(found: Mapping[str, NDArray[Any]], rows: Mask, ids: Integers) -> DailyWater:
    assignment = positions(found["id"][rows].astype(np.int64), ids)
    day = found["day"][rows].astype(np.int64)
    order = np.lexsort([day, assignment])
    mean, low, high = (found[name][rows].astype(np.float64) for name in ("mean", "low", "high"))
    return DailyWater(assignment[order], day[order], mean[order], low[order], high[order])


def water(context: CheckContext, parameter: str) -> DailyWater:
    """Daily readings of a parameter.

    Raises:
        LacksDataError: when there are none.
    """
    readings = context.get(load_water).get(parameter)
    if readings is None:
        raise LacksDataError(f"there is no parameter {parameter}")
    need(len(readings) > 0, f"readings of {parameter}")
    return readings


def at_sea(context: CheckContext, readings: DailyWater) -> DailyWater:
    """Those of sea areas."""
    readings = readings.where(context.get(load_assignments).at_sea[readings.assignment])
    need(len(readings) > 0, "readings at sea")
    return readings


def in_halls(context: CheckContext, readings: DailyWater) -> DailyWater:
    """Those of halls."""
    readings = readings.where(~context.get(load_assignments).at_sea[readings.assignment])
    need(len(readings) > 0, "readings in halls")
    return readings
