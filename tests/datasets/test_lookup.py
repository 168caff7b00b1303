"""Look-up of batches: the first that meets all conditions, or an error that says why none does."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.datasets.lookup import BatchInfo, BatchQuery, find_batch
from pytest_aquadata.errors import NothingFound, StoreError
from pytest_aquadata.schema import Batch

FAROES, SCOTLAND = "Faroe Islands", "Scotland"
BATCHES = (
    BatchInfo(1, "FAR-2023-001", FAROES, 6, "COMPLETED", date(2023, 1, 1), None),
    BatchInfo(2, "SCO-2024-001", SCOTLAND, 6, "ACTIVE", date(2024, 1, 1), 200),
    BatchInfo(3, "FAR-2024-001", FAROES, 6, "ACTIVE", date(2024, 1, 8), 60),
    BatchInfo(4, "SCO-2025-001", SCOTLAND, 2, "ACTIVE", date(2025, 6, 1), 700),
)


def find(**conditions: Any) -> int:
    return find_batch(BATCHES, BatchQuery(**conditions), "small").id


@pytest.mark.parametrize(
    ("conditions", "key"),
    [
        ({}, 1),
        ({"number": "SCO-2025-001"}, 4),
        ({"geography": SCOTLAND}, 2),
        ({"stage": 2}, 4),
        ({"status": "ACTIVE"}, 2),
        ({"near_harvest": True}, 3),
        ({"near_harvest": False}, 1),
        ({"near_harvest": False, "status": "ACTIVE"}, 2),
        ({"min_days_to_harvest": 201}, 4),
        ({"max_days_to_harvest": 199}, 3),
        ({"min_days_to_harvest": 200, "max_days_to_harvest": 200}, 2),
        ({"stage": 6, "near_harvest": True, "geography": FAROES}, 3),
    ],
)
def test_the_first_batch_that_meets_all_conditions_is_found(
    conditions: dict[str, Any], key: int
) -> None:
    assert find(**conditions) == key


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (
            {"stage": 5},
            "small has no batch with stage=5: of its 4 batches, stage is 2, 6 (3)",
        ),
        (
            {"geography": SCOTLAND, "stage": 6, "near_harvest": True},
            "small has no batch with geography='Scotland', stage=6, near_harvest=True (at most "
            "60 days): of its 1 with geography='Scotland', stage=6, days_to_harvest is 200",
        ),
        (
            {"status": "COMPLETED", "max_days_to_harvest": 30},
            "small has no batch with status='COMPLETED', max_days_to_harvest=30: of its 1 with "
            "status='COMPLETED', days_to_harvest is none (completed)",
        ),
    ],
)
def test_the_error_lists_the_values_that_exist(conditions: dict[str, Any], message: str) -> None:
    with pytest.raises(NothingFound, match=f"^{re.escape(message)}$"):
        find(**conditions)


def test_a_long_list_of_values_is_shortened() -> None:
    many = [
        BatchInfo(key, f"B-{key:02d}", FAROES, 1, "ACTIVE", date(2025, 1, 1), 800)
        for key in range(30)
    ]
    with pytest.raises(NothingFound, match=r"B-07 and 22 more$"):
        find_batch(many, BatchQuery(number="B-99"), "small")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "geography": st.sampled_from([FAROES, SCOTLAND]),
            "stage": st.integers(1, 6),
            "status": st.sampled_from(["ACTIVE", "COMPLETED"]),
            "near_harvest": st.booleans(),
            "min_days_to_harvest": st.integers(0, 800),
            "max_days_to_harvest": st.integers(0, 800),
        },
    )
)
def test_a_batch_that_is_found_meets_the_conditions(conditions: dict[str, Any]) -> None:
    matching = [batch for batch in BATCHES if meets(batch, **conditions)]
    if matching:
        assert find_batch(BATCHES, BatchQuery(**conditions), "small") == matching[0]
        return
    with pytest.raises(LookupError, match=r"^small has no batch with .*\Z") as caught:
        find_batch(BATCHES, BatchQuery(**conditions), "small")
    assert isinstance(caught.value, StoreError)


def meets(batch: BatchInfo, **conditions: Any) -> bool:
    days = batch.days_to_harvest
    near = days is not None and days <= 60
    low, high = conditions.get("min_days_to_harvest"), conditions.get("max_days_to_harvest")
    return (
        all(
            getattr(batch, name) == conditions.get(name, getattr(batch, name))
            for name in ("geography", "stage", "status")
        )
        and near == conditions.get("near_harvest", near)
        and (low is None or (days is not None and days >= low))
        and (high is None or (days is not None and days <= high))
    )


def test_a_dataset_finds_its_own_batches(small: Dataset) -> None:
    batch = small.batch(geography=FAROES, stage=6, status="ACTIVE")
    assert small.batch(batch.number) == batch
    with small.session() as session:
        row = session.get_one(Batch, batch.id)
        assert (row.batch_number, row.start_date) == (batch.number, batch.start)
    with pytest.raises(NothingFound, match="max_days_to_harvest=1: of its 3 with stage=6, days"):
        small.batch(stage=6, max_days_to_harvest=1)


def test_a_dataset_takes_every_condition(small: Dataset) -> None:
    impossible: dict[str, Any] = {
        "number": "NONE", "geography": "None", "stage": 7, "status": "NONE",
        "min_days_to_harvest": 9_999, "max_days_to_harvest": 0,
    }  # fmt: skip
    assert {*impossible, "near_harvest"} == {field.name for field in fields(BatchQuery)}
    for name, value in impossible.items():
        with pytest.raises(NothingFound, match=f"no batch with {name}="):
            small.batch(**{name: value})
    assert small.batch(near_harvest=False) == small.batches[0]
