"""Values of columns as Python objects, for assertions."""

from __future__ import annotations

from typing import Any

from pytest_aquadata.lifecycle.columns import Column, Columns


def values(column: Column) -> list[Any]:
    """The values of a column as Python objects, None where they are null."""
    given = column.values.tolist()
    if column.vocabulary is not None:
        given = [column.vocabulary[code] for code in given]
    if column.null is None:
        return list(given)
    return [None if null else value for value, null in zip(given, column.null, strict=True)]


def rows(table: Columns, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(values(table[name]) for name in names), strict=True))
