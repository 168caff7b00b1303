"""Daylight and weather of sea areas, without the days that a database already has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..generation.build_spec import BuildSpec
from ..lifecycle.columns import BatchTables, integers
from ..lifecycle.days import MICROSECONDS_PER_DAY, day_number
from ..lifecycle.events.areas import area_tables
from ..lifecycle.weather import AreaDays
from ..schema import TABLES, PhotoperiodData

_DAY_COLUMN = {"environmental_photoperioddata": "date", "environmental_weatherdata": "timestamp"}


def area_rows(connection: sa.Connection, build: BuildSpec, numbers: set[str]) -> BatchTables:
    """Return the missing rows of the sea areas of some batches.

    Days between the existing and the required ones are included, so that an area has no gap.

    Args:
        connection: connection to the database.
        build: build of the batches.
        numbers: batch numbers.
    """
    names = {
        stay.site for batch in build.batches if batch.number in numbers for stay in batch.stays
    }
    areas = [area for area in build.areas_in_use if area.name in names]
    existing = {area.id: _existing_days(connection, area) for area in areas}
    rows = area_tables(build.seed, [_without_gap(area, existing[area.id]) for area in areas])
    missing_rows = {}
    for name, columns in rows.items():
        values = columns.values(_DAY_COLUMN[name])
        days = values if name.endswith("photoperioddata") else values // MICROSECONDS_PER_DAY
        missing = _is_missing(columns.values("area_id"), days, existing)
        if missing.any():
            highest = connection.execute(sa.select(sa.func.max(TABLES[name].c.id))).scalar() or 0
            selected = columns.take(missing)
            missing_rows[name] = selected.with_columns(
                id=integers(highest + 1 + np.arange(len(selected)))
            )
    return missing_rows


def _existing_days(connection: sa.Connection, area: AreaDays) -> tuple[int, int] | None:
    """Return the first and last day with daylight data, as day numbers; None without data."""
    day = PhotoperiodData.date
    first, last = connection.execute(
        sa.select(sa.func.min(day), sa.func.max(day)).where(PhotoperiodData.area_id == area.id)
    ).one()
    return None if first is None else (day_number(first), day_number(last))


def _without_gap(area: AreaDays, existing: tuple[int, int] | None) -> AreaDays:
    """Return the area's days, extended to the existing ones."""
    if existing is None:
        return area
    first = min(area.first_day, existing[0])
    last = max(area.first_day + area.days - 1, existing[1])
    return replace(area, first_day=first, days=last - first + 1)


def _is_missing(
    area_ids: NDArray[np.int64],
    days: NDArray[np.int64],
    existing: Mapping[int, tuple[int, int] | None],
) -> NDArray[np.bool_]:
    missing = np.ones(len(days), np.bool_)
    for area, span in existing.items():
        if span is not None:
            missing[(area_ids == area) & (days >= span[0]) & (days <= span[1])] = False
    return missing
