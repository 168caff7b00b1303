"""Rows inserted into SQLite from columns."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns
from ..schema.types import NO_FRACTION
from .column_types import Form, Kind, form_of

_ROWS_PER_RUN = 64
"""A column is written as a literal if it changes at most once in this number of rows."""


def insert_rows(
    connection: sqlite3.Connection, table: sa.Table, columns: Columns, *, django_text: bool = False
) -> None:
    """Insert rows; columns that rarely change are literals in the statement.

    Binding a value costs as much as storing it. A sensor's readings bind only their time and
    value: the other columns are the same in long runs of rows.

    Args:
        connection: to the database.
        table: the table.
        columns: the columns to fill.
        django_text: True to write instants and times as Django does, for tables that it made.
    """
    if not len(columns):
        return
    forms = {column.name: form_of(column) for column in table.columns}
    steady, edges = _steady_columns(columns)
    varying = [name for name in columns.columns if name not in steady]
    values = [sqlite_values(columns[name], forms[name], django_text) for name in varying]
    names = ", ".join(f'"{name}"' for name in columns.columns)
    for start, end in pairwise(edges):
        row = np.array([start])
        terms = [
            _literal(sqlite_values(columns[name].take(row), forms[name], django_text)[0])
            if name in steady
            else "?"
            for name in columns.columns
        ]
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(terms)})'
        if varying:
            rows = zip(*(column_values[start:end] for column_values in values), strict=True)
            connection.executemany(statement, rows)
        else:
            connection.executemany(statement, [()] * (end - start))


def _steady_columns(columns: Columns) -> tuple[set[str], list[int]]:
    """Return the columns that rarely change, and the rows at which one of them changes."""
    count = len(columns)
    steady: set[str] = set()
    changes: list[NDArray[np.int64]] = []
    for name, column in columns.columns.items():
        if column.is_constant and (column.null is None or column.null.strides[0] == 0):
            steady.add(name)
        elif column.null is None:
            changed = np.flatnonzero(column.values[1:] != column.values[:-1]) + 1
            if len(changed) * _ROWS_PER_RUN <= count:
                steady.add(name)
                changes.append(changed)
    inner = np.unique(np.concatenate(changes)) if changes else np.zeros(0, np.int64)
    return steady, [0, *inner.tolist(), count]


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def sqlite_values(column: Column, form: Form, django_text: bool = False) -> list[Any]:
    """Return a column's values as SQLite stores them; see `insert_rows`."""
    values = _values(column, form, django_text)
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            values[row] = None
    return values


def _values(column: Column, form: Form, django_text: bool) -> list[Any]:
    values = column.values
    if column.vocabulary is not None:
        return np.array(column.vocabulary, dtype=object)[values].tolist()
    match form.kind:
        case Kind.DECIMAL:
            return (values / 10.0**form.scale).tolist()
        case Kind.BOOLEAN:
            return values.astype(np.int64).tolist()
        case Kind.DATE:
            return _from_distinct(values, _dates)
        case Kind.INSTANT:
            return _from_distinct(values, _django_instants if django_text else _instants)
        case Kind.TIME:
            return _from_distinct(values, _django_times if django_text else _times)
        case _:
            return values.tolist()


def _from_distinct(
    values: NDArray[np.int64], write: Callable[[NDArray[np.int64]], list[str]]
) -> list[str]:
    """Return values as text; each distinct value is written once."""
    distinct, code = np.unique(values, return_inverse=True)
    return np.array(write(distinct), dtype=object)[code].tolist()


def _dates(days: NDArray[np.int64]) -> list[str]:
    return np.datetime_as_string(days.astype("datetime64[D]")).tolist()


def _instants(microseconds: NDArray[np.int64]) -> list[str]:
    texts = np.datetime_as_string(microseconds.astype("datetime64[us]")).tolist()
    return [text.replace("T", " ") for text in texts]


def _times(microseconds: NDArray[np.int64]) -> list[str]:
    return [text[11:] for text in _instants(microseconds)]


def _django_instants(microseconds: NDArray[np.int64]) -> list[str]:
    return [text.removesuffix(NO_FRACTION) for text in _instants(microseconds)]


def _django_times(microseconds: NDArray[np.int64]) -> list[str]:
    return [text.removesuffix(NO_FRACTION) for text in _times(microseconds)]
