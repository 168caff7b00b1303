"""Digests are equal for equal rows, however they are stored, and only for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.lifecycle.columns import (
    Column,
    booleans,
    coded,
    constant,
    floats,
    integers,
    table,
    texts,
)

integer_lists = st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=20)
maybe_texts = st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=12)


def digest(**columns: Column) -> str:
    return table_digest(table(len(next(iter(columns.values()))), **columns))


@pytest.mark.parametrize("value", [0, 7, -3, 1.5, True, "it's", "", None])
@pytest.mark.parametrize("rows", [0, 1, 2, 100])
def test_a_constant_column_has_the_digest_of_equal_values(value: object, rows: int) -> None:
    dense = {
        bool: lambda: booleans([value] * rows),
        float: lambda: floats([value] * rows),
        str: lambda: texts([str(value)] * rows),
        int: lambda: integers([value] * rows),
        type(None): lambda: Column(np.arange(rows), np.ones(rows, np.bool_)),
    }[type(value)]()
    assert digest(x=constant(value, rows)) == digest(x=dense)  # type: ignore[arg-type]


@given(maybe_texts, st.randoms(use_true_random=False))
def test_the_order_of_a_vocabulary_does_not_matter(
    values: list[str | None], random: object
) -> None:
    given_words = texts(values)
    vocabulary = [*(given_words.vocabulary or ()), "never used"]
    random.shuffle(vocabulary)  # type: ignore[attr-defined]
    codes = [vocabulary.index((given_words.vocabulary or ())[code]) for code in given_words.values]
    assert digest(x=coded(codes, vocabulary, given_words.null)) == digest(x=given_words)


@given(integer_lists, st.data())
def test_the_number_under_a_null_does_not_matter(values: list[int], data: st.DataObject) -> None:
    null = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    other = np.where(null, 99, np.array(values))
    assert digest(x=integers(values, null)) == digest(x=integers(other, null))


def test_an_empty_null_mask_does_not_matter() -> None:
    assert digest(x=integers([1, 2], np.zeros(2, np.bool_))) == digest(x=integers([1, 2]))


@given(integer_lists, st.data())
def test_one_changed_value_changes_the_digest(values: list[int], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(values) - 1))
    changed = list(values)
    changed[row] += data.draw(st.sampled_from([-1, 1, 2**32]))
    assert digest(x=integers(values)) != digest(x=integers(changed))


@given(maybe_texts, st.data())
def test_one_changed_text_changes_the_digest(values: list[str | None], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(values) - 1))
    changed = list(values)
    changed[row] = "" if values[row] is None else f"{values[row]}."
    assert digest(x=texts(values)) != digest(x=texts(changed))


@given(integer_lists, st.data())
def test_a_null_is_not_a_zero(values: list[int], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(values) - 1))
    values[row] = 0
    null = np.arange(len(values)) == row
    assert digest(x=integers(values)) != digest(x=integers(values, null))


def test_another_order_of_rows_changes_the_digest() -> None:
    assert digest(x=integers([1, 2, 3])) != digest(x=integers([3, 2, 1]))


def test_another_number_of_equal_rows_changes_the_digest() -> None:
    assert digest(x=constant(5, 3)) != digest(x=constant(5, 4))


def test_values_in_another_column_change_the_digest() -> None:
    first, second = integers([1, 2]), integers([3, 4])
    assert digest(a=first, b=second) != digest(a=second, b=first)
    assert digest(a=first) != digest(b=first)


def test_the_order_of_columns_does_not_matter() -> None:
    first, second = integers([1, 2]), texts(["x", None])
    assert digest(a=first, b=second) == digest(b=second, a=first)
