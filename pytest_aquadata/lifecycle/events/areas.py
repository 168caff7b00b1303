"""Day length and weather of the sea areas, written once for the whole farm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..columns import BatchTables, Columns, concatenate, decimals, integers, table
from ..days import instant
from ..weather import HOURS, AreaDays, day_length_h, observe
from .common import stamps


def area_tables(seed: int, areas: Sequence[AreaDays]) -> BatchTables:
    """Return the rows of photoperiod, one a day, and of weather, four a day."""
    if not areas:
        return {}
    light: list[Columns] = []
    weather: list[Columns] = []
    first_id = 1
    for area in areas:
        light.append(_photoperiod(area, first_id))
        weather.append(_weather(seed, area, 1 + (first_id - 1) * len(HOURS)))
        first_id += area.days
    return {
        "environmental_photoperioddata": concatenate(light),
        "environmental_weatherdata": concatenate(weather),
    }


def _photoperiod(area: AreaDays, first_id: int) -> Columns:
    calendar = area.first_day + np.arange(area.days)
    hours = [day_length_h(area.latitude, day) for day in calendar.tolist()]
    return table(
        area.days,
        id=integers(first_id + np.arange(area.days)),
        date=integers(calendar),
        day_length_hours=decimals(hours, 2),
        light_intensity=None,
        is_interpolated=False,
        area_id=area.id,
        **stamps(instant(calendar, 23.0)),
    )


def _weather(seed: int, area: AreaDays, first_id: int) -> Columns:
    observed = observe(seed, area)
    calendar = area.first_day + np.arange(area.days)
    moments = (instant(calendar)[:, None] + np.array([instant(0, hour) for hour in HOURS])).ravel()
    return table(
        len(moments),
        id=integers(first_id + np.arange(len(moments))),
        timestamp=integers(moments),
        temperature=decimals(observed.air_c, 2),
        wind_speed=decimals(observed.wind_m_s, 2),
        wind_direction=integers(observed.wind_deg),
        precipitation=decimals(observed.rain_mm, 2),
        wave_height=decimals(observed.wave_m, 2),
        wave_period=decimals(observed.period_s, 2),
        wave_direction=integers(observed.wind_deg),
        cloud_cover=integers(observed.cloud_pct),
        created_at=integers(moments),
        area_id=area.id,
    )
