"""Water: temperature by calendar and place, oxygen, salinity, and the limits of fresh water."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..context import CheckContext
from ..model import Bound, Check, Finding
from .assignments import load_assignments
from .daily_water import DailyWater, at_sea, in_halls, water
from .measure import UNSOURCED, Floats, found, month_index, need, soft

_SUBJECT = "water"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SCOTLAND_C = (8.2, 7.5, 7.4, 8.2, 9.6, 11.3, 13.1, 13.7, 13.6, 12.8, 11.7, 9.8)
"""Monthly means of Loch Fyne."""
_FAROES_C = {"year": (8.0, 8.5), "March": (6.0, 6.5), "August": (10.0, 10.5)}
_DAYS_A_MONTH = 20


def _sea(context: CheckContext, geography: str) -> DailyWater:
    """Sea temperatures of the geography with a word in its name."""
    readings = at_sea(context, water(context, "temperature"))
    names = context.get(load_assignments).geography[readings.assignment]
    readings = readings.where(np.array([geography in name for name in names], np.bool_))
    need(len(readings) > 0, f"sea temperatures of {geography}")
    return readings


def _monthly_means(readings: DailyWater) -> Floats:
    """Mean of each calendar month; NaN for one of which too few days are known."""
    month = month_index(readings.day)
    days = np.bincount(month, minlength=12)
    total = np.bincount(month, readings.mean, 12)
    return np.where(days >= _DAYS_A_MONTH, total / np.maximum(days, 1), np.nan)


def scottish_sea(context: CheckContext) -> Finding:
    """The greatest deviation of a calendar month from the measured one, in °C."""
    off = _monthly_means(_sea(context, "Scotland")) - np.array(_SCOTLAND_C)
    known = np.flatnonzero(np.isfinite(off)).tolist()
    need(len(known) >= 6, "months of sea temperature")
    rows = [
        {"month": _MONTHS[one], "mean_c": round(_SCOTLAND_C[one] + float(off[one]), 2),
         "measured_c": _SCOTLAND_C[one]}
        for one in known
    ]  # fmt: skip
    return found(float(np.nanmax(np.abs(off))), rows)


def faroese_sea(context: CheckContext) -> Finding:
    """How far the year, March or August lies outside its range, in °C."""
    monthly = _monthly_means(_sea(context, "Faroe"))
    need(bool(np.isfinite(monthly).all()), "months of sea temperature")
    means = {"year": monthly.mean(), "March": monthly[2], "August": monthly[7]}
    outside = {
        name: max(_FAROES_C[name][0] - mean, mean - _FAROES_C[name][1], 0.0)
        for name, mean in means.items()
    }
    rows = [
        {"of": name, "mean_c": round(float(mean), 2), "outside_c": round(float(outside[name]), 2)}
        for name, mean in means.items()
    ]
    return found(float(max(outside.values())), rows)


def explained_by_calendar(context: CheckContext) -> float:
    """Share of the variance of sea temperature that geography and calendar month explain."""
    readings = at_sea(context, water(context, "temperature"))
    names = context.get(load_assignments).geography[readings.assignment]
    place = np.unique(names.astype(str), return_inverse=True)[1]
    group = place * 12 + month_index(readings.day)
    days = np.bincount(group)
    need((days >= _DAYS_A_MONTH).sum() >= 6, "months of sea temperature")
    means = np.bincount(group, readings.mean) / np.maximum(days, 1)
    rest = readings.mean - means[group]
    return float(1.0 - rest.var() / readings.mean.var())


def _anomalies(context: CheckContext) -> tuple[Floats, Floats]:
    """How much each day at sea is warmer than the month around it, and the same of the next."""
    readings = at_sea(context, water(context, "temperature"))
    smooth = np.convolve(readings.mean, np.full(31, 1 / 31), mode="same")
    off = readings.mean - smooth
    inside = np.zeros(len(readings), np.bool_)
    inside[15:-15] = readings.assignment[30:] == readings.assignment[:-30]
    pairs = inside[1:] & inside[:-1] & (readings.assignment[1:] == readings.assignment[:-1])
    need(pairs.sum() >= 100, "days at sea in a row")
    return off[:-1][pairs], off[1:][pairs]


def weather_memory(context: CheckContext) -> float:
    """Correlation of a day's anomaly of sea temperature with the next day's."""
    today, tomorrow = _anomalies(context)
    return float(np.corrcoef(today, tomorrow)[0, 1])


def weather_spread(context: CheckContext) -> float:
    """Standard deviation of a day's anomaly of sea temperature, in °C."""
    today, _ = _anomalies(context)
    return float(today.std())


