from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle import mortality
from pytest_aquadata.lifecycle.incidents.effects import Loss
from pytest_aquadata.lifecycle.incidents.losses import (
    count_losses,
    daily_losses,
    deaths_with_losses,
)

DAYS = 40


def loss(container: int, day: int, *, fish: int | None = None, share: float = 0.1) -> Loss:
    return Loss(container, day, fish, share, "OTHER", "lost")


losses = st.lists(
    st.builds(
        lambda container, day, fish, share: loss(container, day, fish=fish, share=share),
        st.integers(0, 2),
        st.integers(0, DAYS - 1),
        st.none() | st.integers(1, 10_000),
        st.floats(0.0, 0.95),
    ),
    max_size=8,
)


@given(losses, st.integers(0, 2**32 - 1), st.floats(0.0, 0.2))
def test_every_fish_is_counted_once(losses: list[Loss], seed: int, worst: float) -> None:
    rng = np.random.default_rng(seed)
    fish = rng.integers(0, 5_000, 3)
    hazard = rng.random((3, DAYS)) * worst
    lost = count_losses(losses, fish, hazard)
    taken = daily_losses(lost, hazard.shape)
    dead = deaths_with_losses(fish, hazard, rng.random(3), taken)
    remaining = fish[:, None] - np.cumsum(dead + taken, axis=1)
    assert dead.min(initial=0) >= 0
    assert remaining.min(initial=0) >= 0
    assert sum(counted.fish for counted in lost) == taken.sum()


def test_without_losses_deaths_equal_those_of_mortality() -> None:
    rng = np.random.default_rng(1)
    fish, hazard, rounding = rng.integers(0, 200_000, 5), rng.random((5, 90)) / 500, rng.random(5)
    none = np.zeros(hazard.shape, np.int64)
    assert (
        deaths_with_losses(fish, hazard, rounding, none) == mortality.deaths(fish, hazard, rounding)
    ).all()


def test_a_share_refers_to_the_fish_alive_on_the_day() -> None:
    hazard = np.full((1, 30), 0.02)
    (lost,) = count_losses([loss(0, 20, share=0.5)], np.array([100_000]), hazard)
    assert lost.fish == round(100_000 * 0.98**21 / 2)


def test_losses_are_limited_to_the_fish_alive() -> None:
    first, second = count_losses(
        [loss(0, 3, fish=10**6), loss(0, 5, fish=10)], np.array([500]), np.zeros((1, 10))
    )
    assert (first.fish, second.fish) == (500, 0)


def test_losses_are_counted_in_the_order_of_their_days() -> None:
    late, early = loss(0, 9, share=0.5), loss(0, 2, fish=400)
    lost = count_losses([late, early], np.array([1_000]), np.zeros((1, 10)))
    assert [(counted.loss, counted.fish) for counted in lost] == [(early, 400), (late, 300)]


def test_escaped_fish_are_not_counted_as_deaths() -> None:
    escaped = Loss(0, 1, 70, 0.0, "OTHER", "Escaped", is_death=False)
    lost = count_losses([escaped, loss(0, 1, fish=30)], np.array([1_000]), np.zeros((1, 3)))
    assert daily_losses(lost, (1, 3)).tolist() == [[0, 100, 0]]
    assert daily_losses(lost, (1, 3), deaths_only=True).tolist() == [[0, 30, 0]]
