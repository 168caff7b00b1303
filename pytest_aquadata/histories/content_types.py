"""Django's content types, which a database of Django has under keys of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sqlalchemy as sa

from ..databases.dialect import dialect_of
from ..lifecycle.columns import BatchTables, Column, Columns
from ..schema import TABLES, ContentType

_TABLE = ContentType.__tablename__


def content_type_keys(connection: sa.Connection, types: Columns) -> Mapping[int, int]:
    """Return the primary key that each content type has in a database, or will have.

    Args:
        connection: connection to the database.
        types: the content types of a farm.
    """
    query = sa.select(ContentType.app_label, ContentType.model, ContentType.id)
    existing = {(label, model): key for label, model, key in connection.execute(query)}
    following = dialect_of(connection).highest_key(connection, TABLES[_TABLE]) + 1
    keys = {}
    for key, label, model in zip(
        types.values("id").tolist(), _texts(types, "app_label"), _texts(types, "model"), strict=True
    ):
        if not existing:
            keys[key] = key
        elif (label, model) in existing:
            keys[key] = existing[label, model]
        else:
            keys[key], following = following, following + 1
    return keys


def missing_content_types(
    connection: sa.Connection, types: Columns, keys: Mapping[int, int]
) -> Columns:
    """Return the content types that a database lacks, under the keys that they will have."""
    existing = set(connection.execute(sa.select(ContentType.id)).scalars())
    renumbered = types.with_columns(id=_mapped(types["id"], keys))
    return renumbered.take(~np.isin(renumbered.values("id"), list(existing)))


def with_content_types(tables: BatchTables, keys: Mapping[int, int]) -> BatchTables:
    """Return rows that refer to content types under the keys of a database."""
    return {name: _with_keys(TABLES[name], rows, keys) for name, rows in tables.items()}


def _with_keys(table: sa.Table, rows: Columns, keys: Mapping[int, int]) -> Columns:
    changed = {
        name: _mapped(column, keys)
        for name, column in rows.columns.items()
        if any(key.column.table.name == _TABLE for key in table.columns[name].foreign_keys)
    }
    return rows.with_columns(**changed) if changed else rows


def _mapped(column: Column, keys: Mapping[int, int]) -> Column:
    values = [keys.get(key, key) for key in column.values.tolist()]
    return Column(np.array(values, np.int64), column.null)


def _texts(types: Columns, name: str) -> list[str]:
    column = types[name]
    vocabulary = column.vocabulary or ()
    return [vocabulary[code] for code in column.values.tolist()]
