"""Differences between the columns of the schema and those of a database that prevent writing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from ..schema.later_versions import REPLACED_REFERENCES
from .column_types import Kind, form_of, integer_bytes, kind_of
from .dialect import Dialect

LATER_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "batch_batchtransferworkflow": {"is_dynamic_execution": False},
    "batch_transferaction": {"allow_mixed": False, "created_via": "PLANNED"},
    "infrastructure_container": {"hierarchy_role": "HOLDING"},
}
"""Columns added to AquaMind after 6.1 that must not be null and have no default in the database:
Django's default of each by table."""

_COMPATIBLE = {
    (Kind.JSON, Kind.TEXT),
    (Kind.COMPACT_INSTANT, Kind.INSTANT),
    (Kind.COMPACT_INSTANT, Kind.INTEGER),
}
"""Kinds of a column in the schema and in a database that hold the same values."""


def table_differences(
    table: sa.Table, found: Mapping[str, Mapping[str, Any]], dialect: Dialect
) -> Iterator[str]:
    """Yield the differences that prevent writing the rows of a table, in words.

    Args:
        table: of the schema.
        found: the columns in the database by name, as SQLAlchemy's inspector describes them.
        dialect: of the database.
    """
    old, new = REPLACED_REFERENCES.get(table.name, ("", ""))
    dropped = {old} if new in found else set()
    for column in table.columns:
        if column.name in found:
            if difference := _column_difference(column, found[column.name], dialect):
                yield f"{table.name}.{column.name} {difference}"
        elif column.name not in dropped:
            yield f"{table.name}.{column.name} is missing"
    later = LATER_COLUMNS.get(table.name, {})
    for name in sorted(found.keys() - set(table.columns.keys())):
        if name not in later and needs_value(found[name]):
            yield f"{table.name}.{name} is unknown, needs a value and has no default"


def needs_value(found: Mapping[str, Any]) -> bool:
    """Return whether an INSERT must give a value for a column."""
    numbered = found.get("autoincrement") is True or found.get("identity") or found.get("computed")
    return not (found["nullable"] or found["default"] is not None or numbered)


def _column_difference(
    column: sa.Column[Any], found: Mapping[str, Any], dialect: Dialect
) -> str | None:
    found_type = found["type"]
    kind, found_kind = form_of(column).kind, kind_of(found_type)
    if kind is not found_kind and (kind, found_kind) not in _COMPATIBLE:
        return f"is {_type_name(found_type)}, not {_type_name(column.type)}"
    if not found["nullable"] and column.nullable:
        return "must not be null"
    if dialect.enforces_sizes and not _has_room(column.type, found_type, dialect):
        return f"is {_type_name(found_type)}, too small for {_type_name(column.type)}"
    return None


def _has_room(schema_type: Any, found_type: Any, dialect: Dialect) -> bool:
    """Return whether a type has room for all values of another type of its kind."""
    if isinstance(found_type, sa.DateTime):
        return dialect.keeps_instants(found_type, schema_type)
    if isinstance(found_type, sa.Numeric) and not isinstance(found_type, sa.Float):
        if found_type.precision is None:
            return True
        scale = found_type.scale or 0
        whole_digits = found_type.precision - scale
        needed_digits = schema_type.precision - schema_type.scale
        return bool(scale >= schema_type.scale and whole_digits >= needed_digits)
    if isinstance(found_type, sa.String) and found_type.length is not None:
        length = getattr(schema_type, "length", None)
        return length is not None and found_type.length >= length
    if isinstance(found_type, sa.Integer) and isinstance(schema_type, sa.Integer):
        return integer_bytes(found_type) >= integer_bytes(schema_type)
    return True


def _type_name(type_: sa.types.TypeEngine[Any]) -> str:
    """Return the name of a type in standard SQL."""
    if isinstance(type_, sa.types.TypeDecorator):
        places = f"({type_.precision}, {type_.scale})" if hasattr(type_, "scale") else ""
        return f"{'numeric' if places else 'timestamp with time zone'}{places}"
    with_zone = " with time zone" if getattr(type_, "timezone", False) else ""
    return str(type_).lower() + with_zone
