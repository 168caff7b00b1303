"""Columns as plain arrays: NaN, -1 or None instead of null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Columns

NO_KEY = -1
"""Value of a null key, day or instant."""


def rows_of(tables: Mapping[str, Columns], name: str) -> Columns | None:
    """Return the rows of a table; None if it is missing or empty."""
    columns = tables.get(name)
    return columns if columns is not None and len(columns) else None


def numbers(columns: Columns, name: str, scale: int = 0) -> NDArray[np.float64]:
    """Return the values of a column; NaN for null.

    Args:
        columns: the rows.
        name: the column.
        scale: decimal places of a decimal column.
    """
    column = columns[name]
    values = np.asarray(column.values, np.float64) / 10.0**scale
    return values if column.null is None else np.where(column.null, np.nan, values)


def keys(columns: Columns, name: str) -> NDArray[np.int64]:
    """Return the integers, keys, days or instants of a column; `NO_KEY` for null."""
    column = columns[name]
    values = np.asarray(column.values, np.int64)
    return values if column.null is None else np.where(column.null, NO_KEY, values)


def texts(columns: Columns, name: str) -> list[str | None]:
    """Return the texts of a column; None for null."""
    column = columns[name]
    vocabulary = column.vocabulary or ("",)
    values: list[str | None] = [vocabulary[code] for code in column.values.tolist()]
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            values[row] = None
    return values


def day_numbers(values: Sequence[Any]) -> NDArray[np.int64]:
    """Return day numbers from dates, from ISO texts, or from day numbers."""
    if len(values) and isinstance(values[0], int):
        return np.array(values, np.int64)
    return np.array(values, "datetime64[D]").astype(np.int64)


def is_text(columns: Columns, name: str, text: str) -> NDArray[np.bool_]:
    """Return the mask of rows whose text column has this text."""
    column = columns[name]
    is_match = np.array([entry == text for entry in column.vocabulary or ("",)], np.bool_)
    mask = is_match[column.values]
    return mask if column.null is None else mask & ~column.null
