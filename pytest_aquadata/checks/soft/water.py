"""Soft checks of water: temperature and salinity of the sea, temperature of halls."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..context import CheckContext
from ..model import Bound, Check, Finding
from .arrays import Floats, month_index
from .assignments import load_assignments
from .daily_water import DailyWater, at_sea, in_halls, water
from .farm_geographies import FAROES, GEOGRAPHY_NAMES, SCOTLAND, assignments_with_code
from .populations import batches_of_stage, days_with
from .soft_check import UNSOURCED, require, soft, with_rows

_SUBJECT = "water"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_LOCH_FYNE_C = (8.2, 7.5, 7.4, 8.2, 9.6, 11.3, 13.1, 13.7, 13.6, 12.8, 11.7, 9.8)
"""Monthly means [M]."""
_FAROES_C = {"year": (8.0, 8.5), "March": (6.0, 6.5), "August": (10.0, 10.5)}
_LEAST_DAYS_OF_MONTH = 20


def _sea(context: CheckContext, parameter: str, code: str) -> DailyWater:
    """Return readings at sea in the geography with this code in the farm."""
    readings = at_sea(context, water(context, parameter))
    readings = readings.where(assignments_with_code(context, code)[readings.assignment])
    require(len(readings) > 0, f"readings of {parameter} at sea in {GEOGRAPHY_NAMES[code]}")
    return readings


def monthly_means(readings: DailyWater) -> Floats:
    """Return the mean of each calendar month; NaN for a month with less than 20 days."""
    month = month_index(readings.day)
    days = np.bincount(month, minlength=12)
    total = np.bincount(month, readings.mean, 12)
    return np.where(days >= _LEAST_DAYS_OF_MONTH, total / np.maximum(days, 1), np.nan)


def scottish_sea(context: CheckContext) -> Finding:
    """Return the largest deviation of a calendar month from Loch Fyne, in °C."""
    off = monthly_means(_sea(context, "temperature", SCOTLAND)) - np.array(_LOCH_FYNE_C)
    measured = np.flatnonzero(np.isfinite(off)).tolist()
    require(len(measured) >= 6, "months of sea temperature")
    rows = [
        {"month": _MONTHS[month], "mean_c": round(_LOCH_FYNE_C[month] + float(off[month]), 2),
         "measured_c": _LOCH_FYNE_C[month]}
        for month in measured
    ]  # fmt: skip
    return with_rows(float(np.nanmax(np.abs(off))), rows)


def faroese_sea(context: CheckContext) -> Finding:
    """Return how far the year, March or August is outside its published range, in °C."""
    monthly = monthly_means(_sea(context, "temperature", FAROES))
    require(bool(np.isfinite(monthly).all()), "months of sea temperature")
    means = {"year": monthly.mean(), "March": monthly[2], "August": monthly[7]}
    outside = {
        name: max(_FAROES_C[name][0] - mean, mean - _FAROES_C[name][1], 0.0)
        for name, mean in means.items()
    }
    rows = [
        {"of": name, "mean_c": round(float(mean), 2), "outside_c": round(float(outside[name]), 2)}
        for name, mean in means.items()
    ]
    return with_rows(float(max(outside.values())), rows)


def explained_by_calendar(context: CheckContext) -> float:
    """Return the share of the variance of sea temperature explained by geography and month."""
    readings = at_sea(context, water(context, "temperature"))
    names = context.get(load_assignments).geography[readings.assignment]
    geography = np.unique(names.astype(str), return_inverse=True)[1]
    group = geography * 12 + month_index(readings.day)
    days = np.bincount(group)
    require((days >= _LEAST_DAYS_OF_MONTH).sum() >= 6, "months of sea temperature")
    means = np.bincount(group, readings.mean) / np.maximum(days, 1)
    residual = readings.mean - means[group]
    return float(1.0 - residual.var() / readings.mean.var())


def _anomalies(context: CheckContext) -> tuple[Floats, Floats]:
    """Return each day's sea temperature less the mean of 31 days around it, and the next day's."""
    readings = at_sea(context, water(context, "temperature"))
    smooth = np.convolve(readings.mean, np.full(31, 1 / 31), mode="same")
    off = readings.mean - smooth
    inside = np.zeros(len(readings), np.bool_)
    inside[15:-15] = readings.assignment[30:] == readings.assignment[:-30]
    pairs = inside[1:] & inside[:-1] & (readings.assignment[1:] == readings.assignment[:-1])
    require(pairs.sum() >= 100, "days at sea in a row")
    return off[:-1][pairs], off[1:][pairs]


def weather_memory(context: CheckContext) -> float:
    """Return the correlation of a day's anomaly of sea temperature with the next day's."""
    today, tomorrow = _anomalies(context)
    return float(np.corrcoef(today, tomorrow)[0, 1])


def weather_spread(context: CheckContext) -> float:
    """Return the standard deviation of the daily anomaly of sea temperature, in °C."""
    today, _ = _anomalies(context)
    return float(today.std())


def hall_temperature(first: int, last: int, context: CheckContext) -> float:
    """Return the mean temperature of halls from stage `first` to stage `last`, in °C."""
    readings = in_halls(context, water(context, "temperature"))
    stage = context.get(load_assignments).stage[readings.assignment]
    readings = readings.where((stage >= first) & (stage <= last))
    require(len(readings) > 0, "temperatures of these stages")
    return float(readings.mean.mean())


def hall_steadiness(context: CheckContext) -> float:
    """Return the standard deviation of a hall's change of temperature from day to day, in °C."""
    readings = in_halls(context, water(context, "temperature"))
    consecutive = (np.diff(readings.assignment) == 0) & (np.diff(readings.day) == 1)
    require(consecutive.sum() >= 30, "days in halls in a row")
    return float(np.diff(readings.mean)[consecutive].std())


