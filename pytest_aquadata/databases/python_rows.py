"""Rows inserted over any driver as Python values: slow, and fast enough for a few batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..lifecycle.columns import Columns
from .column_types import form_of
from .python_values import python_values

_ROWS_PER_PORTION = 5_000

Execute = Callable[[sa.Connection, sa.Table, Sequence[str], list[tuple[Any, ...]]], None]
"""Inserts rows of values of the columns named."""


def insert_rows(
    connection: sa.Connection, table: sa.Table, columns: Columns, execute: Execute | None = None
) -> None:
    """Insert rows in the open transaction.

    Args:
        connection: to a database with the table.
        table: the table.
        columns: the columns to fill; all others take the defaults of the database.
        execute: inserts some thousand rows; the driver's `executemany` if None.
    """
    names = list(columns.columns)
    insert = execute or _execute_many
    for rows in _portions(table, columns, connection.dialect):
        insert(connection, table, names, rows)


def _execute_many(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    # not SQLAlchemy's own table, which would add defaults and ask for the keys
    plain = sa.table(table.name, *(sa.column(name, table.c[name].type) for name in names))
    compiled = plain.insert().compile(dialect=connection.dialect, column_keys=names)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), rows)
    else:
        named = [dict(zip(names, row, strict=True)) for row in rows]
        connection.exec_driver_sql(str(compiled), named)


def _portions(
    table: sa.Table, columns: Columns, dialect: sa.Dialect
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield rows of the values that the driver takes, some thousand at a time."""
    for start in range(0, len(columns), _ROWS_PER_PORTION):
        part = columns.take(np.arange(start, min(start + _ROWS_PER_PORTION, len(columns))))
        yield list(zip(*driver_values(part, table, dialect).values(), strict=True))


def driver_values(
    columns: Columns, table: sa.Table, dialect: sa.Dialect
) -> Mapping[str, list[Any]]:
    """Return rows as the values that a driver takes, by column.

    Args:
        columns: the rows.
        table: with the types of the columns.
        dialect: of the engine.
    """
    values = {}
    for name, column in columns.columns.items():
        bind = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        values[name] = python_values(column, form_of(table.c[name]), bind)
    return values
