"""Kinds of columns, and rows completed with the schema's defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import sqlalchemy as sa

from ..lifecycle.columns import Column, Columns, constant
from ..schema.types import Clock, ExactDecimal, Instant


class Kind(Enum):
    """Meaning of the integers, floats or codes of a column."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    DOUBLE = "double"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    INSTANT = "instant"
    TEXT = "text"
    JSON = "json"


_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (ExactDecimal, Kind.DECIMAL),
    (Instant, Kind.INSTANT),
    (Clock, Kind.TIME),
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.Double, Kind.DOUBLE),
    (sa.Float, Kind.DOUBLE),
    (sa.Numeric, Kind.DECIMAL),
    (sa.DateTime, Kind.INSTANT),
    (sa.Date, Kind.DATE),
    (sa.Time, Kind.TIME),
    (sa.JSON, Kind.JSON),
    (sa.String, Kind.TEXT),
)
"""Kind of each type of the schema and of databases; the first that matches counts."""


@dataclass(frozen=True, slots=True)
class Form:
    """Form of a column's values.

    Attributes:
        kind: their meaning.
        scale: decimal places of a decimal, else 0.
    """

    kind: Kind
    scale: int = 0


def kind_of(type_: sa.types.TypeEngine[Any]) -> Kind | None:
    """Return the kind of a type of the schema or of a database; None for any other type."""
    # MariaDB has no booleans and reports them as TINYINT(1)
    if getattr(type_, "display_width", None) == 1:
        return Kind.BOOLEAN
    return next((kind for kind_type, kind in _KINDS if isinstance(type_, kind_type)), None)


def form_of(column: sa.Column[Any]) -> Form:
    """Return the form of a column's values.

    Raises:
        TypeError: for a type that the schema does not use.
    """
    kind = kind_of(column.type)
    if kind is None:
        raise TypeError(f"{column} is of a type that cannot be loaded: {column.type!r}")
    return Form(kind, getattr(column.type, "scale", 0) if kind is Kind.DECIMAL else 0)


def complete(table: sa.Table, columns: Columns) -> Columns:
    """Return rows with every column of the table, in the table's order.

    Missing columns take the schema's default, or null. JSON is written in one form, so that it
    is the same text when it is read from a database that does not keep the order of keys.

    Raises:
        ValueError: if the table lacks a column, or a column without a default is missing.
    """
    unknown = columns.columns.keys() - table.columns.keys()
    if unknown:
        raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
    completed = {
        column.name: _uniform(columns[column.name], column)
        if column.name in columns
        else _default(column, len(columns))
        for column in table.columns
    }
    return Columns(completed, len(columns))


def json_text(value: Any) -> str:
    """Return a JSON value as text: one text for equal values."""
    return json.dumps(value, sort_keys=True)


def _uniform(values: Column, column: sa.Column[Any]) -> Column:
    """Return a column with JSON in one form; others unchanged."""
    if not isinstance(column.type, sa.JSON) or values.vocabulary is None:
        return values
    vocabulary = tuple(json_text(json.loads(text)) if text else text for text in values.vocabulary)
    return Column(values.values, values.null, vocabulary)


def _default(column: sa.Column[Any], length: int) -> Column:
    if not isinstance(column.default, sa.ColumnDefault):
        if not column.nullable:
            raise ValueError(f"{column} needs a value and has no default")
        null = constant(None, length)
        is_text = form_of(column).kind in (Kind.TEXT, Kind.JSON)
        return Column(null.values, null.null, ("",) if is_text else None)
    value = column.default.arg
    if callable(value):
        return constant(json_text(value(None)), length)
    if isinstance(value, Decimal):
        return constant(int(value.scaleb(form_of(column).scale)), length)
    return constant(value, length)
