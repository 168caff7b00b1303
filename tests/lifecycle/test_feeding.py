"""Feeding: rations, pellet sizes, meals, and days without feed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle import feeding
from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.presets.farm import Farm

MIDSUMMER = np.array([day_number(date(2024, 7, 1))])
MIDWINTER = np.array([day_number(date(2024, 1, 15))])


@pytest.mark.parametrize(
    ("weight_g", "pellet_mm"),
    [
        (0.17, 0.3),
        (0.3, 0.5),
        (0.79, 0.5),
        (0.8, 0.8),
        (1.5, 1.0),
        (4.99, 1.0),
        (5, 1.5),
        (10, 2),
        (30, 3),
        (100, 4),
        (250, 5),
        (500, 6),
        (1000, 7),
        (2000, 9),
        (2999, 9),
        (3000, 11),
        (9000, 11),
    ],
)
def test_pellet_size_follows_the_weight_of_the_fish(
    farm: Farm, weight_g: float, pellet_mm: float
) -> None:
    position = int(feeding.pellet(np.array([float(weight_g)]), farm.feeds)[0])
    assert farm.feeds[position].pellet_mm == pellet_mm


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20), st.integers(1, 24))
def test_meals_sum_to_the_ration(rations: list[int], count: int) -> None:
    portions = feeding.meals(np.array(rations), count)
    assert portions.shape == (len(rations), count)
    assert portions.sum(axis=1).tolist() == rations
    assert np.ptp(portions, axis=1).max() <= 1


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(1, 5))
def test_fish_get_no_feed_on_the_days_before_departure(departures: list[int], before: int) -> None:
    fasts = feeding.fasting(np.array(departures), 60, before)
    for departure, ring in zip(departures, fasts, strict=True):
        while_there = ring[:departure]
        assert while_there.sum() == min(before, departure)
        assert while_there[-1]


@pytest.mark.parametrize(
    ("order", "weight_g", "percent"), [(6, 500, 1.17), (6, 2000, 0.74), (6, 5000, 0.54)]
)
def test_rations_at_sea_at_10_degrees_are_those_of_feed_tables(
    farm: Farm, order: int, weight_g: float, percent: float
) -> None:
    """Percent of body weight a day at a TGC of 2.8 and 10 °C."""
    root = weight_g ** (1 / 3)
    gain = np.array([[(root + 2.8 * 10 / 1000) ** 3 - weight_g]])
    weight = np.array([[float(weight_g)]])
    ratio = feeding.conversion_ratio(weight, MIDSUMMER, farm.stage(order))
    fed_kg = feeding.ration(np.array([[100_000]]), gain, ratio, 2.0)[0, 0] / 100
    assert 100 * fed_kg / (100_000 * weight_g / 1000) == pytest.approx(percent, rel=0.12)


def test_fish_that_do_not_grow_are_not_fed() -> None:
    given_feed = feeding.ration(
        np.array([[1000, 1000]]), np.array([[0.0, -3.0]]), np.array([[1.1, 1.1]]), 2.0
    )
    assert given_feed.tolist() == [[0, 0]]


def test_conversion_rises_with_size_and_in_winter(farm: Farm) -> None:
    sea = farm.stage(6)
    sizes = np.array([[500.0], [2000.0], [5000.0]])
    summer = feeding.conversion_ratio(sizes, MIDSUMMER, sea)[:, 0]
    winter = feeding.conversion_ratio(sizes, MIDWINTER, sea)[:, 0]
    assert (np.diff(summer) > 0).all()
    assert (winter > summer).all()
    assert summer.min() >= 1.0
    assert winter.max() <= 1.30


def test_conversion_in_halls_does_not_depend_on_the_season(farm: Farm) -> None:
    smolt = np.array([[90.0]])
    summer = feeding.conversion_ratio(smolt, MIDSUMMER, farm.stage(4))
    assert summer == feeding.conversion_ratio(smolt, MIDWINTER, farm.stage(4))


BIOLOGICAL_FCR = {2: (0.7, 0.9), 3: (0.8, 1.0), 4: (0.9, 1.0), 5: (0.9, 1.1), 6: (1.05, 1.25)}


@pytest.mark.parametrize("order", BIOLOGICAL_FCR)
def test_biological_fcr_is_that_of_the_stage(simulated: Callable[..., Any], order: int) -> None:
    """Feed, waste included, over gross growth, that of fish that died later included."""
    stage = simulated(0, 1, 1000).life.stages[order - 1]
    days = int(stage.departs.min())
    fed_kg = stage.feed[:, :days].sum() / feeding.DECAGRAMS_PER_KG
    gain_g = np.diff(stage.weight_g, axis=1)[:, :days]
    gain_kg = (stage.population[:, :days] * gain_g).sum() / 1000
    low, high = BIOLOGICAL_FCR[order]
    assert low <= fed_kg / gain_kg <= high * (1 + stage.rule.waste_pct / 100)
