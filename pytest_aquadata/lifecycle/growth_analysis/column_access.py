"""Columns as plain arrays: numbers with NaN, keys with -1 and texts with None for a null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Columns

NO_KEY = -1
"""A foreign key or day that is null."""


def rows_of(tables: Mapping[str, Columns], name: str) -> Columns | None:
    """The rows of a table; None if it is missing or empty."""
    columns = tables.get(name)
    return columns if columns is not None and len(columns) else None


def numbers(columns: Columns, name: str, scale: int = 0) -> NDArray[np.float64]:
    """Values of a column; NaN for null.

    Args:
        columns: the rows.
        name: the column.
        scale: decimal places of a decimal.
    """
    column = columns[name]
    values = np.asarray(column.values, np.float64) / 10.0**scale
    return values if column.null is None else np.where(column.null, np.nan, values)


def keys(columns: Columns, name: str) -> NDArray[np.int64]:
    """Integers, keys, days or instants of a column; `NO_KEY` for null."""
    column = columns[name]
    values = np.asarray(column.values, np.int64)
    return values if column.null is None else np.where(column.null, NO_KEY, values)


def texts(columns: Columns, name: str) -> list[str | None]:
    """Texts of a column; None for null."""
    column = columns[name]
    vocabulary = column.vocabulary or ("",)
    found: list[str | None] = [vocabulary[code] for code in column.values.tolist()]
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            found[row] = None
    return found


def day_numbers(values: Sequence[Any]) -> NDArray[np.int64]:
    """Day numbers from dates, their ISO texts, or day numbers, whichever they all are."""
    if len(values) and isinstance(values[0], int):
        return np.array(values, np.int64)
    return np.array(values, "datetime64[D]").astype(np.int64)


def is_text(columns: Columns, name: str, wanted: str) -> NDArray[np.bool_]:
    """Where a text column holds one text."""
    column = columns[name]
    matches = np.array([text == wanted for text in column.vocabulary or ("",)], np.bool_)
    held = matches[column.values]
    return held if column.null is None else held & ~column.null
