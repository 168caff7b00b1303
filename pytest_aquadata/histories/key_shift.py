"""Shift of a batch's primary keys, and of the foreign keys that refer to them."""

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
_UNDECLARED_KEYS = {("finance_factharvest", "dim_batch_id"): "batch_batch"}
"""Columns with keys of another table that the schema does not declare as foreign keys."""


def shift_keys(
    tables: BatchTables, offsets: Mapping[str, int], content_types: Mapping[str, int]
) -> BatchTables:
    """Return rows with shifted primary and foreign keys.

    Args:
        tables: rows of a batch.
        offsets: numbers to add to the primary keys, by table.
        content_types: primary keys of content types, by model.
    """
    if not any(offsets[name] for name in tables):
        return tables
    own_offsets = {name: offsets[name] for name in tables}
    shifted = {name: _shift_table(TABLES[name], rows, own_offsets) for name, rows in tables.items()}
    if _TRANSACTIONS in shifted:
        rows = shifted[_TRANSACTIONS]
        shifted[_TRANSACTIONS] = rows.with_columns(
            object_id=_shift_objects(rows, own_offsets, content_types)
        )
    return shifted


def _shift_table(table: sa.Table, rows: Columns, offsets: Mapping[str, int]) -> Columns:
    changed = {}
    for name, column in rows.columns.items():
        offset = offsets.get(_key_table(table, name), 0)
        if offset:
            changed[name] = Column(column.values + offset, column.null)
    return rows.with_columns(**changed)


def _key_table(table: sa.Table, name: str) -> str:
    """Return the table whose primary keys are in a column; empty for other columns."""
    column = table.columns[name]
    if column is table.columns[0]:
        return table.name
    for key in column.foreign_keys:
        return key.column.table.name
    return _UNDECLARED_KEYS.get((table.name, name), "")


def _shift_objects(
    rows: Columns, offsets: Mapping[str, int], content_types: Mapping[str, int]
) -> Column:
    """Return the generic foreign keys of transactions, shifted."""
    content_type, objects = rows.values("content_type_id"), rows.values("object_id")
    offset = np.zeros(len(rows), np.int64)
    for model, target in _GENERIC_TARGETS.items():
        offset[content_type == content_types[model]] = offsets.get(target, 0)
    return Column(objects + offset)
