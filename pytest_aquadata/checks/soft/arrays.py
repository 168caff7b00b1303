"""Array arithmetic that the soft checks share: look-ups by key, sums by group, months of days."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Texts = np.ndarray[tuple[int], np.dtype[np.object_]]

_ABOVE_ANY_DAY = 1_000_000


def sort_key(group: Integers, day: Integers) -> Integers:
    """Return one integer for each group and day; sorted, it orders by group, then by day."""
    return np.asarray(group * _ABOVE_ANY_DAY + day, np.int64)


def index_of(keys: NDArray[Any], sorted_keys: NDArray[Any]) -> Integers:
    """Return the index of each key in a sorted array, or -1 if it is not in it."""
    if not len(sorted_keys):
        return np.full(len(keys), -1, np.int64)
    index = np.minimum(np.searchsorted(sorted_keys, keys), len(sorted_keys) - 1)
    return np.where(sorted_keys[index] == keys, index, -1).astype(np.int64)


def group_sums(groups: Integers, values: NDArray[Any], count: int) -> Floats:
    """Return the sum of the values of each group from 0 to `count` - 1."""
    return np.bincount(groups, values, count).astype(np.float64)


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    """Divide two arrays; NaN where the denominator is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = np.asarray(numerator, np.float64) / np.asarray(denominator, np.float64)
    return np.where(np.asarray(denominator) > 0, divided, np.nan)


def month_index(day: Integers) -> Integers:
    """Return the calendar month of each day number, 0 for January."""
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12, np.int64)
