"""Moving a batch's primary keys above those a database has, and the foreign keys with them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sqlalchemy as sa

from ..lifecycle.columns import BatchTables, Column, Columns
from ..schema import TABLES

_GENERIC_TARGETS = {
    "batchtransferworkflow": "batch_batchtransferworkflow",
    "harvestevent": "harvest_harvestevent",
}
"""Tables that transactions refer to by content type and key, by model."""
_TRANSACTIONS = "finance_intercompanytransaction"
_UNDECLARED = {("finance_factharvest", "dim_batch_id"): "batch_batch"}
"""Columns that hold keys of another table without saying so."""


def moved(
    tables: BatchTables, by: Mapping[str, int], content_types: Mapping[str, int]
) -> BatchTables:
    """Rows with their keys moved.

    Args:
        tables: the rows of a batch.
        by: how far the primary keys of each of its tables move.
        content_types: primary keys of content types, by model.
    """
    if not any(by[name] for name in tables):
        return tables
    by_batch = {name: by[name] for name in tables}
    placed = {name: _moved(TABLES[name], rows, by_batch) for name, rows in tables.items()}
    if _TRANSACTIONS in placed:
        rows = placed[_TRANSACTIONS]
        placed[_TRANSACTIONS] = rows.with_columns(
            object_id=_moved_objects(rows, by_batch, content_types)
        )
    return placed


def _moved(table: sa.Table, rows: Columns, by: Mapping[str, int]) -> Columns:
    changed = {}
    for name, column in rows.columns.items():
        distance = by.get(_owner(table, name), 0)
        if distance:
            changed[name] = Column(column.values + distance, column.null)
    return rows.with_columns(**changed)


def _owner(table: sa.Table, name: str) -> str:
    """The table whose primary key a column holds; empty if it holds none."""
    column = table.columns[name]
    if column is table.columns[0]:
        return table.name
    for key in column.foreign_keys:
        return key.column.table.name
    return _UNDECLARED.get((table.name, name), "")


def _moved_objects(
    rows: Columns, by: Mapping[str, int], content_types: Mapping[str, int]
) -> Column:
    kind, objects = rows.values("content_type_id"), rows.values("object_id")
    distance = np.zeros(len(rows), np.int64)
    for model, target in _GENERIC_TARGETS.items():
        distance[kind == content_types[model]] = by.get(target, 0)
    return Column(objects + distance)
