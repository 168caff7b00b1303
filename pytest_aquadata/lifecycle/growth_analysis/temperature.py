"""The water temperature of every day: measured, between measurements, or from a profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .observations import MARGIN_DAYS

SOURCES = ("measured", "interpolated", "nearest_before", "nearest_after", "profile", "none")
MEASURED, INTERPOLATED, BEFORE, AFTER, PROFILE, NONE = range(len(SOURCES))

_CONFIDENCE = np.array([1.0, np.nan, 0.6, 0.6, 0.5, 0.0])


@dataclass(frozen=True)
class Temperatures:
    """Temperatures by assignment and day since arrival.

    Attributes:
        temp_c: in °C; NaN where there is none.
        source: position in `SOURCES`.
        confidence: 0 to 1.
    """

    temp_c: NDArray[np.float64]
    source: NDArray[np.int64]
    confidence: NDArray[np.float64]


def gap_confidence(span_days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Confidence in a value between two readings so many days apart: 0.9 - span/30, from 0.4."""
    return np.maximum(0.4, 0.9 - span_days / 30.0)


def fill_temperatures(
    measured_c: NDArray[np.float64], profile_c: NDArray[np.float64]
) -> Temperatures:
    """A temperature for every day.

    The day's own mean; else a straight line between the nearest days with readings before and
    after, neither more than `MARGIN_DAYS` away; else the one of them there is; else the profile.

    Args:
        measured_c: daily means, NaN without readings; `MARGIN_DAYS` more than wanted on each side.
        profile_c: the profile on the wanted days, NaN where it is silent.
    """
    wanted = slice(MARGIN_DAYS, measured_c.shape[1] - MARGIN_DAYS)
    temp_c = measured_c[:, wanted]
    read = ~np.isnan(temp_c)
    source = np.where(read, MEASURED, np.where(np.isnan(profile_c), NONE, PROFILE))
    if not read.all():
        temp_c = np.where(read, temp_c, profile_c)
        rows = np.flatnonzero(~read.all(axis=1))
        temp_c, source, span = _between(measured_c, temp_c, source, rows)
    else:
        span = np.zeros_like(source)
    confidence = np.where(source == INTERPOLATED, gap_confidence(span), _CONFIDENCE[source])
    return Temperatures(temp_c, source, confidence)


def _between(
    measured_c: NDArray[np.float64],
    temp_c: NDArray[np.float64],
    source: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Fill what neighbouring readings reach; also the days between them where they are two."""
    measured_c = measured_c[rows]
    days = measured_c.shape[1]
    day = np.arange(days)
    read = ~np.isnan(measured_c)
    before = np.maximum.accumulate(np.where(read, day, -days), axis=1)
    after = np.minimum.accumulate(np.where(read, day, 2 * days)[:, ::-1], axis=1)[:, ::-1]
    wanted = slice(MARGIN_DAYS, days - MARGIN_DAYS)
    day, before, after = day[wanted], before[:, wanted], after[:, wanted]
    empty = np.isnan(temp_c[rows]) | (source[rows] == PROFILE)
    has_before = empty & (day - before <= MARGIN_DAYS)
    has_after = empty & (after - day <= MARGIN_DAYS)
    each = np.arange(len(rows))[:, None]
    last = measured_c[each, np.clip(before, 0, days - 1)]
    following = measured_c[each, np.clip(after, 0, days - 1)]
    span = np.where(has_before & has_after, after - before, 1)
    line = last + (following - last) * ((day - before) / span)
    cases = (has_before & has_after, has_before, has_after)
    filled, origin = temp_c.copy(), source.copy()
    filled[rows] = np.select(cases, (line, last, following), temp_c[rows])
    origin[rows] = np.select(cases, (INTERPOLATED, BEFORE, AFTER), source[rows])
    spans = np.zeros_like(source)
    spans[rows] = span
    return filled, origin, spans
