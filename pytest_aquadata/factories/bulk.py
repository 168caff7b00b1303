"""Columns written to a session's database, each by the fastest way that keeps its transaction."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient_to_detached

from ..lifecycle.columns import Columns
from ..stores.inserting import insert_columns, is_fast
from .catalogue import Model
from .values import python_values

_ROWS_AT_ONCE = 10_000


def write(session: Session | None, model: Model, columns: Columns) -> None:
    """Insert rows in a session's transaction, without making objects of them."""
    table = cast(sa.Table, model.__table__)
    if session is None:
        return
    connection = session.connection()
    if is_fast(connection):
        insert_columns(connection, table, columns)
        return
    insert = sa.insert(table)
    for rows in _chunks(table, columns):
        connection.execute(insert, rows)


def _chunks(table: sa.Table, columns: Columns) -> Iterator[list[dict[str, Any]]]:
    """Rows as dicts, some thousands at a time."""
    rows = _rows(table, columns)
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        yield chunk


def _rows(table: sa.Table, columns: Columns) -> Iterator[dict[str, Any]]:
    names = list(columns.columns)
    values = [python_values(columns[name], table.c[name]) for name in names]
    for row in zip(*values, strict=True):
        yield dict(zip(names, row, strict=True))


def objects(model: Model, columns: Columns) -> list[Any]:
    """Rows as objects of a model that no session knows yet."""
    table = cast(sa.Table, model.__table__)
    made = []
    for values in _rows(table, columns):
        row = model()
        row.__dict__.update(values)
        made.append(row)
    return made


def written(rows: list[Any]) -> None:
    """Mark objects as what is in the database: their rows have been written by columns."""
    for row in rows:
        make_transient_to_detached(row)
