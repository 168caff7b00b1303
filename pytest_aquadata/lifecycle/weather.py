"""Day length and weather of sea areas."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .climate import SeaClimate
from .days import to_date
from .numerics import exp
from .randomness import calendar_normals, calendar_series
from .water import season_c

HOURS = (3.0, 9.0, 15.0, 21.0)
"""Hours at which the weather is observed, UTC."""
_HORIZON_DEG = 0.8333
_AIR_SWING_C = 1.6
_AIR_LAG_DAYS = 35
_AIR_SD_C = 2.4
_MEAN_WIND_M_S = 7.0
_WIND_LOG_SD = 0.5
_PREVAILING_DEG = 235.0
_DIRECTION_SD_DEG = 55.0
_RAIN_MM = 2.2
_WET_MM = 0.2


@dataclass(frozen=True)
class AreaDays:
    """A sea area and the days on which it was in use.

    Attributes:
        id: primary key of the area.
        name: name of the area.
        geography: name of its geography.
        latitude: degrees north.
        first_day: day number of the first day.
        days: number of days.
        climate: sea climate of its geography.
    """

    id: int
    name: str
    geography: str
    latitude: float
    first_day: int
    days: int
    climate: SeaClimate


@dataclass(frozen=True)
class Weather:
    """Observations of one area, four a day, shape (days, observations).

    Attributes:
        air_c: air temperature.
        wind_m_s: wind speed.
        wind_deg: direction from which the wind blows.
        rain_mm: rain since the last observation.
        wave_m: significant wave height.
        period_s: wave period.
        cloud_pct: share of the sky covered.
    """

    air_c: NDArray[np.float64]
    wind_m_s: NDArray[np.float64]
    wind_deg: NDArray[np.int64]
    rain_mm: NDArray[np.float64]
    wave_m: NDArray[np.float64]
    period_s: NDArray[np.float64]
    cloud_pct: NDArray[np.int64]


def day_length_h(latitude: float, day: int) -> float:
    """Return the hours from sunrise to sunset (Forsythe et al. 1995, CBM model).

    Args:
        latitude: degrees north.
        day: day number.
    """
    day_of_year = to_date(day).timetuple().tm_yday
    revolution = 0.2163108 + 2.0 * math.atan(0.9671396 * math.tan(0.00860 * (day_of_year - 186)))
    declination = math.asin(0.39795 * math.cos(revolution))
    phi = math.radians(latitude)
    cosine = (math.sin(math.radians(_HORIZON_DEG)) + math.sin(phi) * math.sin(declination)) / (
        math.cos(phi) * math.cos(declination)
    )
    return 24.0 - 24.0 / math.pi * math.acos(max(-1.0, min(1.0, cosine)))


def observe(seed: int, area: AreaDays) -> Weather:
    """Draw the weather of an area; rain and run-off (see `sensors.site_salinity`) agree."""
    first, days = area.first_day, area.days
    calendar = np.arange(first, first + days)
    sea = season_c(area.climate, calendar + _AIR_LAG_DAYS)
    year_mean = sum(area.climate.monthly_temp_c) / 12.0
    shift = calendar_series(seed, first, days, 0.75, _AIR_SD_C, area.geography, "air")
    air = year_mean - 0.5 + _AIR_SWING_C * (sea - year_mean) + shift
    swing = np.array([math.cos(2.0 * math.pi * (hour - 15.0) / 24.0) for hour in HOURS])
    storm = calendar_series(seed, first, days, 0.6, 1.0, area.geography, "wind")
    gusts = np.stack(
        [calendar_normals(seed, first, days, area.name, "wind", str(hour)) for hour in HOURS],
        axis=1,
    )
    winter = 1.0 + 0.25 * (year_mean - season_c(area.climate, calendar)) / 3.0
    wind = (
        _MEAN_WIND_M_S * winter[:, None] * exp(_WIND_LOG_SD * (0.8 * storm[:, None] + 0.5 * gusts))
    )
    flood = calendar_series(seed, first, days, 0.9, 1.0, area.name, "run-off")
    rain = _RAIN_MM * np.maximum(flood[:, None] + 0.6 * gusts, 0.0) ** 2
    turn = calendar_series(seed, first, days, 0.5, _DIRECTION_SD_DEG, area.geography, "direction")
    wave = 0.035 * wind * np.sqrt(wind)
    cloud = 50.0 + 40.0 * (rain > _WET_MM) + 8.0 * gusts
    return Weather(
        air_c=air[:, None] + 1.2 * swing,
        wind_m_s=wind,
        wind_deg=np.rint(_PREVAILING_DEG + turn[:, None] + 12.0 * gusts).astype(np.int64) % 360,
        rain_mm=rain,
        wave_m=wave,
        period_s=2.5 + 2.0 * np.sqrt(wave),
        cloud_pct=np.clip(np.rint(cloud), 0, 100).astype(np.int64),
    )
