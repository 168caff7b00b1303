"""Existing tables of a database: which of their columns are written and read, and as what types.

A column that a later version of AquaMind added is written with Django's default, one that it
dropped is left out, and unknown columns keep the default of the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns
from ..schema import TABLES
from ..schema.later_versions import REPLACED_REFERENCES
from .column_types import Kind, complete, kind_of
from .dialect import dialect_of
from .schema_differences import LATER_COLUMNS, needs_value, table_differences

_MOST_SHOWN = 8


@dataclass(frozen=True)
class Layout:
    """The tables of the schema as they are in a database.

    Attributes:
        tables: with the columns that are written and the types that these have, by name.
    """

    tables: Mapping[str, sa.Table]

    def complete(self, name: str, columns: Columns) -> Columns:
        """Return rows with every column that is written, in the table's order.

        Args:
            name: of the table.
            columns: its rows in the schema.
        """
        table = self.tables[name]
        dropped = REPLACED_REFERENCES[name][:1] if name in REPLACED_REFERENCES else ()
        missing = set(dropped) - set(table.columns.keys())
        kept = {key: column for key, column in columns.columns.items() if key not in missing}
        return complete(table, Columns(kept, len(columns)))

    @property
    def has_runs(self) -> bool:
        """True if projections belong to runs of their scenarios, as in later versions."""
        name, (_, later) = next(iter(REPLACED_REFERENCES.items()))
        return later in self.tables[name].columns


def present_tables(connection: sa.Connection) -> frozenset[str]:
    """Return the names of the schema's tables that a database has."""
    return frozenset(sa.inspect(connection).get_table_names()) & TABLES.keys()


def read_layout(connection: sa.Connection, name: str) -> Layout:
    """Return the layout of a database; check that all rows of the schema fit into it.

    Args:
        connection: to the database.
        name: of the database, for the message.

    Raises:
        StoreError: if rows would not fit; the message names what is missing or differs.
    """
    inspector, dialect = sa.inspect(connection), dialect_of(connection)
    missing = sorted(TABLES.keys() - set(inspector.get_table_names()))
    problems = [f"there is no table {table}" for table in missing]
    tables: dict[str, sa.Table] = {}
    metadata = sa.MetaData()
    for table in TABLES.values():
        if table.name in missing:
            continue
        columns = {column["name"]: column for column in inspector.get_columns(table.name)}
        problems += table_differences(table, columns, dialect)
        tables[table.name] = sa.Table(table.name, metadata, *_written_columns(table, columns))
    if problems:
        shown = "; ".join(problems[:_MOST_SHOWN])
        more = f"; and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
        raise StoreError(
            f"{name} has tables that cannot be filled: {shown}{more}; migrate it to AquaMind 6.1 "
            "or later, or give a database without these tables"
        )
    return Layout(tables)


def readable_table(connection: sa.Connection, name: str) -> sa.Table:
    """Return a table with those columns of the schema that a database has, for reading."""
    types = {column["name"]: column["type"] for column in sa.inspect(connection).get_columns(name)}
    columns = [
        sa.Column(column.name, _type_for_rows(column.type, types[column.name]))
        for column in TABLES[name].columns
        if column.name in types
    ]
    if name in REPLACED_REFERENCES and (later := REPLACED_REFERENCES[name][1]) in types:
        columns.append(sa.Column(later, types[later]))
    return sa.Table(name, sa.MetaData(), *columns)


def _written_columns(
    table: sa.Table, inspected: Mapping[str, Mapping[str, Any]]
) -> Iterator[sa.Column[Any]]:
    """Yield the columns of the schema, and those of later versions that need a value."""
    later_defaults = LATER_COLUMNS.get(table.name, {})
    for name, description in inspected.items():
        if name in table.columns:
            column = table.columns[name]
            default = column.default.arg if isinstance(column.default, sa.ColumnDefault) else None
            yield sa.Column(
                name,
                _type_for_rows(column.type, description["type"]),
                default=default,
                nullable=column.nullable,
                primary_key=column.primary_key,
                autoincrement=False,
            )
        elif name in later_defaults and needs_value(description):
            yield sa.Column(name, description["type"], default=later_defaults[name], nullable=False)
        elif name in REPLACED_REFERENCES.get(table.name, ()):
            yield sa.Column(name, description["type"])


def _type_for_rows(schema_type: Any, found_type: Any) -> Any:
    """Return the type by which values are written to and read from a column of a database."""
    if isinstance(schema_type, sa.Integer) and kind_of(found_type) is Kind.INTEGER:
        return found_type
    return schema_type
