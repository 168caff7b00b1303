"""Mortality: rates, whole fish, and the skew between containers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pytest_aquadata.lifecycle import mortality
from pytest_aquadata.presets.farm import Farm

rates = st.floats(0.0, 0.25)


def monthly_pct(daily: float) -> float:
    return 100.0 * (1.0 - (1.0 - daily) ** 30)


def test_a_daily_rate_of_0_05_percent_is_16_69_percent_a_year(farm: Farm) -> None:
    monthly = monthly_pct(0.0005)
    rule = replace(
        farm.stage(6), monthly_mortality_pct=monthly, early_monthly_mortality_pct=monthly
    )
    assert 1.0 - mortality.expected_survival(rule, 365) == pytest.approx(0.1669, abs=0.0001)


@given(st.floats(0.0, 0.05))
def test_a_daily_rate_loses_the_monthly_percentage_in_30_days(daily: float) -> None:
    assert mortality.daily_rate(monthly_pct(daily)) == pytest.approx(daily, abs=1e-12)


def test_the_first_three_months_at_sea_are_the_worst(farm: Farm) -> None:
    first = 1.0 - mortality.expected_survival(farm.stage(6), 90)
    second = 1.0 - mortality.expected_survival(farm.stage(6), 180) / (1.0 - first)
    assert first > 1.5 * second


@given(st.data())
def test_deaths_are_whole_fish_near_the_expected_number(data: st.DataObject) -> None:
    days = data.draw(st.integers(1, 30))
    fish = np.array(data.draw(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=4)))
    hazard = np.array(
        [data.draw(st.lists(rates, min_size=days, max_size=days)) for _ in fish.tolist()]
    )
    rounding = np.array([data.draw(st.floats(0.0, 1.0, exclude_max=True)) for _ in fish.tolist()])
    dead = mortality.deaths(fish, hazard, rounding)
    assert (dead >= 0).all()
    assert (dead.sum(axis=1) <= fish).all()
    expected = fish * (1.0 - np.prod(1.0 - hazard, axis=1))
    assert np.abs(dead.sum(axis=1) - expected).max() <= 1.0 + 1e-6


def test_all_fish_can_die() -> None:
    dead = mortality.deaths(np.array([1000]), np.array([[0.5, 1.0, 0.1]]), np.array([0.9]))
    assert dead.sum() == 1000


def test_no_fish_die_without_a_hazard() -> None:
    dead = mortality.deaths(np.array([1000, 0]), np.zeros((2, 9)), np.array([0.99, 0.99]))
    assert dead.sum() == 0


def sea_months(batch: Any) -> NDArray[np.float64]:
    """Return the share of fish lost in each ring and 30 days of a completed sea stay."""
    stage = batch.life.stages[-1]
    first_harvest = int(stage.departs.min())
    edges = np.arange(0, first_harvest, 30)
    fish = stage.population[:, edges].astype(np.float64)
    return 1.0 - fish[:, 1:] / fish[:, :-1]


def test_losses_of_ring_months_are_skewed(simulated: Callable[..., Any]) -> None:
    lost = np.concatenate([sea_months(simulated(position, 1, 1000)).ravel() for position in (0, 1)])
    assert np.mean(lost) > 1.2 * np.median(lost)
    worst_tenth = np.sort(lost)[-len(lost) // 10 :]
    assert worst_tenth.sum() > 0.2 * lost.sum()


def test_daily_deaths_are_over_dispersed_and_autocorrelated(
    simulated: Callable[..., Any],
) -> None:
    stage = simulated(0, 1, 1000).life.stages[-1]
    counts = stage.deaths[:, 120 : int(stage.departs.min())].astype(np.float64)
    assert (counts.var(axis=1) > 3.0 * counts.mean(axis=1)).all()
    logs = np.log(counts + 1.0)
    next_day = [np.corrcoef(ring[:-1], ring[1:])[0, 1] for ring in logs]
    assert np.median(next_day) > 0.3


def test_losses_at_sea_are_between_5_and_30_percent(simulated: Callable[..., Any]) -> None:
    for position in (0, 1):
        for seed in (1, 2, 3):
            stage = simulated(position, seed, 1000).life.stages[-1]
            left = stage.population[np.arange(len(stage.departs)), stage.departs].sum()
            assert 0.05 <= 1.0 - left / stage.population[:, 0].sum() <= 0.30


def test_causes_at_sea_have_the_shares_of_aquacloud(simulated: Callable[..., Any]) -> None:
    dead: Counter[str] = Counter()
    for position in (0, 1):
        for seed in (1, 2, 3):
            batch = simulated(position, seed, 1000)
            events = batch.tables["batch_mortalityevent"]
            at_sea = np.isin(events.values("assignment_id"), batch.life.stages[-1].assignment_ids)
            causes = events["cause"]
            for code, cause in enumerate(causes.vocabulary):
                dead[cause] += int(events.values("count")[at_sea & (causes.values == code)].sum())
    share = {cause: count / dead.total() for cause, count in dead.items()}
    assert share["DISEASE"] == pytest.approx(0.38, abs=0.12)
    assert share["HANDLING"] + share["PREDATION"] == pytest.approx(0.33, abs=0.12)
    assert share["UNKNOWN"] == pytest.approx(0.20, abs=0.08)
