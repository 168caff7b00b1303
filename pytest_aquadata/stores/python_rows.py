"""Columns as rows of Python values, for inserts in somebody else's transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns
from ..lifecycle.days import to_date
from .kinds import Form, Kind, complete, form_of

_ROWS_AT_ONCE = 5_000


def insert_rows(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows into any database, in the transaction that the connection is in.

    Args:
        connection: to a database with the schema.
        table: the table.
        columns: its rows; columns not given take the schema's defaults.
    """
    statement = sa.insert(table)
    for rows in python_rows(table, complete(table, columns)):
        connection.execute(statement, rows)


def python_rows(table: sa.Table, columns: Columns) -> Iterator[list[dict[str, Any]]]:
    """Complete rows as dictionaries, some thousand at a time.

    Args:
        table: the table.
        columns: its rows, with every column.
    """
    names = [column.name for column in table.columns]
    forms = [form_of(column) for column in table.columns]
    for start in range(0, len(columns), _ROWS_AT_ONCE):
        part = columns.take(np.arange(start, min(start + _ROWS_AT_ONCE, len(columns))))
        values = [_python_values(part[name], form) for name, form in zip(names, forms, strict=True)]
        yield [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _python_values(column: Column, form: Form) -> list[Any]:
    made = _not_null(column, form)
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            made[row] = None
    return made


def _not_null(column: Column, form: Form) -> list[Any]:
    if column.vocabulary is not None:
        texts: list[Any] = [
            json.loads(text or "null") if form.kind is Kind.JSON else text
            for text in column.vocabulary
        ]
        return [texts[code] for code in column.values.tolist()]
    distinct, code = np.unique(column.values, return_inverse=True)
    made = _of_distinct(distinct, form)
    return [made[at] for at in code.ravel().tolist()]


def _of_distinct(values: NDArray[Any], form: Form) -> list[Any]:
    """Python values of distinct numbers: most columns hold few."""
    plain = values.tolist()
    match form.kind:
        case Kind.DECIMAL:
            return [Decimal(value).scaleb(-form.scale) for value in plain]
        case Kind.DATE:
            return [to_date(value) for value in plain]
        case Kind.INSTANT | Kind.COMPACT_INSTANT:
            return [_EPOCH + dt.timedelta(microseconds=value) for value in plain]
        case Kind.TIME:
            return [(_EPOCH + dt.timedelta(microseconds=value)).time() for value in plain]
        case _:
            return plain


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
