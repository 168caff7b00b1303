"""Transfers: every fish arrives or is counted dead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.transfer import Move, move_fish, split

shares = st.lists(st.floats(0.2, 5.0), min_size=1, max_size=20)


@dataclass(frozen=True)
class Transfer:
    """Arguments of a transfer and the resulting moves."""

    fish: list[int]
    weight_g: list[float]
    dead: list[int]
    shares: list[float]

    @property
    def move(self) -> Move:
        return move_fish(
            np.array(self.fish), np.array(self.weight_g), np.array(self.dead), np.array(self.shares)
        )


@st.composite
def transfers(draw: st.DrawFn) -> Transfer:
    fish = draw(st.lists(st.integers(1, 2_000_000), min_size=1, max_size=12))
    dead = [draw(st.integers(0, count - 1)) for count in fish]
    weight_g = [draw(st.floats(0.1, 5000.0)) for _ in fish]
    return Transfer(fish, weight_g, dead, draw(shares))


@given(transfers())
def test_every_fish_moves_or_dies(transfer: Transfer) -> None:
    move = transfer.move
    departed = np.bincount(move.source, move.moved + move.dead, len(transfer.fish))
    killed = np.bincount(move.source, move.dead, len(transfer.fish))
    assert departed.tolist() == transfer.fish
    assert killed.tolist() == transfer.dead


@given(transfers())
def test_surviving_fish_arrive(transfer: Transfer) -> None:
    arrived = transfer.move.arrived(len(transfer.shares))
    assert arrived.sum() == sum(transfer.fish) - sum(transfer.dead)


@given(transfers())
def test_each_action_starts_with_the_fish_left_by_the_one_before(transfer: Transfer) -> None:
    move = transfer.move
    in_source = dict(enumerate(transfer.fish))
    for action in range(len(move)):
        source = int(move.source[action])
        assert move.before[action] == in_source[source]
        in_source[source] -= int(move.moved[action] + move.dead[action])
    assert set(in_source.values()) == {0}


@given(transfers())
def test_every_action_moves_fish(transfer: Transfer) -> None:
    assert (transfer.move.moved > 0).all()
    assert (transfer.move.dead >= 0).all()


@given(transfers())
def test_actions_are_fewer_than_sources_and_destinations(transfer: Transfer) -> None:
    assert len(transfer.move) <= len(transfer.fish) + len(transfer.shares) - 1


@given(transfers())
def test_destinations_get_their_shares(transfer: Transfer) -> None:
    arrived = transfer.move.arrived(len(transfer.shares))
    expected = np.array(transfer.shares) / sum(transfer.shares) * arrived.sum()
    assert np.abs(arrived - expected).max() <= 1.0


@given(transfers())
def test_biomass_arrives_with_the_fish(transfer: Transfer) -> None:
    move, tanks = transfer.move, len(transfer.shares)
    arrived_g = (move.arrived(tanks) * move.arrival_weight_g(tanks)).sum()
    assert arrived_g == pytest.approx((move.moved * move.weight_g).sum(), rel=1e-9)


def test_an_empty_source_has_no_actions() -> None:
    move = Transfer([0, 500, 0, 300], [1.0, 2.0, 3.0, 4.0], [0, 1, 0, 2], [1.0, 1.0]).move
    assert set(move.source.tolist()) == {1, 3}
    assert move.arrived(2).sum() == 797


def test_more_tanks_than_fish_leave_some_empty() -> None:
    move = Transfer([3], [1.0], [0], [1.0] * 8).move
    assert move.arrived(8).sum() == 3
    assert move.arrived(8).max() == 1


@given(st.integers(0, 10**9), shares)
@example(0, [1.0])
@example(1, [1.0, 1.0, 1.0])
def test_the_parts_of_a_split_sum_to_the_total(total: int, parts: list[float]) -> None:
    counts = split(total, np.array(parts))
    assert counts.sum() == total
    assert (counts >= 0).all()
