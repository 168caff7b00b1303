"""Differences between the columns of the schema and those of a database that prevent writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from ..errors import StoreError
from ..schema import TABLES
from ..schema.later_versions import REPLACED_REFERENCES
from ..schema.types import ExactDecimal, Instant
from ..schema.value_limits import integer_bytes
from .column_types import Kind, form_of, kind_of

if TYPE_CHECKING:
    from .dialect import Dialect

LATER_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "batch_batchtransferworkflow": {"is_dynamic_execution": False},
    "batch_transferaction": {"allow_mixed": False, "created_via": "PLANNED"},
    "infrastructure_container": {"hierarchy_role": "HOLDING"},
}
"""Columns added to AquaMind after 6.1 that must not be null and have no default in the database:
Django's default of each by table."""

_SINGLE_PRECISION_BITS = 24
_checked: WeakSet[sa.Engine] = WeakSet()
"""Engines whose columns have room for all values of the schema."""
_COMPATIBLE = {(Kind.JSON, Kind.TEXT)}
"""Kinds of a column in the schema and in a database that hold the same values."""


def table_differences(
    table: sa.Table, inspected: Mapping[str, Mapping[str, Any]], dialect: Dialect
) -> Iterator[str]:
    """Yield the differences that prevent writing the rows of a table, in words.

    Args:
        table: of the schema.
        inspected: the columns in the database by name, as SQLAlchemy's inspector describes them.
        dialect: of the database.
    """
    old, new = REPLACED_REFERENCES.get(table.name, ("", ""))
    dropped = {old} if new in inspected else set()
    for column in table.columns:
        if column.name in inspected:
            if difference := _column_difference(column, inspected[column.name], dialect):
                yield f"{table.name}.{column.name} {difference}"
        elif column.name not in dropped:
            yield f"{table.name}.{column.name} is missing"
    later = LATER_COLUMNS.get(table.name, {})
    for name in sorted(inspected.keys() - set(table.columns.keys())):
        if name not in later and needs_value(inspected[name]):
            yield f"{table.name}.{name} is unknown, needs a value and has no default"


def refuse_narrow_columns(connection: sa.Connection, dialect: Dialect) -> None:
    """Check once for each engine that no column is too small for values of the schema.

    Args:
        connection: to a database with some tables of the schema.
        dialect: of the database.

    Raises:
        StoreError: if a column would round or cut values; the message names it.
    """
    if connection.engine in _checked:
        return
    found = sa.inspect(connection).get_multi_columns(filter_names=list(TABLES))
    for (_, name), columns in found.items():
        for described in columns:
            column = TABLES[name].columns.get(described["name"])
            if column is None or kind_of(described["type"]) is not form_of(column).kind:
                continue
            if not _has_room(column.type, described["type"], dialect):
                raise StoreError(
                    f"{name}.{column.name} is {_type_name(described['type'])}, too small for "
                    f"{_type_name(column.type)}, so values would be rounded or cut; change its "
                    "type"
                )
    if found:
        _checked.add(connection.engine)


def needs_value(inspected: Mapping[str, Any]) -> bool:
    """Return whether an INSERT must give a value for a column."""
    numbered = (
        inspected.get("autoincrement") is True
        or inspected.get("identity")
        or inspected.get("computed")
    )
    return not (inspected["nullable"] or inspected["default"] is not None or numbered)


def _column_difference(
    column: sa.Column[Any], inspected: Mapping[str, Any], dialect: Dialect
) -> str | None:
    database_type = inspected["type"]
    kind, database_kind = form_of(column).kind, kind_of(database_type)
    if kind is not database_kind and (kind, database_kind) not in _COMPATIBLE:
        return f"is {_type_name(database_type)}, not {_type_name(column.type)}"
    if not inspected["nullable"] and column.nullable:
        return "must not be null"
    if dialect.enforces_sizes and not _has_room(column.type, database_type, dialect):
        return f"is {_type_name(database_type)}, too small for {_type_name(column.type)}"
    return None


def _has_room(schema_type: Any, database_type: Any, dialect: Dialect) -> bool:
    """Return whether a type has room for all values of another type of its kind."""
    if isinstance(database_type, sa.DateTime | sa.Time):
        return dialect.keeps_instants(database_type, schema_type)
    if isinstance(database_type, sa.Float):
        return not _is_single_precision(database_type)
    if isinstance(database_type, sa.Numeric):
        if database_type.precision is None:
            return True
        scale = database_type.scale or 0
        whole_digits = database_type.precision - scale
        needed_digits = schema_type.precision - schema_type.scale
        return bool(scale >= schema_type.scale and whole_digits >= needed_digits)
    if isinstance(database_type, mysql.TINYTEXT):
        return False
    if isinstance(database_type, sa.String) and database_type.length is not None:
        length = getattr(schema_type, "length", None)
        return length is not None and database_type.length >= length
    if isinstance(database_type, sa.Integer) and isinstance(schema_type, sa.Integer):
        return integer_bytes(database_type) >= integer_bytes(schema_type)
    return True


def _is_single_precision(type_: sa.Float[Any]) -> bool:
    """Return whether a type keeps about seven digits, as REAL of PostgreSQL, FLOAT of MariaDB."""
    if isinstance(type_, sa.Double | mysql.DOUBLE | mysql.REAL):
        return False
    return type_.precision is None or type_.precision <= _SINGLE_PRECISION_BITS


def _type_name(type_: sa.types.TypeEngine[Any]) -> str:
    """Return the name of a type in standard SQL."""
    if isinstance(type_, ExactDecimal):
        return f"numeric({type_.precision}, {type_.scale})"
    if isinstance(type_, Instant):
        return "timestamp with time zone"
    with_zone = " with time zone" if getattr(type_, "timezone", False) else ""
    return str(type_).lower() + with_zone