def salinity_in_range(code: str, low: float, high: float, context: CheckContext) -> float:
    """Return the share of days on which the salinity of a geography's sea is in a range."""
    readings = _sea(context, "salinity", code)
    return float(((readings.mean >= low) & (readings.mean <= high)).mean())


def _temperature_checks() -> tuple[Check, ...]:
    return (
        soft(
            _SUBJECT,
            "sea-temperature-of-scotland",
            "Each calendar month in Scotland is as warm as in Loch Fyne.",
            scottish_sea,
            Bound(high=1.0, unit="°C off"),
            "Loch Fyne, monthly means [M]; a year differs by 0.3 to 0.5",
            needs=days_with("temperature", 180, sea=True, code=SCOTLAND),
        ),
        soft(
            _SUBJECT,
            "sea-temperature-of-the-faroes",
            "The Faroese sea has the published means of the year, of March and of August.",
            faroese_sea,
            Bound(high=0.5, unit="°C outside"),
            "annual mean 8.0 to 8.5, March 6 to 6.5, August 10 to 10.5; a year differs by 0.3 to "
            "0.5",
            needs=days_with("temperature", 360, sea=True, code=FAROES),
        ),
        soft(
            _SUBJECT,
            "sea-temperature-follows-the-calendar",
            "Sea temperature follows the calendar month, not the age of the fish.",
            explained_by_calendar,
            Bound(low=0.8, unit="of the variance"),
            "season follows the calendar; the share is a " + UNSOURCED,
            needs=days_with("temperature", 180, sea=True),
        ),
        soft(
            _SUBJECT,
            "sea-temperature-has-memory",
            "A warm day at sea is usually followed by a warm day.",
            weather_memory,
            Bound(low=0.4, unit="correlation"),
            "autoregressive from day to day; the amount is a " + UNSOURCED,
            needs=days_with("temperature", 100, sea=True),
        ),
        soft(
            _SUBJECT,
            "sea-temperature-varies-from-day-to-day",
            "Days at sea differ from the season by a few tenths of a degree.",
            weather_spread,
            Bound(0.1, 0.4, "°C"),
            "day-to-day deviation 0.2 to 0.4 °C, less what a month's mean takes off; " + UNSOURCED,
            needs=days_with("temperature", 100, sea=True),
        ),
        soft(
            _SUBJECT,
            "temperature-of-incubation",
            "Eggs and alevins are kept in cool water.",
            partial(hall_temperature, 1, 1),
            Bound(6.0, 8.0, "°C"),
            "incubation at 6 to 8 °C; 12 °C kills (Gunnes 1979 [M])",
            needs=batches_of_stage(1, 3),
        ),
        soft(
            _SUBJECT,
            "temperature-of-halls",
            "Fry, parr, smolt and post-smolt are kept in warm water.",
            partial(hall_temperature, 2, 5),
            Bound(11.5, 14.5, "°C"),
            "recirculation at 12 to 14 °C, half a degree allowed; " + UNSOURCED,
            needs=days_with("temperature", 100, sea=False),
        ),
        soft(
            _SUBJECT,
            "steady-temperature-of-halls",
            "The temperature of a hall hardly changes from day to day.",
            hall_steadiness,
            Bound(high=0.3, unit="°C"),
            "little day-to-day change in recirculation; the amount is a " + UNSOURCED,
            needs=days_with("temperature", 30, sea=False),
        ),
    )


CHECKS = (
    *_temperature_checks(),
    soft(
        _SUBJECT,
        "salinity-of-the-faroes",
        "The Faroese sea has oceanic salinity.",
        partial(salinity_in_range, FAROES, 34.0, 35.2),
        Bound(low=0.95, unit="of days"),
        "34 to 35.2; " + UNSOURCED,
        needs=days_with("salinity", 100, sea=True, code=FAROES),
    ),
    soft(
        _SUBJECT,
        "salinity-of-scotland",
        "Run-off lowers the salinity of Scottish lochs.",
        partial(salinity_in_range, SCOTLAND, 28.0, 34.5),
        Bound(low=0.95, unit="of days"),
        "28 to 34.5; " + UNSOURCED,
        needs=days_with("salinity", 100, sea=True, code=SCOTLAND),
    ),
)
