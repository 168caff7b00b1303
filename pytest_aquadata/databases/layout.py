"""Tables that somebody else's migrations made: how they compare with ours, and how to fill them.

What is written must fit what is there, column by column. A column that AquaMind's later versions
added takes the value that Django would give it; one that they dropped is left out; any other
column that we do not know keeps the default of the database.
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
from ..schema.types import CompactInstant, Instant
from .column_types import Kind, complete, form_of
from .dialect import Dialect, dialect_of

LATER: Mapping[str, Mapping[str, Any]] = {
    "batch_batchtransferworkflow": {"is_dynamic_execution": False},
    "batch_transferaction": {"allow_mixed": False, "created_via": "PLANNED"},
    "infrastructure_container": {"hierarchy_role": "HOLDING"},
}
"""Columns that AquaMind added after version 6.1, must not be null and have no default in the
database: the default that Django gives them, by table."""

_MOST_TOLD = 8
_WIDTHS: tuple[tuple[type[Any], int], ...] = (
    (sa.BigInteger, 8),
    (sa.SmallInteger, 2),
    (sa.Integer, 4),
)
_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.Float, Kind.DOUBLE),
    (sa.Numeric, Kind.DECIMAL),
    (sa.DateTime, Kind.INSTANT),
    (sa.Date, Kind.DATE),
    (sa.Time, Kind.TIME),
    (sa.JSON, Kind.JSON),
    (sa.String, Kind.TEXT),
)
_ALSO = {
    (Kind.JSON, Kind.TEXT),
    (Kind.COMPACT_INSTANT, Kind.INSTANT),
    (Kind.COMPACT_INSTANT, Kind.INTEGER),
}
"""What a column may be held as besides its own kind."""


@dataclass(frozen=True)
class Layout:
    """The tables of a database as they can be written.

    Attributes:
        tables: ours, with the columns and types found there, by name.
    """

    tables: Mapping[str, sa.Table]

    def complete(self, name: str, columns: Columns) -> Columns:
        """Rows with every column that is to be written, in the order of the table found.

        Args:
            name: the table.
            columns: its rows, as for our own table.
        """
        table = self.tables[name]
        dropped = REPLACED_REFERENCES[name][:1] if name in REPLACED_REFERENCES else ()
        gone = set(dropped) - set(table.columns.keys())
        kept = {key: column for key, column in columns.columns.items() if key not in gone}
        return complete(table, Columns(kept, len(columns)))

    @property
    def has_runs(self) -> bool:
        """Whether projections belong to runs of their scenarios, as in later versions."""
        name, (_, later) = next(iter(REPLACED_REFERENCES.items()))
        return later in self.tables[name].columns


OWN = Layout(TABLES)
"""The tables as we make them."""


def present_tables(connection: sa.Connection) -> frozenset[str]:
    """Names of the tables of ours that a database has."""
    return frozenset(sa.inspect(connection).get_table_names()) & TABLES.keys()


def read_layout(connection: sa.Connection, name: str) -> Layout:
    """Compare the tables found with ours.

    Args:
        connection: to a database with the schema.
        name: what messages call the database.

    Raises:
        StoreError: when rows would not fit, naming what is missing and what differs.
    """
    inspector, dialect = sa.inspect(connection), dialect_of(connection)
    missing = sorted(TABLES.keys() - set(inspector.get_table_names()))
    problems = [f"there is no table {table}" for table in missing]
    found: dict[str, sa.Table] = {}
    metadata = sa.MetaData()
    for table in TABLES.values():
        if table.name in missing:
            continue
        columns = {one["name"]: one for one in inspector.get_columns(table.name)}
        problems += _differences(table, columns, dialect)
        found[table.name] = sa.Table(table.name, metadata, *_writable(table, columns))
    if problems:
        told = "; ".join(problems[:_MOST_TOLD])
        more = f"; and {len(problems) - _MOST_TOLD} more" if len(problems) > _MOST_TOLD else ""
        raise StoreError(
            f"{name} has tables that cannot be filled: {told}{more}; migrate it to AquaMind 6.1 "
            "or later, or give a database without these tables"
        )
    return Layout(found)


def table_as_found(connection: sa.Connection, name: str) -> sa.Table:
    """A table of ours with those of its columns that a database has, to read them."""
    found = {one["name"]: one["type"] for one in sa.inspect(connection).get_columns(name)}
    columns = [
        sa.Column(column.name, _held_as(column.type, found[column.name]))
        for column in TABLES[name].columns
        if column.name in found
    ]
    if name in REPLACED_REFERENCES and (later := REPLACED_REFERENCES[name][1]) in found:
        columns.append(sa.Column(later, found[later]))
    return sa.Table(name, sa.MetaData(), *columns)


def _differences(
    table: sa.Table, found: Mapping[str, Mapping[str, Any]], dialect: Dialect
) -> Iterator[str]:
    old, new = REPLACED_REFERENCES.get(table.name, ("", ""))
    dropped = {old} if new in found else set()
    for column in table.columns:
        if column.name in found:
            if what := _difference(column, found[column.name], dialect):
                yield f"{table.name}.{column.name} {what}"
        elif column.name not in dropped:
            yield f"{table.name}.{column.name} is missing"
    later = LATER.get(table.name, {})
    for name in sorted(found.keys() - set(table.columns.keys())):
        if name not in later and _needs_value(found[name]):
            yield f"{table.name}.{name} is not ours, needs a value and has no default"


def _needs_value(found: Mapping[str, Any]) -> bool:
    numbered = found.get("autoincrement") is True or found.get("identity") or found.get("computed")
    return not (found["nullable"] or found["default"] is not None or numbered)


def _difference(column: sa.Column[Any], found: Mapping[str, Any], dialect: Dialect) -> str | None:
    """What keeps the values of one of our columns from a column found, if anything does."""
    ours, theirs = form_of(column).kind, _kind(found["type"])
    if ours is not theirs and (ours, theirs) not in _ALSO:
        return f"is {_told(found['type'])}, not {_told(column.type)}"
    if not found["nullable"] and column.nullable:
        return "must not be null"
    if dialect.enforces_sizes and not _holds(column.type, found["type"], dialect):
        return f"is {_told(found['type'])}, too small for {_told(column.type)}"
    return None


def _kind(type_: sa.types.TypeEngine[Any]) -> Kind | None:
    if getattr(type_, "display_width", None) == 1:
        return Kind.BOOLEAN
    return next((kind for known, kind in _KINDS if isinstance(type_, known)), None)


def _holds(ours: Any, theirs: Any, dialect: Dialect) -> bool:
    """Whether a type has room for all values of another of its kind."""
    if isinstance(theirs, sa.DateTime):
        return dialect.keeps_instants(theirs, ours)
    if isinstance(theirs, sa.Numeric) and not isinstance(theirs, sa.Float):
        if theirs.precision is None:
            return True
        scale = theirs.scale or 0
        whole = theirs.precision - scale
        return bool(scale >= ours.scale and whole >= ours.precision - ours.scale)
    if isinstance(theirs, sa.String) and theirs.length is not None:
        return getattr(ours, "length", None) is not None and theirs.length >= ours.length
    if isinstance(theirs, sa.Integer) and isinstance(ours, sa.Integer):
        return _width(theirs) >= _width(ours)
    return True


def _width(type_: sa.types.TypeEngine[Any]) -> int:
    return next(width for known, width in _WIDTHS if isinstance(type_, known))


def _told(type_: sa.types.TypeEngine[Any]) -> str:
    """A type in words: the name it has in SQL, for whichever database."""
    if isinstance(type_, sa.types.TypeDecorator):
        places = f"({type_.precision}, {type_.scale})" if hasattr(type_, "scale") else ""
        return f"{'numeric' if places else 'timestamp with time zone'}{places}"
    with_zone = " with time zone" if getattr(type_, "timezone", False) else ""
    return str(type_).lower() + with_zone


def _writable(table: sa.Table, found: Mapping[str, Mapping[str, Any]]) -> Iterator[sa.Column[Any]]:
    """The columns to write: ours as they are there, and those that later versions need."""
    later = LATER.get(table.name, {})
    for name, there in found.items():
        if name in table.columns:
            ours = table.columns[name]
            default = ours.default.arg if isinstance(ours.default, sa.ColumnDefault) else None
            yield sa.Column(
                name,
                _held_as(ours.type, there["type"]),
                default=default,
                nullable=ours.nullable,
                primary_key=ours.primary_key,
                autoincrement=False,
            )
        elif name in later and _needs_value(there):
            yield sa.Column(name, there["type"], default=later[name], nullable=False)
        elif name in REPLACED_REFERENCES.get(table.name, ()):
            yield sa.Column(name, there["type"])


def _held_as(ours: Any, theirs: Any) -> Any:
    if isinstance(ours, CompactInstant) and isinstance(theirs, sa.DateTime):
        return Instant()
    if isinstance(ours, sa.Integer) and _kind(theirs) is Kind.INTEGER:
        return theirs
    return ours
