"""Days and instants as integers, in UTC."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.days import (
    MICROSECONDS_PER_DAY,
    day_number,
    instant,
    month_index,
    time_of_day,
    to_date,
)

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@given(st.dates())
def test_a_day_number_converts_to_its_date_and_back(day: dt.date) -> None:
    assert to_date(day_number(day)) == day
    assert day_number(day) == (day - EPOCH.date()).days


@given(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), st.integers(0, 47))
def test_an_instant_is_microseconds_in_utc(day: dt.date, half_hour: int) -> None:
    moment = dt.datetime.combine(day, dt.time(half_hour // 2, 30 * (half_hour % 2)), dt.UTC)
    expected = (moment - EPOCH) // dt.timedelta(microseconds=1)
    assert int(instant(day_number(day), half_hour / 2)) == expected


def test_an_array_of_days_gives_an_array_of_instants() -> None:
    assert instant([0, 1, -1]).tolist() == [0, MICROSECONDS_PER_DAY, -MICROSECONDS_PER_DAY]


@pytest.mark.parametrize(("clock", "minutes"), [("00:00", 0), ("08:30", 510), ("23:59", 1439)])
def test_clock_times_are_microseconds_after_midnight(clock: str, minutes: int) -> None:
    assert time_of_day(clock) == minutes * 60_000_000


@given(st.lists(st.dates(), min_size=1))
def test_months_are_those_of_the_calendar(days: list[dt.date]) -> None:
    numbers = np.array([day_number(day) for day in days])
    assert month_index(numbers).tolist() == [day.month - 1 for day in days]
