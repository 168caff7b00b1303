"""Columns: the form of simulated rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.columns import (
    Column,
    Columns,
    booleans,
    coded,
    concatenate,
    constant,
    decimals,
    integers,
    scaled,
    table,
    texts,
)

maybe_texts = st.lists(st.none() | st.text(max_size=5), max_size=30)
one_value = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text()


def values_of(column: Column) -> list[object]:
    """Return the values of a column as Python objects."""
    nulls = np.zeros(len(column), np.bool_) if column.null is None else column.null
    values = column.values.tolist()
    if column.vocabulary is not None:
        values = [column.vocabulary[code] for code in values]
    return [None if null else value for value, null in zip(values, nulls.tolist(), strict=True)]


@given(maybe_texts)
def test_texts_are_read_back_unchanged(original: list[str | None]) -> None:
    column = texts(original)
    assert values_of(column) == original
    assert len(set(column.vocabulary or ())) == len(column.vocabulary or ())


@given(one_value, st.integers(1, 50))
def test_a_constant_is_the_same_in_every_row(value: object, length: int) -> None:
    assert values_of(constant(value, length)) == [value] * length


def test_a_constant_takes_no_memory() -> None:
    column = constant(7, 10**12)
    assert column.is_constant
    assert len(column) == 10**12
    assert not integers([7, 7, 7]).is_constant


def test_a_constant_none_is_null_in_every_row() -> None:
    assert values_of(constant(None, 3)) == [None, None, None]


@pytest.mark.parametrize(
    ("value", "scale", "stored"),
    [(1.005, 2, 100), (0.125, 2, 12), (0.375, 2, 38), (-0.125, 2, -12), (2.5, 0, 2), (3.5, 0, 4)],
)
def test_decimals_are_rounded_half_to_even(value: float, scale: int, stored: int) -> None:
    assert scaled(value, scale) == stored
    assert decimals([value], scale).values.tolist() == [stored]


@given(st.lists(st.integers(-(10**12), 10**12), max_size=20), st.integers(0, 6))
def test_decimals_within_the_scale_are_exact(units: list[int], scale: int) -> None:
    assert decimals([unit / 10**scale for unit in units], scale).values.tolist() == units


@given(st.lists(maybe_texts.filter(bool), min_size=1, max_size=4))
def test_parts_are_joined_in_order(parts: list[list[str | None]]) -> None:
    joined = concatenate(
        [
            table(len(part), name=texts(part), number=integers(range(len(part))), part=position)
            for position, part in enumerate(parts)
        ]
    )
    assert values_of(joined["name"]) == [text for part in parts for text in part]
    assert values_of(joined["number"]) == [number for part in parts for number in range(len(part))]
    assert values_of(joined["part"]) == [
        position for position, part in enumerate(parts) for _ in part
    ]


def test_parts_with_and_without_nulls_are_joined() -> None:
    joined = concatenate(
        [
            table(2, day=integers([1, 2])),
            table(2, day=integers([3, 0], np.array([False, True]))),
            table(1, day=None),
        ]
    )
    assert values_of(joined["day"]) == [1, 2, 3, None, None]


@given(st.lists(st.integers(0, 9), max_size=20))
def test_rows_can_be_taken_by_number_or_by_mask(numbers: list[int]) -> None:
    rows = table(
        10,
        id=integers(range(10)),
        word=coded(np.arange(10) % 2, ["odd", "even"]),
        flag=booleans(np.arange(10) > 4),
        day=integers(range(10), np.arange(10) == 3),
        kept=5,
    )
    by_number = rows.take(np.array(numbers, dtype=np.int64))
    assert len(by_number) == len(numbers)
    assert values_of(by_number["id"]) == numbers
    assert values_of(by_number["day"]) == [None if number == 3 else number for number in numbers]
    assert values_of(by_number["kept"]) == [5] * len(numbers)
    mask = np.isin(np.arange(10), numbers)
    by_mask = rows.take(mask)
    assert len(by_mask) == mask.sum()
    assert values_of(by_mask["word"]) == [
        ["odd", "even"][number % 2] for number in sorted(set(numbers))
    ]


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="column day has 2 rows, the table has 3"):
        table(3, id=integers([1, 2, 3]), day=integers([1, 2]))


def test_columns_can_be_added_and_replaced() -> None:
    rows = table(2, id=integers([1, 2]), note="")
    changed = rows.with_columns(note=texts(["a", None]), day=integers([5, 6]))
    assert isinstance(changed, Columns)
    assert values_of(changed["note"]) == ["a", None]
    assert values_of(changed["day"]) == [5, 6]
    assert values_of(rows["note"]) == ["", ""]
    assert "day" not in rows
