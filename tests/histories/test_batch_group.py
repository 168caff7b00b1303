"""Batches that are built together share sites, feed containers, numbers and keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import combinations

import numpy as np
import pytest

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.histories import BatchGroup, History, Lifecycle, build_together

Failures = Callable[[History | BatchGroup], list[str]]


def batch(start: str, geography: str = "Scotland", **options: int | str) -> Lifecycle:
    return Lifecycle.of(geography, start=start, **options).readings_per_day(0)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def group() -> BatchGroup:
    return build_together(
        batch("2023-03-01").until("adult", days=60),
        batch("2022-01-10"),
        batch("2023-03-01").until("parr"),
        batch("2023-02-01", "Faroe Islands").until("adult", days=200),
    )


def test_a_group_passes_all_hard_checks(group: BatchGroup, failures: Failures) -> None:
    assert failures(group) == []


def test_numbers_follow_start_dates_and_histories_the_order_of_the_request(
    group: BatchGroup,
) -> None:
    assert [history.number for history in group] == [
        "SCO-2023-002", "SCO-2022-001", "SCO-2023-003", "FAR-2023-001"
    ]  # fmt: skip


def test_no_container_has_two_batches_at_once(group: BatchGroup) -> None:
    for first, second in combinations(group, 2):
        for stay in first.plan.stays:
            for other in second.plan.stays:
                shared = stay.places.keys() & other.places.keys()
                apart = stay.leaves < other.arrives or other.leaves < stay.arrives
                assert apart or not shared


def test_primary_keys_are_distinct(group: BatchGroup) -> None:
    for name in group[0].columns:
        key = next(iter(group[0].columns[name].columns))
        keys = np.concatenate([history.columns[name].values(key) for history in group
                               if name in history.columns])  # fmt: skip
        assert len(np.unique(keys)) == len(keys)


def test_a_later_batch_in_the_same_rings_eats_the_remaining_feed(failures: Failures) -> None:
    rings = [f"S-SEA-01-Ring-{number:02d}" for number in range(1, 13)]
    first = batch("2020-03-01", eggs=1_500_000).with_containers(6, *rings)
    ends = first.build().plan.ends
    second = batch("2021-06-01", eggs=1_500_000).with_containers(6, *rings).until(6, days=60)
    both = build_together(first, second)
    assert both[1].plan.stays[-1].arrives > ends
    assert failures(both) == []
    shared = [key for key, eaters in both[0].shared.eaters.items() if len(eaters) == 2]
    assert shared


def test_a_batch_without_neighbours_at_sea_is_the_same_alone_and_in_a_group() -> None:
    alone = batch("2023-03-01").until("post-smolt").build()
    together = build_together(
        batch("2023-03-01").until("post-smolt"), batch("2023-05-01").until("fry")
    )
    assert (
        alone.columns["batch_mortalityevent"].values("count").tolist()
        == together[0].columns["batch_mortalityevent"].values("count").tolist()
    )


def test_a_group_without_a_free_sea_area_is_refused_with_the_first_free_date() -> None:
    rings = [f"S-SEA-01-Ring-{number:02d}" for number in range(1, 13)]
    pinned = batch("2023-03-01", eggs=1_500_000).with_containers(6, *rings)
    with pytest.raises(HistoryError, match=r"no sea area in Scotland is free on \d{4}") as raised:
        build_together(pinned, pinned)
    assert "the first is free on" in str(raised.value)


@pytest.mark.parametrize(
    ("lifecycles", "expected"),
    [
        ([], "there is no history to build"),
        ([batch("2023-01-01", seed=1), batch("2023-01-01", seed=2)], "need the same seed"),
        (
            [batch("2023-01-01", number="A-1"), batch("2024-01-01", number="A-1")],
            "batch number A-1 is given twice",
        ),
    ],
)
def test_requests_that_cannot_share_a_farm_are_refused(
    lifecycles: list[Lifecycle], expected: str
) -> None:
    with pytest.raises(HistoryError, match=expected):
        build_together(*lifecycles)


def test_a_requested_number_is_not_assigned_to_another_batch() -> None:
    group = build_together(
        batch("2023-01-01").until(1), batch("2023-02-01", number="SCO-2023-001").until(1)
    )
    assert [history.number for history in group] == ["SCO-2023-002", "SCO-2023-001"]
    assert group[0].as_of == date(2023, 1, 1)
