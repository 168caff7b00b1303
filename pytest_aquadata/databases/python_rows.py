"""Rows inserted through any driver, as Python values: slow, and enough for a batch or a few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..lifecycle.columns import Columns
from .column_types import form_of
from .python_values import python_values

_ROWS_AT_ONCE = 5_000
_ROWS_A_STATEMENT = 1_000


def insert_rows(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows, in the transaction that the connection is in.

    Args:
        connection: to a database with the table.
        table: the table.
        columns: the columns to be filled; all others take the defaults of the database.
    """
    names = list(columns.columns)
    # no defaults and no keys to be returned, which SQLAlchemy's own table would add
    plain = sa.table(table.name, *(sa.column(name, table.c[name].type) for name in names))
    compiled = plain.insert().compile(dialect=connection.dialect, column_keys=names)
    for rows in _portions(table, columns, connection.dialect):
        if connection.dialect.driver == "psycopg2":
            _insert_by_psycopg2(connection, table, names, rows)
        elif compiled.positional:
            connection.exec_driver_sql(str(compiled), rows)
        else:
            named = [dict(zip(names, row, strict=True)) for row in rows]
            connection.exec_driver_sql(str(compiled), named)


def _insert_by_psycopg2(
    connection: sa.Connection, table: sa.Table, names: list[str], rows: list[tuple[Any, ...]]
) -> None:
    """Many rows a statement: psycopg2's own `executemany` sends each by itself."""
    execute_values = import_module("psycopg2.extras").execute_values
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    with closing(connection.connection.cursor()) as cursor:
        execute_values(
            cursor,
            f"INSERT INTO {quote(table.name)} ({columns}) VALUES %s",
            rows,
            page_size=_ROWS_A_STATEMENT,
        )


def _portions(
    table: sa.Table, columns: Columns, dialect: sa.Dialect
) -> Iterator[list[tuple[Any, ...]]]:
    """Rows of the values that a dialect's driver takes, some thousand at a time."""
    forms = {name: form_of(table.c[name]) for name in columns.columns}
    binds = {
        name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        for name in columns.columns
    }
    for start in range(0, len(columns), _ROWS_AT_ONCE):
        part = columns.take(np.arange(start, min(start + _ROWS_AT_ONCE, len(columns))))
        values = [python_values(part[name], forms[name], binds[name]) for name in forms]
        yield list(zip(*values, strict=True))
