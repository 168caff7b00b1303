"""What kind of value a column of the schema holds, and rows made whole by the schema's defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa

from ..lifecycle.columns import Column, Columns, constant
from ..schema.types import CompactInstant, ExactDecimal, Instant


class Kind(Enum):
    """How the integers, floats or codes of a column are to be understood."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    DOUBLE = "double"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    INSTANT = "instant"
    COMPACT_INSTANT = "compact instant"
    TEXT = "text"
    JSON = "json"


_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (ExactDecimal, Kind.DECIMAL),
    (CompactInstant, Kind.COMPACT_INSTANT),
    (Instant, Kind.INSTANT),
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.Date, Kind.DATE),
    (sa.Time, Kind.TIME),
    (sa.JSON, Kind.JSON),
    (sa.Double, Kind.DOUBLE),
    (sa.Float, Kind.DOUBLE),
    (sa.String, Kind.TEXT),
)


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one column's values.

    Attributes:
        kind: what they are.
        scale: decimal places of a decimal.
    """

    kind: Kind
    scale: int = 0


def form_of(column: sa.Column[Any]) -> Form:
    """The form of a column's values.

    Raises:
        TypeError: for a type that the schema does not use.
    """
    for type_, kind in _KINDS:
        if isinstance(column.type, type_):
            return Form(kind, getattr(column.type, "scale", 0) if kind is Kind.DECIMAL else 0)
    raise TypeError(f"{column} is of a type that cannot be loaded: {column.type!r}")


def complete(table: sa.Table, columns: Columns) -> Columns:
    """The rows with every column of the table, in its order.

    A column that is not given takes the schema's default, or null. JSON is written one way, so
    that it is the same text when it comes back from a database that keeps no order of keys.

    Raises:
        ValueError: when a column is not in the table, or needs a value and has none.
    """
    unknown = columns.columns.keys() - table.columns.keys()
    if unknown:
        raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
    whole = {
        column.name: _uniform(columns[column.name], column)
        if column.name in columns
        else _default(column, len(columns))
        for column in table.columns
    }
    return Columns(whole, len(columns))


def _uniform(given: Column, column: sa.Column[Any]) -> Column:
    if not isinstance(column.type, sa.JSON) or given.vocabulary is None:
        return given
    written = tuple(json_text(json.loads(text)) if text else text for text in given.vocabulary)
    return Column(given.values, given.null, written)


def json_text(value: Any) -> str:
    """A JSON value as text: one text for equal values."""
    return json.dumps(value, sort_keys=True)


def _default(column: sa.Column[Any], length: int) -> Column:
    if not isinstance(column.default, sa.ColumnDefault):
        if not column.nullable:
            raise ValueError(f"{column} needs a value and has no default")
        missing = constant(None, length)
        is_text = form_of(column).kind in (Kind.TEXT, Kind.JSON)
        return Column(missing.values, missing.null, ("",) if is_text else None)
    value = column.default.arg
    if callable(value):
        return constant(json_text(value(None)), length)
    if isinstance(value, Decimal):
        return constant(int(value.scaleb(form_of(column).scale)), length)
    return constant(value, length)
