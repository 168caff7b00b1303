"""Soft checks of water chemistry: oxygen saturation, and substances in the water of halls."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..context import CheckContext
from ..model import Bound, Check
from .arrays import Floats, Mask
from .assignments import SMOLT, load_assignments
from .daily_water import DailyWater, in_halls, water
from .populations import batches_of_stage, days_with
from .soft_check import UNSOURCED, require, soft

_SUBJECT = "water"
_A = (2.00907, 3.22014, 4.05010, 4.94457, -0.256847, 3.88767)
_B = (-6.24523e-3, -7.37614e-3, -1.03410e-2, -8.17083e-3)
_C = -4.88682e-7
"""Coefficients of Garcia & Gordon 1992; not shared with the simulation, which they check."""
_MG_PER_ML = 1.42905
_DEFAULT_SALINITY = 34.0
"""Salinity of days at sea without a reading of it."""
_LIMITS = (
    ("carbon-dioxide", "CO2", "co2", None, 15.0),
    ("nitrite", "Nitrite", "no2", None, 0.1),
    ("total-ammonia", "Total ammonia nitrogen", "nh4", None, 2.0),
    ("ph", "pH", "ph", 6.2, 7.8),
)
"""Mattilsynet's limits for fresh water: check, words, parameter, lowest, highest (mg/L; pH)."""


def oxygen_solubility(temp_c: Floats, salinity: Floats) -> Floats:
    """Return the dissolved oxygen at saturation in mg/L (Garcia & Gordon 1992)."""
    scaled = np.log((298.15 - temp_c) / (273.15 + temp_c))
    fresh = np.polynomial.polynomial.polyval(scaled, _A)
    salty = np.polynomial.polynomial.polyval(scaled, _B)
    return np.asarray(_MG_PER_ML * np.exp(fresh + salinity * salty + _C * salinity**2), np.float64)


def _oxygen(context: CheckContext) -> tuple[DailyWater, Floats, Mask]:
    """Return days with oxygen and temperature, their solubility in mg/L, and a mask of the sea."""
    oxygen, assignments = water(context, "dissolved oxygen"), context.get(load_assignments)
    temp_c = water(context, "temperature").means_on(oxygen.assignment, oxygen.day)
    sea = assignments.at_sea[oxygen.assignment]
    salinity = np.zeros(len(oxygen))
    if sea.any():
        sea_salinity = water(context, "salinity").means_on(oxygen.assignment, oxygen.day)
        salinity = np.where(
            sea, np.where(np.isfinite(sea_salinity), sea_salinity, _DEFAULT_SALINITY), 0.0
        )
    measured = np.isfinite(temp_c)
    require(measured.any(), "days with oxygen and temperature")
    return (
        oxygen.where(measured),
        oxygen_solubility(temp_c[measured], salinity[measured]),
        sea[measured],
    )


def oxygen_near_saturation(context: CheckContext) -> float:
    """Return the share of days with all oxygen readings 0.7 to 1.15 times the solubility."""
    oxygen, soluble, _ = _oxygen(context)
    return float(((oxygen.low >= 0.7 * soluble) & (oxygen.high <= 1.15 * soluble)).mean())


def mean_saturation(at_sea: bool, context: CheckContext) -> float:
    """Return the mean oxygen at sea or in halls, in percent of saturation."""
    oxygen, soluble, sea = _oxygen(context)
    place_rows = sea == at_sea
    require(place_rows.any(), "readings of oxygen " + ("at sea" if at_sea else "in halls"))
    return float(100.0 * (oxygen.mean / soluble)[place_rows].mean())


def outside_limits(
    parameter: str, low: float | None, high: float | None, context: CheckContext
) -> float:
    """Return the share of days in halls with a reading outside the limits."""
    readings = in_halls(context, water(context, parameter))
    bad = np.zeros(len(readings), np.bool_)
    if low is not None:
        bad |= readings.low < low
    if high is not None:
        bad |= readings.high > high
    return float(bad.mean())


