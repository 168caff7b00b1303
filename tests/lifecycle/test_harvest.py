"""Harvest: days, counts, weights and grades of rings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.harvest import GRADES, missing_fish, take_harvest
from pytest_aquadata.lifecycle.life import harvest_days

HARVESTED = [(position, seed) for position in (0, 1) for seed in (1, 2)]


@pytest.fixture(params=HARVESTED, ids=str, scope="module")
def batch(request: pytest.FixtureRequest, simulated: Callable[..., Any]) -> Any:
    position, seed = request.param
    return simulated(position, seed, 1000)


@given(
    st.lists(st.floats(1000.0, 8000.0), min_size=1, max_size=20),
    st.integers(1, 600),
    st.integers(0, 60),
)
def test_rings_are_harvested_by_weight_until_the_last_day(
    weights: list[float], first: int, window: int
) -> None:
    days = harvest_days(np.array(weights), first, first + window)
    by_weight = days[np.argsort(-np.array(weights), kind="stable")]
    assert (np.diff(by_weight) >= 0).all()
    assert days.max() == first + window
    assert days.min() == (first if len(weights) > 1 else first + window)


def test_up_to_four_percent_of_fish_are_missing_at_harvest(batch: Any) -> None:
    stage = batch.life.stages[-1]
    book = stage.population[np.arange(len(stage.departs)), stage.departs]
    missing = missing_fish(batch.inputs.seed, batch.inputs.plan.number, stage)
    assert (missing >= 0).all()
    assert (missing <= 0.04 * book).all()
    assert missing.any()


def test_harvested_fish_equal_the_count(batch: Any) -> None:
    stage = batch.life.stages[-1]
    harvest = take_harvest(batch.inputs.seed, batch.inputs.plan.number, stage)
    book = stage.population[np.arange(len(stage.departs)), stage.departs]
    counted = book - missing_fish(batch.inputs.seed, batch.inputs.plan.number, stage)
    assert harvest.fish.sum(axis=1).tolist() == counted[harvest.ring].tolist()


def test_the_weighed_biomass_is_near_the_book(batch: Any) -> None:
    stage = batch.life.stages[-1]
    harvest = take_harvest(batch.inputs.seed, batch.inputs.plan.number, stage)
    book_g = stage.weight_g[harvest.ring, harvest.day] * harvest.fish.sum(axis=1)
    off = harvest.live_weight_g.sum(axis=1) / book_g - 1.0
    assert np.abs(off).max() < 0.06
    assert np.abs(off).max() > 0.0


def test_most_fish_are_superior(batch: Any) -> None:
    harvest = take_harvest(batch.inputs.seed, batch.inputs.plan.number, batch.life.stages[-1])
    share = harvest.fish.sum(axis=0) / harvest.fish.sum()
    assert 0.80 <= share[0] <= 0.96
    assert (np.diff(share) <= 0.02).all()


def test_lower_grades_are_lighter(batch: Any) -> None:
    harvest = take_harvest(batch.inputs.seed, batch.inputs.plan.number, batch.life.stages[-1])
    with np.errstate(invalid="ignore"):
        mean_g = harvest.live_weight_g / harvest.fish
    assert (np.diff(np.nanmean(mean_g / mean_g[:, :1], axis=0)) < 0).all()


def test_grading_is_worse_in_late_winter() -> None:
    superior = GRADES[0]
    assert superior.winter_share < superior.share
    assert sum(grade.share for grade in GRADES) == pytest.approx(1.0)
    assert sum(grade.winter_share for grade in GRADES) == pytest.approx(1.0)


def test_gutted_and_fillet_yields_are_in_the_range_of_salmon(batch: Any) -> None:
    lots = batch.tables["harvest_harvestlot"]
    live = lots.values("live_weight_kg").sum()
    assert 0.82 <= lots.values("gutted_weight_kg").sum() / live <= 0.86
    assert 0.52 <= lots.values("fillet_weight_kg").sum() / live <= 0.62


def test_every_ring_has_one_harvest_named_after_it(batch: Any) -> None:
    events = batch.tables["harvest_harvestevent"]
    names = [container.name for container in batch.life.stages[-1].containers]
    expected = {f"HRV-{batch.inputs.plan.number}-{name}" for name in names}
    references = events["document_ref"]
    assert {references.vocabulary[code] for code in references.values.tolist()} == expected
    assert len(events) == len(names)


def test_nothing_is_harvested_before_its_day(simulated: Callable[..., Any]) -> None:
    whole = simulated(0, 1, 1000)
    stage = whole.life.stages[-1]
    age = stage.first_day + int(np.sort(stage.departs)[1]) - whole.life.stages[0].first_day
    begun = simulated(0, 1, age)
    assert len(begun.tables["harvest_harvestevent"]) == np.sum(
        stage.departs <= np.sort(stage.departs)[1]
    )
    before = simulated(
        0, 1, stage.first_day + int(stage.departs.min()) - 1 - whole.life.stages[0].first_day
    )
    assert "harvest_harvestevent" not in before.tables
