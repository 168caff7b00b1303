"""The temperature of every day, against the rules read aloud."""

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


def by_the_rules(
    read: list[float | None], day: int, profile_c: float | None
) -> tuple[float | None, str, float]:
    """Temperature, source and confidence of one day."""
    if read[day] is not None:
        return read[day], "measured", 1.0
    before = [one for one in range(day - MARGIN_DAYS, day) if one >= 0 and read[one] is not None]
    after = [
        one
        for one in range(day + 1, day + MARGIN_DAYS + 1)
        if one < len(read) and read[one] is not None
    ]
    if before and after:
        low, high = before[-1], after[0]
        share = (day - low) / (high - low)
        line = read[low] + (read[high] - read[low]) * share
        return line, "interpolated", max(0.4, 0.9 - (high - low) / 30)
    if before:
        return read[before[-1]], "nearest_before", 0.6
    if after:
        return read[after[0]], "nearest_after", 0.6
    return (None, "none", 0.0) if profile_c is None else (profile_c, "profile", 0.5)


@given(READINGS, st.none() | st.floats(1.0, 18.0))
def test_every_day_has_the_best_temperature_there_is(
    read: list[float | None], profile_c: float | None
) -> None:
    measured = np.array([[np.nan if one is None else one for one in read]])
    wanted = range(MARGIN_DAYS, len(read) - MARGIN_DAYS)
    profile = np.full((1, len(wanted)), np.nan if profile_c is None else profile_c)
    filled = fill_temperatures(measured, profile)
    for position, day in enumerate(wanted):
        temp_c, source, confidence = by_the_rules(read, day, profile_c)
        assert SOURCES[filled.source[0, position]] == source
        assert filled.confidence[0, position] == pytest.approx(confidence)
        found = filled.temp_c[0, position]
        assert np.isnan(found) if temp_c is None else found == pytest.approx(temp_c)


@given(READINGS, st.data())
def test_a_missing_reading_never_raises_confidence(
    read: list[float | None], data: st.DataObject
) -> None:
    present = [day for day, one in enumerate(read) if one is not None]
    if not present:
        return
    lost = data.draw(st.sampled_from(present))
    measured = np.array([[np.nan if one is None else one for one in read]])
    profile = np.full((1, len(read) - 2 * MARGIN_DAYS), 8.0)
    before = fill_temperatures(measured.copy(), profile)
    measured[0, lost] = np.nan
    after = fill_temperatures(measured, profile)
    assert not np.isnan(after.temp_c).any()
    at = lost - MARGIN_DAYS
    if 0 <= at < profile.shape[1]:
        assert after.confidence[0, at] < before.confidence[0, at]


@pytest.mark.parametrize(
    ("span", "confidence"), [(2, 0.8333), (10, 0.5667), (14, 0.4333), (20, 0.4)]
)
def test_confidence_falls_with_the_gap(span: int, confidence: float) -> None:
    assert gap_confidence(np.array(span)) == pytest.approx(confidence, abs=1e-4)


def test_containers_do_not_lend_each_other_readings() -> None:
    measured = np.full((2, 2 * MARGIN_DAYS + 3), np.nan)
    measured[0] = 12.0
    filled = fill_temperatures(measured, np.full((2, 3), 7.0))
    assert (filled.temp_c[0] == 12.0).all()
    assert (filled.temp_c[1] == 7.0).all()
