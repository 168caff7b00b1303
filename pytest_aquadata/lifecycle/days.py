"""Dates and instants as integers: days and microseconds since 1970-01-01, in UTC.

Simulated tables hold dates as days and instants as microseconds, so a value is the same number in
every database and no local time zone plays a part.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

MICROSECONDS_PER_SECOND = 1_000_000
MICROSECONDS_PER_DAY = 86_400 * MICROSECONDS_PER_SECOND
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def day_number(when: date) -> int:
    """Return the days from 1970-01-01 to a date."""
    return when.toordinal() - _EPOCH_ORDINAL


def to_date(day: int) -> date:
    """Return the calendar date of a day number."""
    return date.fromordinal(int(day) + _EPOCH_ORDINAL)


def time_of_day(clock: str) -> int:
    """Return the microseconds after midnight of a clock time written `HH:MM`."""
    hours, minutes = clock.split(":")
    return (int(hours) * 60 + int(minutes)) * 60 * MICROSECONDS_PER_SECOND


def instant(day: ArrayLike, hour: float = 0.0) -> NDArray[np.int64]:
    """Return the microseconds since the epoch at an hour (UTC) of each day."""
    whole_days = np.asarray(day, dtype=np.int64) * MICROSECONDS_PER_DAY
    return whole_days + round(hour * 3600 * MICROSECONDS_PER_SECOND)


def month_index(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the calendar month of each day, from 0 for January to 11 for December."""
    months = np.asarray(days, dtype="datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12, dtype=np.int64)
