"""Columns written to a session's database, each by the fastest way that keeps its transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import sqlalchemy as sa

from ..lifecycle.columns import Columns
from ..stores.sqlite_rows import insert_rows
from .catalogue import Model
from .company import Company
from .values import python_values

_ROWS_AT_ONCE = 10_000


def write(at: Company, model: Model, columns: Columns) -> None:
    """Insert rows in the session's transaction, without making objects of them."""
    table = cast(sa.Table, model.__table__)
    if at.session is None:
        return
    connection = at.session.connection()
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        insert_rows(driver, table, columns)
        return
    insert = sa.insert(table)
    for rows in _chunks(table, columns):
        connection.execute(insert, rows)


def _chunks(table: sa.Table, columns: Columns) -> Iterator[list[dict[str, Any]]]:
    """Rows as dicts, some thousands at a time."""
    names = list(columns.columns)
    values = [python_values(columns[name], table.c[name]) for name in names]
    rows = zip(*values, strict=True)
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        yield [dict(zip(names, row, strict=True)) for row in chunk]
