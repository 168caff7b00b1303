"""Histories that share a farm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import combinations

import numpy as np
import pytest

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.histories import BatchGroup, History, Lifecycle, build_together

Failures = Callable[[History | BatchGroup], list[str]]


def batch(start: str, geography: str = "Scotland", **given: int | str) -> Lifecycle:
    return Lifecycle.of(geography, start=start, **given).readings_per_day(0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def company() -> BatchGroup:
    return build_together(
        batch("2023-03-01").until("adult", days=60),
        batch("2022-01-10"),
        batch("2023-03-01").until("parr"),
        batch("2023-02-01", "Faroe Islands").until("adult", days=200),
    )


def test_everything_adds_up(company: BatchGroup, failures: Failures) -> None:
    assert failures(company) == []


def test_numbers_follow_the_starts_and_the_order_is_as_asked(company: BatchGroup) -> None:
    assert [one.number for one in company] == [
        "SCO-2023-002", "SCO-2022-001", "SCO-2023-003", "FAR-2023-001"
    ]  # fmt: skip


def test_no_container_is_booked_twice(company: BatchGroup) -> None:
    for one, other in combinations(company, 2):
        for mine in one.plan.stays:
            for theirs in other.plan.stays:
                shared = mine.places.keys() & theirs.places.keys()
                apart = mine.leaves < theirs.arrives or theirs.leaves < mine.arrives
                assert apart or not shared


def test_keys_are_distinct(company: BatchGroup) -> None:
    for name in company[0].columns:
        key = next(iter(company[0].columns[name].columns))
        keys = np.concatenate([one.columns[name].values(key) for one in company if name in
                               one.columns])  # fmt: skip
        assert len(np.unique(keys)) == len(keys)


def test_batches_in_turn_in_the_same_places_eat_the_feed_left(failures: Failures) -> None:
    rings = [f"S-SEA-01-Ring-{number:02d}" for number in range(1, 13)]
    first = batch("2020-03-01", eggs=1_500_000).with_containers(6, *rings)
    ends = first.build().plan.ends
    second = batch("2021-06-01", eggs=1_500_000).with_containers(6, *rings).until(6, days=60)
    both = build_together(first, second)
    assert both[1].plan.stays[-1].arrives > ends
    assert failures(both) == []
    shared = [key for key, eaters in both[0].shared.eaters.items() if len(eaters) == 2]
    assert shared


def test_a_batch_alone_is_the_same_in_company_but_for_its_neighbours_lice() -> None:
    alone = batch("2023-03-01").until("post-smolt").build()
    together = build_together(
        batch("2023-03-01").until("post-smolt"), batch("2023-05-01").until("fry")
    )
    assert (
        alone.columns["batch_mortalityevent"].values("count").tolist()
        == together[0].columns["batch_mortalityevent"].values("count").tolist()
    )


def test_no_room_left_is_said() -> None:
    rings = [f"S-SEA-01-Ring-{number:02d}" for number in range(1, 13)]
    pinned = batch("2023-03-01", eggs=1_500_000).with_containers(6, *rings)
    with pytest.raises(HistoryError, match=r"no sea area in Scotland is free on \d{4}") as raised:
        build_together(pinned, pinned)
    assert "the first is free on" in str(raised.value)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ([], "no history was asked for"),
        ([batch("2023-01-01", seed=1), batch("2023-01-01", seed=2)], "need the same seed"),
        (
            [batch("2023-01-01", number="A-1"), batch("2024-01-01", number="A-1")],
            "batch number A-1 is given twice",
        ),
    ],
)
def test_what_cannot_share_a_farm(wanted: list[Lifecycle], told: str) -> None:
    with pytest.raises(HistoryError, match=told):
        build_together(*wanted)


def test_a_given_number_is_not_given_again() -> None:
    company = build_together(
        batch("2023-01-01").until(1), batch("2023-02-01", number="SCO-2023-001").until(1)
    )
    assert [one.number for one in company] == ["SCO-2023-002", "SCO-2023-001"]
    assert company[0].as_of == date(2023, 1, 1)
