"""Sensor readings by day, of one container for each batch and stage.

All containers of a site share its water, so the first assignment of each batch and stage represents
the others.
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
from .arrays import Floats, Integers, Mask, index_of, sort_key
from .assignments import load_assignments
from .soft_check import LacksDataError, require


@dataclass(frozen=True)
class DailyWater:
    """Daily readings of one parameter, ordered by assignment and day.

    Attributes:
        assignment: index of the assignment.
        day: day number.
        mean: mean of the day's readings.
        low: lowest reading.
        high: highest reading.
    """

    assignment: Integers
    day: Integers
    mean: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.day)

    def where(self, mask: Mask) -> DailyWater:
        """Return the days selected by a mask."""
        return DailyWater(
            self.assignment[mask], self.day[mask], self.mean[mask], self.low[mask], self.high[mask]
        )

    def means_on(self, assignment: Integers, day: Integers) -> Floats:
        """Return the daily mean of each assignment and day; NaN without readings."""
        index = index_of(sort_key(assignment, day), sort_key(self.assignment, self.day))
        return np.append(self.mean, np.nan)[index]


def load_water(context: CheckContext) -> dict[str, DailyWater]:
    """Load daily readings by the parameter's name in lower case."""
    assignments = context.get(load_assignments)
    reading = EnvironmentalReading
    day = day_number(reading.reading_time)
    first = _first_assignments()
    columns = context.columns(
        sa.select(
            reading.batch_container_assignment_id.label("id"),
            reading.parameter_id,
            day.label("day"),
            sa.func.avg(reading.value).label("mean"),
            sa.func.min(reading.value).label("low"),
            sa.func.max(reading.value).label("high"),
        )
        .join_from(first, reading, reading.batch_container_assignment_id == first.c.id)
        .group_by(reading.batch_container_assignment_id, reading.parameter_id, day)
    )
    parameters = context.rows(sa.select(EnvironmentalParameter.id, EnvironmentalParameter.name))
    return {
        str(parameter["name"]).lower(): _daily_water(
            columns, columns["parameter_id"] == parameter["id"], assignments.id
        )
        for parameter in parameters
    }


def _first_assignments() -> sa.Subquery:
    """Return the first assignment of each batch and stage."""
    assignment = BatchContainerAssignment
    return (
        sa.select(sa.func.min(assignment.id).label("id"))
        .group_by(assignment.batch_id, assignment.lifecycle_stage_id)
        .subquery("first_assignments")
    )


def _daily_water(columns: Mapping[str, NDArray[Any]], mask: Mask, ids: Integers) -> DailyWater:
    assignment = index_of(columns["id"][mask].astype(np.int64), ids)
    day = columns["day"][mask].astype(np.int64)
    order = np.lexsort([day, assignment])
    mean, low, high = (columns[name][mask].astype(np.float64) for name in ("mean", "low", "high"))
    return DailyWater(assignment[order], day[order], mean[order], low[order], high[order])


def water(context: CheckContext, parameter: str) -> DailyWater:
    """Return the daily readings of a parameter.

    Raises:
        LacksDataError: when there are none.
    """
    readings = context.get(load_water).get(parameter)
    if readings is None:
        raise LacksDataError(f"not enough data (no parameter {parameter})")
    require(len(readings) > 0, f"readings of {parameter}")
    return readings


def at_sea(context: CheckContext, readings: DailyWater) -> DailyWater:
    """Return the readings of sea areas; raise `LacksDataError` without any."""
    readings = readings.where(context.get(load_assignments).at_sea[readings.assignment])
    require(len(readings) > 0, "readings at sea")
    return readings


def in_halls(context: CheckContext, readings: DailyWater) -> DailyWater:
    """Return the readings of halls; raise `LacksDataError` without any."""
    readings = readings.where(~context.get(load_assignments).at_sea[readings.assignment])
    require(len(readings) > 0, "readings in halls")
    return readings
