"""Values of columns as Python objects, for assertions."""

from __future__ import annotations

from typing import Any

from pytest_aquadata.lifecycle.columns import Column, Columns


def values(column: Column) -> list[Any]:
    """Return the values of a column as Python objects, None for nulls."""
    objects: list[Any] = column.values.tolist()
    if column.vocabulary is not None:
        objects = [column.vocabulary[code] for code in objects]
    if column.null is None:
        return objects
    return [None if is_null else value for value, is_null in zip(objects, column.null, strict=True)]


def rows(table: Columns, *names: str) -> list[tuple[Any, ...]]:
    """Return the values of some columns, row by row."""
    return list(zip(*(values(table[name]) for name in names), strict=True))
