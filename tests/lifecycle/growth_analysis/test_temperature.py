"""Daily temperatures, compared with a direct implementation of the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.growth_analysis.observations import MARGIN_DAYS
from pytest_aquadata.lifecycle.growth_analysis.temperature import (
    SOURCES,
    fill_temperatures,
    gap_confidence,
)

READINGS = st.lists(
    st.none() | st.floats(-1.0, 20.0), min_size=2 * MARGIN_DAYS + 1, max_size=2 * MARGIN_DAYS + 40
)


def expected_temperature(
    readings: list[float | None], day: int, profile_c: float | None
) -> tuple[float | None, str, float]:
    """Return temperature, source and confidence of one day."""
    if readings[day] is not None:
        return readings[day], "measured", 1.0
    before = [
        other
        for other in range(day - MARGIN_DAYS, day)
        if other >= 0 and readings[other] is not None
    ]
    after = [
        other
        for other in range(day + 1, day + MARGIN_DAYS + 1)
        if other < len(readings) and readings[other] is not None
    ]
    if before and after:
        low, high = before[-1], after[0]
        share = (day - low) / (high - low)
        linear_c = readings[low] + (readings[high] - readings[low]) * share
        return linear_c, "interpolated", max(0.4, 0.9 - (high - low) / 30)
    if before:
        return readings[before[-1]], "nearest_before", 0.6
    if after:
        return readings[after[0]], "nearest_after", 0.6
    return (None, "none", 0.0) if profile_c is None else (profile_c, "profile", 0.5)


@given(READINGS, st.none() | st.floats(1.0, 18.0))
def test_every_day_has_the_temperature_source_and_confidence_of_the_rules(
    readings: list[float | None], profile_c: float | None
) -> None:
    measured = np.array([[np.nan if reading is None else reading for reading in readings]])
    days = range(MARGIN_DAYS, len(readings) - MARGIN_DAYS)
    profile = np.full((1, len(days)), np.nan if profile_c is None else profile_c)
    filled = fill_temperatures(measured, profile)
    for position, day in enumerate(days):
        temp_c, source, confidence = expected_temperature(readings, day, profile_c)
        assert SOURCES[filled.source[0, position]] == source
        assert filled.confidence[0, position] == pytest.approx(confidence)
        value = filled.temp_c[0, position]
        assert np.isnan(value) if temp_c is None else value == pytest.approx(temp_c)


@given(READINGS, st.data())
def test_a_missing_reading_lowers_confidence(
    readings: list[float | None], data: st.DataObject
) -> None:
    present = [day for day, reading in enumerate(readings) if reading is not None]
    if not present:
        return
    lost = data.draw(st.sampled_from(present))
    measured = np.array([[np.nan if reading is None else reading for reading in readings]])
    profile = np.full((1, len(readings) - 2 * MARGIN_DAYS), 8.0)
    before = fill_temperatures(measured.copy(), profile)
    measured[0, lost] = np.nan
    after = fill_temperatures(measured, profile)
    assert not np.isnan(after.temp_c).any()
    position = lost - MARGIN_DAYS
    if 0 <= position < profile.shape[1]:
        assert after.confidence[0, position] < before.confidence[0, position]


@pytest.mark.parametrize(
    ("span", "confidence"), [(2, 0.8333), (10, 0.5667), (14, 0.4333), (20, 0.4)]
)
def test_confidence_falls_with_the_gap_between_readings(span: int, confidence: float) -> None:
    assert gap_confidence(np.array(span)) == pytest.approx(confidence, abs=1e-4)


def test_readings_of_one_assignment_are_not_used_for_another() -> None:
    measured = np.full((2, 2 * MARGIN_DAYS + 3), np.nan)
    measured[0] = 12.0
    filled = fill_temperatures(measured, np.full((2, 3), 7.0))
    assert (filled.temp_c[0] == 12.0).all()
    assert (filled.temp_c[1] == 7.0).all()
