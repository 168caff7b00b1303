"""Growth samples: plausible fish whose mean is near the true weight."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pytest_aquadata.lifecycle.sampling import Sample, length_cm, sample_days, take_samples

CONDITION = {2: (0.9, 1.2), 3: (1.0, 1.35), 4: (0.95, 1.15), 5: (1.0, 1.3), 6: (1.1, 1.5)}
STAGES = list(CONDITION)


@pytest.fixture
def sampled(simulated: Callable[..., Any]) -> Callable[[int], tuple[Any, Sample]]:
    """Return a function that gives a stage of a completed batch and its samples."""

    def of(order: int) -> tuple[Any, Sample]:
        batch = simulated(0, 1, 1000)
        stage = batch.life.stages[order - 1]
        return stage, take_samples(batch.inputs.seed, batch.inputs.plan.number, stage)

    return of


def condition(taken: Sample) -> NDArray[np.float64]:
    return 100.0 * (taken.weight_g / 100.0) / (taken.length_cm / 100.0) ** 3


@pytest.mark.parametrize("order", STAGES)
def test_condition_is_that_of_the_stage(sampled: Any, order: int) -> None:
    _, taken = sampled(order)
    low, high = CONDITION[order]
    assert low <= condition(taken).mean() <= high


@pytest.mark.parametrize("order", [3, 4, 5, 6])
def test_condition_varies_by_6_to_9_percent(sampled: Any, order: int) -> None:
    _, taken = sampled(order)
    factors = condition(taken)
    assert 0.06 <= factors.std() / factors.mean() <= 0.09


@pytest.mark.parametrize("order", STAGES)
def test_weight_and_length_are_correlated(sampled: Any, order: int) -> None:
    _, taken = sampled(order)
    together = [
        np.corrcoef(weight, length)[0, 1]
        for weight, length in zip(taken.weight_g, taken.length_cm, strict=True)
    ]
    assert np.mean(together) > 0.85


@pytest.mark.parametrize("order", STAGES)
def test_weights_vary_by_15_to_30_percent(sampled: Any, order: int) -> None:
    _, taken = sampled(order)
    spread = taken.weight_g.std(axis=1, ddof=1) / taken.weight_g.mean(axis=1)
    assert 0.15 <= np.mean(spread) <= 0.30


@pytest.mark.parametrize("order", STAGES)
def test_sample_means_are_near_the_true_weight(sampled: Any, order: int) -> None:
    stage, taken = sampled(order)
    book = stage.weight_g[taken.container, taken.day]
    off = taken.weight_g.mean(axis=1) / 100.0 / book - 1.0
    assert abs(np.mean(off)) < 0.02
    assert 0.5 * 0.20 / 30**0.5 < np.std(off) < 2.0 * 0.20 / 30**0.5


@pytest.mark.parametrize(("weight_g", "order", "length"), [(0.17, 2, 2.5), (45, 3, 15.8)])
def test_lengths_follow_from_weight_and_condition(
    weight_g: float, order: int, length: float
) -> None:
    assert float(length_cm(np.array([weight_g]), order)[0]) == pytest.approx(length, abs=0.05)


@pytest.mark.parametrize("order", STAGES)
def test_every_container_is_sampled_about_monthly(sampled: Any, order: int) -> None:
    stage, taken = sampled(order)
    for container in range(len(stage.containers)):
        days = np.sort(taken.day[taken.container == container])
        assert len(days) >= stage.departs[container] // stage.rule.sample_every_days
        assert (np.diff(days) == stage.rule.sample_every_days).all()


def test_eggs_are_not_sampled(simulated: Callable[..., Any]) -> None:
    assert not sample_days(simulated(0, 1, 1000).life.stages[0]).any()


def test_samples_are_taken_before_departure(sampled: Any) -> None:
    stage, taken = sampled(6)
    assert (taken.day < stage.departs[taken.container]).all()
