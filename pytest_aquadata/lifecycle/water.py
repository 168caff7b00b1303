"""Water temperature by day, and the solubility of oxygen.

Temperature depends on the site and the calendar day, not on the batch: all rings of an area follow
the same series, with small offsets.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from .climate import SeaClimate
from .days import day_number, to_date
from .numerics import exp, log
from .randomness import calendar_series, stream

_SOLUBILITY_A = (2.00907, 3.22014, 4.05010, 4.94457, -0.256847, 3.88767)
_SOLUBILITY_B = (-6.24523e-3, -7.37614e-3, -1.03410e-2, -8.17083e-3)
_SOLUBILITY_C = -4.88682e-7
_MG_PER_ML = 1.42905
_MID_MONTH = np.array([15.2 + 365.25 / 12 * month for month in range(-1, 13)])
_WEATHER_PHI = 0.92
_HALL_PHI = 0.95
_HALL_SD_C = 0.2
_CONTAINER_SD_C = 0.06


def season_c(climate: SeaClimate, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean sea temperature of each day, interpolated between mid-months."""
    monthly = np.array(climate.monthly_temp_c)
    around = np.concatenate([monthly[-1:], monthly, monthly[:1]])
    dates = days.astype("datetime64[D]")
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    return np.interp(day_of_year.astype(np.float64), _MID_MONTH, around)


def sea_temperature(
    seed: int, geography: str, site: str, climate: SeaClimate, first_day: int, days: int
) -> NDArray[np.float64]:
    """Return the temperature of an area on each day: season, anomaly of the year, weather."""
    weather = calendar_series(
        seed, first_day, days, _WEATHER_PHI, climate.day_sd_c, site, "temperature"
    )
    return geography_temperature(seed, geography, climate, first_day, days) + weather


def geography_temperature(
    seed: int, geography: str, climate: SeaClimate, first_day: int, days: int
) -> NDArray[np.float64]:
    """Return the season and anomaly of the year, which all areas of a geography share."""
    calendar = np.arange(first_day, first_day + days)
    anomaly = _year_anomaly(seed, geography, calendar) * climate.year_sd_c
    return season_c(climate, calendar) + anomaly


def _year_anomaly(seed: int, geography: str, calendar: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the anomaly in standard deviations, interpolated between midsummers."""
    years = range(to_date(int(calendar[0])).year - 1, to_date(int(calendar[-1])).year + 2)
    midsummer = [day_number(date(year, 7, 1)) for year in years]
    warm = [float(stream(seed, geography, "warm year", year).standard_normal()) for year in years]
    return np.interp(calendar.astype(np.float64), midsummer, warm)


def hall_temperature(
    seed: int, site: str, set_temp_c: float, first_day: int, days: int
) -> NDArray[np.float64]:
    """Return the temperature of a hall on each day, close to the set temperature."""
    return set_temp_c + calendar_series(
        seed, first_day, days, _HALL_PHI, _HALL_SD_C, site, "temperature"
    )


def container_offsets_c(seed: int, containers: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the temperature difference of each container from its site."""
    drawn = [stream(seed, name, "temperature offset").standard_normal() for name in containers]
    return _CONTAINER_SD_C * np.array(drawn)


def oxygen_solubility_mg_l(
    temp_c: NDArray[np.float64], salinity: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return dissolved oxygen at saturation in mg/L (Garcia & Gordon 1992).

    11.29 at 10 °C in fresh water, 9.02 at salinity 35.
    """
    scaled_temp = log((298.15 - temp_c) / (273.15 + temp_c))
    exponent = np.full(scaled_temp.shape, _SOLUBILITY_A[-1])
    for coefficient in reversed(_SOLUBILITY_A[:-1]):
        exponent = exponent * scaled_temp + coefficient
    by_salinity = np.full(scaled_temp.shape, _SOLUBILITY_B[-1])
    for coefficient in reversed(_SOLUBILITY_B[:-1]):
        by_salinity = by_salinity * scaled_temp + coefficient
    exponent = exponent + salinity * by_salinity + _SOLUBILITY_C * salinity * salinity
    return _MG_PER_ML * exp(exponent)
