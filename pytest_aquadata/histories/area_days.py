"""Daylight and weather around batches, without the days that a database already has."""

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

_DAY_OF = {"environmental_photoperioddata": "date", "environmental_weatherdata": "timestamp"}


def area_rows(connection: sa.Connection, build: BuildSpec, numbers: set[str]) -> BatchTables:
    """Rows of the sea areas of some batches that are still missing.

    Days between those there and those needed are filled, so that none is missing.

    Args:
        connection: to the database.
        build: what the batches were built of.
        numbers: the batches.
    """
    names = {stay.site for one in build.batches if one.number in numbers for stay in one.stays}
    areas = [area for area in build.areas_in_use if area.name in names]
    known = {area.id: _known_days(connection, area) for area in areas}
    rows = area_tables(build.seed, [_widened(area, known[area.id]) for area in areas])
    kept = {}
    for name, columns in rows.items():
        instants = columns.values(_DAY_OF[name])
        days = instants if name.endswith("photoperioddata") else instants // MICROSECONDS_PER_DAY
        new = _new(columns.values("area_id"), days, known)
        if new.any():
            highest = connection.execute(sa.select(sa.func.max(TABLES[name].c.id))).scalar() or 0
            part = columns.take(new)
            kept[name] = part.with_columns(id=integers(highest + 1 + np.arange(len(part))))
    return kept


def _known_days(connection: sa.Connection, area: AreaDays) -> tuple[int, int] | None:
    """The first and last day whose daylight is known."""
    day = PhotoperiodData.date
    first, last = connection.execute(
        sa.select(sa.func.min(day), sa.func.max(day)).where(PhotoperiodData.area_id == area.id)
    ).one()
    return None if first is None else (day_number(first), day_number(last))


def _widened(area: AreaDays, known: tuple[int, int] | None) -> AreaDays:
    if known is None:
        return area
    first = min(area.first_day, known[0])
    last = max(area.first_day + area.days - 1, known[1])
    return replace(area, first_day=first, days=last - first + 1)


def _new(
    area_ids: NDArray[np.int64],
    days: NDArray[np.int64],
    known: Mapping[int, tuple[int, int] | None],
) -> NDArray[np.bool_]:
    new = np.ones(len(days), np.bool_)
    for area, span in known.items():
        if span is not None:
            new[(area_ids == area) & (days >= span[0]) & (days <= span[1])] = False
    return new
