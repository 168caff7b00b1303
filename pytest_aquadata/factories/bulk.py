"""Columns written to a session's database in its transaction, and as objects of a model."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, make_transient_to_detached

from ..databases.bulk_insert import insert_columns
from ..databases.column_types import form_of
from ..databases.python_values import python_values
from ..lifecycle.columns import Columns
from .catalogue import Model


def write(session: Session | None, model: Model, columns: Columns) -> None:
    """Insert rows in a session's transaction, without making objects of them."""
    if session is not None:
        insert_columns(session.connection(), cast(sa.Table, model.__table__), columns)


def objects(model: Model, columns: Columns) -> list[Any]:
    """Rows as objects of a model that no session knows yet."""
    table = cast(sa.Table, model.__table__)
    names = list(columns.columns)
    values = [python_values(columns[name], form_of(table.c[name])) for name in names]
    made = []
    for of_row in zip(*values, strict=True):
        row = model()
        row.__dict__.update(zip(names, of_row, strict=True))
        made.append(row)
    return made


def written(rows: list[Any]) -> None:
    """Mark objects as what is in the database: their rows have been written by columns."""
    for row in rows:
        make_transient_to_detached(row)
