"""Feeding summaries: calendar weeks that are over, with their feed, growth and confidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest

from pytest_aquadata.lifecycle.days import day_number, to_date

CONTAINER, BATCH = "inventory_containerfeedingsummary", "inventory_batchfeedingsummary"
Simulated = Callable[..., Any]


@pytest.mark.parametrize("name", [CONTAINER, BATCH])
@pytest.mark.parametrize("age", [120, 121, 122, 123, 124, 125, 126, 1000])
def test_periods_are_weeks_from_monday_to_sunday_that_are_over(
    simulated: Simulated, name: str, age: int
) -> None:
    batch = simulated(0, 1, age)
    summaries = batch.tables[name]
    first, last = summaries.values("period_start"), summaries.values("period_end")
    assert {to_date(day).weekday() for day in first.tolist()} == {0}
    assert (last - first == 6).all()
    assert last.max() <= day_number(batch.build.as_of)
    if age < 1000:
        assert last.max() > day_number(batch.build.as_of) - 7


def test_eggs_have_no_summary_and_the_first_fed_week_has(simulated: Simulated) -> None:
    assert CONTAINER not in simulated(0, 1, 90).tables
    meals = simulated(0, 1, 120).tables["inventory_feedingevent"]
    summaries = simulated(0, 1, 120).tables[CONTAINER]
    first_meal = int(meals.values("feeding_date").min())
    assert 0 <= first_meal - int(summaries.values("period_start")[0]) < 7


def test_all_feed_of_past_weeks_is_summed(simulated: Simulated) -> None:
    batch = simulated(0, 1, 1000)
    meals = batch.tables["inventory_feedingevent"]
    fed = int(meals.values("amount_kg").sum()) // 100
    assert batch.tables[CONTAINER].values("total_feed_kg").sum() == fed
    assert batch.tables[BATCH].values("total_feed_kg").sum() == fed
    assert batch.tables[CONTAINER].values("data_points").sum() == len(meals)


def test_fcr_is_that_of_the_stages(simulated: Simulated) -> None:
    """The FCR is 0.7 to 0.9 for fry and 1.1 to 1.4 at sea."""
    fcr = simulated(0, 1, 1000).tables[BATCH].values("weighted_avg_fcr")
    assert 700 <= np.median(fcr[:10]) <= 900
    assert 1100 <= np.median(fcr[-20:]) <= 1400


def test_confidence_falls_with_days_since_the_last_weighing(simulated: Simulated) -> None:
    tables = simulated(0, 1, 1000).tables
    summaries, samples = tables[CONTAINER], tables["batch_growthsample"]
    levels = summaries["confidence_level"].vocabulary
    for row in range(0, len(summaries), 37):
        end = summaries.values("period_end")[row]
        days = (
            end
            - samples.values("sample_date")[
                samples.values("assignment_id") == summaries.values("container_assignment_id")[row]
            ]
        )
        age = min(days[days >= 0].tolist(), default=1000)
        expected = "VERY_HIGH" if age < 10 else "HIGH" if age < 20 else "MEDIUM"
        assert levels is not None
        level = levels[summaries.values("confidence_level")[row]]
        assert level == (expected if age < 40 else "LOW")


def test_day_number_0_lies_in_the_week_of_monday_29_december_1969() -> None:
    assert to_date(-3) == date(1969, 12, 29)
    assert to_date(-3).weekday() == 0
