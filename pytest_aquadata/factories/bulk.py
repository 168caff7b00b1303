"""Rows given as columns: inserted in a session's transaction, and made into objects."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session, make_transient_to_detached

from ..databases.bulk_insert import insert_columns
from ..databases.column_types import form_of
from ..databases.python_values import python_values
from ..lifecycle.columns import Columns
from .model_info import Model, table_of


def insert_rows(session: Session, model: Model, columns: Columns) -> None:
    """Insert rows in a session's transaction, without making objects of them."""
    insert_columns(session.connection(), table_of(model), columns)


def objects_from_columns(model: Model, columns: Columns) -> list[Any]:
    """Return rows as transient objects of a model."""
    table = table_of(model)
    names = list(columns.columns)
    values = [python_values(columns[name], form_of(table.c[name])) for name in names]
    rows = []
    for row_values in zip(*values, strict=True):
        row = model()
        row.__dict__.update(zip(names, row_values, strict=True))
        rows.append(row)
    return rows


def mark_persistent(rows: list[Any]) -> None:
    """Mark objects as loaded from the database, after their rows were inserted as columns."""
    for row in rows:
        make_transient_to_detached(row)
