"""Rows inserted in somebody else's transaction, into any database: columns as Python values.

Much slower than a store of one's own, and enough for a batch or a few. Values are made once for
each distinct number of a column, of which most columns have few.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from importlib import import_module
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns
from ..lifecycle.days import to_date
from ..schema.types import EPOCH
from .kinds import Form, Kind, complete, form_of

_ROWS_AT_ONCE = 5_000
_ROWS_A_STATEMENT = 1_000
_Bind = Callable[[Any], Any]


def insert_rows(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows, in the transaction that the connection is in.

    Args:
        connection: to a database with the schema.
        table: the table.
        columns: its rows; columns not given take the schema's defaults.
    """
    names = [column.name for column in table.columns]
    compiled = sa.insert(table).compile(dialect=connection.dialect, column_keys=names)
    for part in _parts(table, complete(table, columns), connection.dialect):
        rows = list(zip(*part.values(), strict=True))
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


def _parts(table: sa.Table, rows: Columns, dialect: sa.Dialect) -> Iterator[dict[str, list[Any]]]:
    """Complete rows as lists of values by column, some thousand at a time.

    Args:
        table: the table.
        rows: its rows.
        dialect: that whose driver the values are for.
    """
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows.take(np.arange(start, min(start + _ROWS_AT_ONCE, len(rows))))
        yield {
            column.name: _values(part[column.name], form_of(column), _binder(column, dialect))
            for column in table.columns
        }


def _binder(column: sa.Column[Any], dialect: sa.Dialect) -> _Bind | None:
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _values(column: Column, form: Form, bind: _Bind | None) -> list[Any]:
    distinct, code = _distinct(column, form)
    if bind is not None:
        distinct = [bind(value) for value in distinct]
    made = [distinct[at] for at in code]
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            made[row] = None
    return made


def _distinct(column: Column, form: Form) -> tuple[list[Any], list[int]]:
    """The distinct values of a column, and which of them each row holds."""
    if column.vocabulary is not None:
        texts: list[Any] = list(column.vocabulary)
        if form.kind is Kind.JSON:
            texts = [json.loads(text or "null") for text in texts]
        return texts, column.values.tolist()
    distinct, code = np.unique(column.values, return_inverse=True)
    return _python_values(distinct, form), code.ravel().tolist()


def _python_values(values: NDArray[Any], form: Form) -> list[Any]:
    plain = values.tolist()
    match form.kind:
        case Kind.DECIMAL:
            return [Decimal(value).scaleb(-form.scale) for value in plain]
        case Kind.DATE:
            return [to_date(value) for value in plain]
        case Kind.INSTANT | Kind.COMPACT_INSTANT:
            return [EPOCH + dt.timedelta(microseconds=value) for value in plain]
        case Kind.TIME:
            return [(EPOCH + dt.timedelta(microseconds=value)).time() for value in plain]
        case _:
            return plain
