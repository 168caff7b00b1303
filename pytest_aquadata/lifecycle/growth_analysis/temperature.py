"""Daily water temperatures: measured, filled from neighbouring days, or from a profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .observations import MARGIN_DAYS

SOURCES = ("measured", "interpolated", "nearest_before", "nearest_after", "profile", "none")
MEASURED, INTERPOLATED, BEFORE, AFTER, PROFILE, NONE = range(len(SOURCES))

_CONFIDENCE = np.array([1.0, np.nan, 0.6, 0.6, 0.5, 0.0])
"""Confidence by source; that of interpolated values depends on the gap."""


@dataclass(frozen=True)
class Temperatures:
    """Temperatures by assignment and day since arrival.

    Attributes:
        temp_c: temperature in °C; NaN if unknown.
        source: position in `SOURCES`.
        confidence: 0 to 1.
    """

    temp_c: NDArray[np.float64]
    source: NDArray[np.int64]
    confidence: NDArray[np.float64]


def gap_confidence(span_days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the confidence in a value between two readings: max(0.4, 0.9 - span_days / 30)."""
    return np.maximum(0.4, 0.9 - span_days / 30.0)


def fill_temperatures(
    measured_c: NDArray[np.float64], profile_c: NDArray[np.float64]
) -> Temperatures:
    """Return a temperature for every day.

    The mean of the day's readings; else a linear interpolation between the nearest days with
    readings before and after, each at most `MARGIN_DAYS` away; else the only one of these; else the
    profile.

    Args:
        measured_c: daily means by assignment and day, NaN without readings; with `MARGIN_DAYS`
            extra days on each side.
        profile_c: profile temperature by assignment and day; NaN without one.
    """
    inner = slice(MARGIN_DAYS, measured_c.shape[1] - MARGIN_DAYS)
    temp_c = measured_c[:, inner]
    is_measured = ~np.isnan(temp_c)
    source = np.where(is_measured, MEASURED, np.where(np.isnan(profile_c), NONE, PROFILE))
    if not is_measured.all():
        temp_c = np.where(is_measured, temp_c, profile_c)
        rows = np.flatnonzero(~is_measured.all(axis=1))
        temp_c, source, span = _fill_from_neighbours(measured_c, temp_c, source, rows)
    else:
        span = np.zeros_like(source)
    confidence = np.where(source == INTERPOLATED, gap_confidence(span), _CONFIDENCE[source])
    return Temperatures(temp_c, source, confidence)


def _fill_from_neighbours(
    measured_c: NDArray[np.float64],
    temp_c: NDArray[np.float64],
    source: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Fill days within reach of readings before or after.

    Args:
        measured_c: daily means with margins, as in `fill_temperatures`.
        temp_c: temperatures without margins: measured or from the profile.
        source: their sources.
        rows: assignments with days to fill.

    Returns:
        Temperatures, sources, and days between the two readings of interpolated days.
    """
    measured_c = measured_c[rows]
    days = measured_c.shape[1]
    day = np.arange(days)
    is_measured = ~np.isnan(measured_c)
    before = np.maximum.accumulate(np.where(is_measured, day, -days), axis=1)
    after = np.minimum.accumulate(np.where(is_measured, day, 2 * days)[:, ::-1], axis=1)[:, ::-1]
    inner = slice(MARGIN_DAYS, days - MARGIN_DAYS)
    day, before, after = day[inner], before[:, inner], after[:, inner]
    is_open = np.isnan(temp_c[rows]) | (source[rows] == PROFILE)
    has_before = is_open & (day - before <= MARGIN_DAYS)
    has_after = is_open & (after - day <= MARGIN_DAYS)
    row = np.arange(len(rows))[:, None]
    previous_c = measured_c[row, np.clip(before, 0, days - 1)]
    next_c = measured_c[row, np.clip(after, 0, days - 1)]
    span = np.where(has_before & has_after, after - before, 1)
    linear_c = previous_c + (next_c - previous_c) * ((day - before) / span)
    cases = (has_before & has_after, has_before, has_after)
    filled_c, filled_source = temp_c.copy(), source.copy()
    filled_c[rows] = np.select(cases, (linear_c, previous_c, next_c), temp_c[rows])
    filled_source[rows] = np.select(cases, (INTERPOLATED, BEFORE, AFTER), source[rows])
    spans = np.zeros_like(source)
    spans[rows] = span
    return filled_c, filled_source, spans
