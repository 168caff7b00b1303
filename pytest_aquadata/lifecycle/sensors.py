"""Sensor readings of a container, hour by hour.

Temperature has a daily cycle around the mean that growth is computed from. Oxygen follows
solubility and saturation, carbon dioxide and nitrogen follow feed, and salinity falls with
run-off. Successive readings of a sensor are correlated.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .climate import SeaClimate
from .randomness import autocorrelated, calendar_series, memory, stream
from .water import oxygen_solubility_mg_l

_PHI = 0.6
_WARMEST_HOUR = 15.0


@dataclass(frozen=True)
class Instrument:
    """Properties of one kind of sensor.

    Attributes:
        noise: standard deviation of a reading around the true value.
        lowest: lowest reading.
        highest: highest reading.
        decimals: decimal places of a reading.
    """

    noise: float
    lowest: float
    highest: float
    decimals: int


INSTRUMENTS = {
    "temperature": Instrument(0.03, -1.5, 30.0, 2),
    "oxygen": Instrument(0.12, 1.0, 18.0, 2),
    "ph": Instrument(0.03, 6.2, 8.4, 2),
    "co2": Instrument(0.4, 0.3, 14.9, 2),
    "no2": Instrument(0.004, 0.001, 0.099, 3),
    "no3": Instrument(1.5, 0.5, 120.0, 1),
    "nh4": Instrument(0.03, 0.01, 1.95, 3),
    "salinity": Instrument(0.05, 15.0, 36.0, 2),
}
"""Noise and resolution of common probes [U]. Ranges keep to the limits of Mattilsynet (pH 6.2-7.8,
CO2 < 15 mg/L, NO2 < 0.1, TAN < 2 mg/L), which the control of a hall ensures."""

_HALF_LOAD = 0.4
"""Feed load in kg/m3 and day at half the highest carbon dioxide and nitrogen [U]."""
_LOAD_SATURATION_PCT = 9.0
_DIEL_SATURATION_PCT = 2.5
_DIEL_SEA_C = 0.15
_DIEL_HALL_C = 0.05


@dataclass(frozen=True)
class Water:
    """Water of a stay that its sensors measure.

    Attributes:
        temp_c: daily mean temperature by container and day.
        feed_load: feed in kg/m3 and day by container and day.
        salinity: daily salinity of the site.
        at_sea: True if the site is a sea area.
        saturation_pct: normal oxygen saturation.
    """

    temp_c: NDArray[np.float64]
    feed_load: NDArray[np.float64]
    salinity: NDArray[np.float64]
    at_sea: bool
    saturation_pct: float


_Level = Callable[[Water, NDArray[np.float64]], NDArray[np.float64]]


def site_salinity(
    seed: int, site: str, climate: SeaClimate, first_day: int, days: int
) -> NDArray[np.float64]:
    """Return the salinity of a sea area on each day: normal, but lower after heavy run-off."""
    normal = climate.salinity + calendar_series(seed, first_day, days, 0.9, 0.15, site, "salinity")
    flood = calendar_series(seed, first_day, days, 0.9, 1.0, site, "run-off")
    return normal - climate.runoff_salinity * np.clip(flood - 0.8, 0.0, 1.5) / 1.5


def reading_hours(readings_per_day: int) -> NDArray[np.float64]:
    """Return the hours of the readings, evenly over the day."""
    step = 24.0 / readings_per_day
    return step / 2.0 + step * np.arange(readings_per_day, dtype=np.float64)


def read_sensors(
    seed: int,
    batch: str,
    containers: tuple[str, ...],
    parameter: str,
    water: Water,
    readings_per_day: int,
) -> NDArray[np.float64]:
    """Return the readings of one kind of sensor in all containers of a stay.

    Returns:
        Values in the parameter's unit, shape (containers, days, readings a day).
    """
    instrument = INSTRUMENTS[parameter]
    hours = reading_hours(readings_per_day)
    level = _LEVELS[parameter](water, hours)
    days = water.temp_c.shape[1]
    normals = np.empty((len(containers), days * readings_per_day + memory(_PHI)))
    for row, container in enumerate(containers):
        normals[row] = stream(seed, batch, container, parameter).standard_normal(normals.shape[1])
    noise = autocorrelated(normals, _PHI, instrument.noise)
    values = level + noise.reshape(len(containers), days, readings_per_day)
    return np.clip(values, instrument.lowest, instrument.highest)


def _daily_swing(hours: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a daily cycle of amplitude 1 and mean 0, highest in the afternoon."""
    phase = [math.cos(2.0 * math.pi * (hour - _WARMEST_HOUR) / 24.0) for hour in hours.tolist()]
    swing = np.array(phase)
    return swing - swing.mean()


def _temperature(water: Water, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    amplitude = _DIEL_SEA_C if water.at_sea else _DIEL_HALL_C
    return water.temp_c[..., None] + amplitude * _daily_swing(hours)


def _oxygen(water: Water, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    solubility = oxygen_solubility_mg_l(water.temp_c, water.salinity)
    resting = water.saturation_pct - _LOAD_SATURATION_PCT * _load(water)
    swing = _DIEL_SATURATION_PCT * _daily_swing(hours)
    return solubility[..., None] * (resting[..., None] + swing) / 100.0


def _load(water: Water) -> NDArray[np.float64]:
    """Return the load of the water by fed fish, from 0 to 1."""
    return water.feed_load / (water.feed_load + _HALF_LOAD)


def _salinity(water: Water, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    ones = np.ones((len(water.temp_c), 1, len(hours)))
    return ones * water.salinity[:, None]


def _ph(water: Water, hours: NDArray[np.float64]) -> NDArray[np.float64]:
    level = np.full(water.temp_c.shape, 8.05) if water.at_sea else 7.3 - 0.5 * _load(water)
    return level[..., None] - 0.02 * _daily_swing(hours)


def _from_load(clean: float, loaded: float) -> _Level:
    def level(water: Water, hours: NDArray[np.float64]) -> NDArray[np.float64]:
        daily = clean + (loaded - clean) * _load(water)
        return daily[..., None] + np.zeros(len(hours))

    return level


_LEVELS: dict[str, _Level] = {
    "temperature": _temperature,
    "oxygen": _oxygen,
    "salinity": _salinity,
    "ph": _ph,
    "co2": _from_load(2.0, 18.0),
    "no2": _from_load(0.004, 0.06),
    "no3": _from_load(3.0, 80.0),
    "nh4": _from_load(0.03, 0.85),
}
"""Levels after Kristensen et al. 2009 (CO2 11.6 +- 6.2 mg/L, TAN 0.50 +- 0.49) at the feed loads of
smolt farms; nitrite and nitrate [U]."""