def _in_smolt_halls(context: CheckContext, parameter: str) -> DailyWater:
    """Return readings in halls of smolt and post-smolt, the stages of the published survey."""
    readings = in_halls(context, water(context, parameter))
    stage = context.get(load_assignments).stage[readings.assignment]
    readings = readings.where(stage >= SMOLT)
    require(len(readings) > 0, "readings from smolt halls")
    return readings


def mean_level(parameter: str, context: CheckContext) -> float:
    """Return the mean of a parameter in halls of smolt and post-smolt."""
    return float(_in_smolt_halls(context, parameter).mean.mean())


def toxic_ammonia(context: CheckContext) -> float:
    """Return the share of days in halls with un-ionised ammonia above 2 µg/L."""
    total = in_halls(context, water(context, "nh4"))
    ph = water(context, "ph").means_on(total.assignment, total.day)
    temp_c = water(context, "temperature").means_on(total.assignment, total.day)
    measured = np.isfinite(ph) & np.isfinite(temp_c)
    require(measured.any(), "days with ammonia, pH and temperature")
    dissociation = 0.09018 + 2729.92 / (temp_c[measured] + 273.15)
    share = 1.0 / (1.0 + 10.0 ** (dissociation - ph[measured]))
    return float((1000.0 * total.mean[measured] * share > 2.0).mean())


def _limit_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"{name}-within-limits",
            f"{words} in halls is within the limits of the authorities.",
            partial(outside_limits, parameter, low, high),
            Bound(high=0.01, unit="of days outside"),
            "Mattilsynet [M]: " + (f"below {high}" if low is None else f"{low} to {high}"),
            needs=days_with(parameter, 100, sea=False),
        )
        for name, words, parameter, low, high in _LIMITS
    )


CHECKS = (
    soft(
        _SUBJECT,
        "oxygen-near-saturation",
        "Oxygen follows its solubility in water of that temperature and salinity.",
        oxygen_near_saturation,
        Bound(low=0.98, unit="of days"),
        "Garcia & Gordon 1992 [M] times 0.7 to 1.15",
        needs=days_with("dissolved oxygen", 100),
    ),
    soft(
        _SUBJECT,
        "oxygen-at-sea",
        "Oxygen at sea is a little below saturation.",
        partial(mean_saturation, True),
        Bound(80.0, 105.0, "% of saturation"),
        "mostly 80 to 105 %; " + UNSOURCED,
        needs=days_with("dissolved oxygen", 100, sea=True),
    ),
    soft(
        _SUBJECT,
        "oxygen-in-halls",
        "Oxygen at the outlets of halls is above 80 % of saturation.",
        partial(mean_saturation, False),
        Bound(80.0, 110.0, "% of saturation"),
        "hall outlets above 80 %; " + UNSOURCED,
        needs=days_with("dissolved oxygen", 100, sea=False),
    ),
    *_limit_checks(),
    soft(
        _SUBJECT,
        "toxic-ammonia-within-limits",
        "Un-ionised ammonia, calculated from total ammonia, pH and temperature, is below 2 µg/L.",
        toxic_ammonia,
        Bound(high=0.05, unit="of days above 2 µg/L"),
        "Mattilsynet [M]: NH3 below 2 µg/L; dissociation by Emerson et al. 1975",
        needs=days_with("nh4", 100, sea=False),
    ),
    soft(
        _SUBJECT,
        "carbon-dioxide-of-smolt-halls",
        "Carbon dioxide in smolt halls is as high as measured on farms.",
        partial(mean_level, "co2"),
        Bound(5.4, 17.8, "mg/L"),
        "Kristensen et al. 2009 [M]: 11.6 ± 6.2",
        needs=batches_of_stage(SMOLT, 3),
    ),
    soft(
        _SUBJECT,
        "ammonia-of-smolt-halls",
        "Total ammonia nitrogen in smolt halls is as high as measured on farms.",
        partial(mean_level, "nh4"),
        Bound(0.01, 0.99, "mg/L"),
        "Kristensen et al. 2009 [M]: 0.50 ± 0.49",
        needs=batches_of_stage(SMOLT, 3),
    ),
)