def hall_temperature(first: int, last: int, context: CheckContext) -> float:
    """Mean temperature of the halls of some stages."""
    readings = in_halls(context, water(context, "temperature"))
    stage = context.get(load_assignments).stage[readings.assignment]
    readings = readings.where((stage >= first) & (stage <= last))
    need(len(readings) > 0, "temperatures of these stages")
    return float(readings.mean.mean())


def hall_steadiness(context: CheckContext) -> float:
    """Standard deviation of the change of a hall's temperature from day to day, in °C."""
    readings = in_halls(context, water(context, "temperature"))
    follows = (np.diff(readings.assignment) == 0) & (np.diff(readings.day) == 1)
    need(follows.sum() >= 30, "days in halls in a row")
    return float(np.diff(readings.mean)[follows].std())


def salinity_in_range(geography: str, low: float, high: float, context: CheckContext) -> float:
    """Share of days on which the sea is as salty as it is in a geography."""
    readings = at_sea(context, water(context, "salinity"))
    names = context.get(load_assignments).geography[readings.assignment]
    readings = readings.where(np.array([geography in name for name in names], np.bool_))
    need(len(readings) > 0, f"readings of salinity in {geography}")
    return float(((readings.mean >= low) & (readings.mean <= high)).mean())


def _temperature_checks() -> tuple[Check, ...]:
    return (
        soft(
            _SUBJECT,
            "sea-temperature-of-scotland",
            "Every calendar month is as warm in Scotland as it is in Loch Fyne.",
            scottish_sea,
            Bound(high=1.0, unit="°C off"),
            "Loch Fyne, monthly means [M]; a year differs by 0.3 to 0.5",
        ),
        soft(
            _SUBJECT,
            "sea-temperature-of-the-faroes",
            "The Faroese sea is cool and even, coldest in March and warmest in August.",
            faroese_sea,
            Bound(high=0.5, unit="°C outside"),
            "annual mean 8.0 to 8.5, March 6 to 6.5, August 10 to 10.5; a year differs by 0.3 to "
            "0.5",
        ),
        soft(
            _SUBJECT,
            "sea-temperature-follows-the-calendar",
            "The season of the sea is the calendar's, whatever the age of the fish.",
            explained_by_calendar,
            Bound(low=0.8, unit="of the variance"),
            "season follows the calendar; the share is a " + UNSOURCED,
        ),
        soft(
            _SUBJECT,
            "sea-temperature-has-memory",
            "A warm day at sea follows a warm day.",
            weather_memory,
            Bound(low=0.4, unit="correlation"),
            "autoregressive from day to day; the amount is a " + UNSOURCED,
        ),
        soft(
            _SUBJECT,
            "sea-temperature-varies-from-day-to-day",
            "Days differ from the season by a few tenths of a degree.",
            weather_spread,
            Bound(0.1, 0.4, "°C"),
            "day-to-day deviation 0.2 to 0.4 °C, less what a month's mean takes off; " + UNSOURCED,
        ),
        soft(
            _SUBJECT,
            "temperature-of-incubation",
            "Eggs and alevins are kept cool.",
            partial(hall_temperature, 1, 1),
            Bound(6.0, 8.0, "°C"),
            "incubation at 6 to 8 °C; 12 °C kills (Gunnes 1979 [M])",
        ),
        soft(
            _SUBJECT,
            "temperature-of-halls",
            "Fry to post-smolts are kept warm.",
            partial(hall_temperature, 2, 5),
            Bound(11.5, 14.5, "°C"),
            "recirculation at 12 to 14 °C, half a degree allowed; " + UNSOURCED,
        ),
        soft(
            _SUBJECT,
            "steady-temperature-of-halls",
            "The water of a hall hardly changes from day to day.",
            hall_steadiness,
            Bound(high=0.3, unit="°C"),
            "little day-to-day change in recirculation; the amount is a " + UNSOURCED,
        ),
    )


CHECKS = (
    *_temperature_checks(),
    soft(
        _SUBJECT,
        "salinity-of-the-faroes",
        "The Faroese sea is oceanic.",
        partial(salinity_in_range, "Faroe", 34.0, 35.2),
        Bound(low=0.95, unit="of days"),
        "34 to 35.2; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "salinity-of-scotland",
        "Scottish lochs are freshened by run-off.",
        partial(salinity_in_range, "Scotland", 28.0, 34.5),
        Bound(low=0.95, unit="of days"),
        "28 to 34.5; " + UNSOURCED,
    ),
)
