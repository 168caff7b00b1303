"""Rows whose unique texts differ only in case, which some databases take for equal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Columns
from ..schema import TABLES
from .dialect import dialect_of
from .python_values import stored_values


def distinct_without_case(connection: sa.Connection, name: str, rows: Columns) -> NDArray[np.bool_]:
    """Return for each row whether the database takes it for another one than those before it.

    Args:
        connection: to the database.
        name: table.
        rows: rows to insert.
    """
    is_first = np.ones(len(rows), np.bool_)
    for constraint in _unique_texts(TABLES[name]):
        columns = (stored_values(rows[column], str.casefold) for column in constraint)
        seen: set[tuple[Any, ...]] = set()
        for row, value in enumerate(zip(*columns, strict=True)):
            is_first[row] &= value not in seen
            seen.add(value)
    if is_first.all() or not dialect_of(connection).ignores_case(connection, name):
        return np.ones(len(rows), np.bool_)
    return is_first


def _unique_texts(table: sa.Table) -> Iterator[list[str]]:
    """Yield the columns of each unique constraint with a text."""
    for constraint in table.constraints:
        if isinstance(constraint, sa.UniqueConstraint) and any(
            isinstance(column.type, sa.String) for column in constraint.columns
        ):
            yield list(constraint.columns.keys())
