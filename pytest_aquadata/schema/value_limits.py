"""Values that a column keeps unchanged in every database; all others are refused.

PostgreSQL rounds decimals, MariaDB may cut texts, and SQLite keeps whatever it is given. Rows that
are written as objects are checked here before anything is sent.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ClauseElement,
    Column,
    Date,
    Float,
    Integer,
    SmallInteger,
    String,
    Table,
    event,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from .base import Base
from .types import CheckedType, UnfitValue

_INTEGER_BYTES: tuple[tuple[type[Integer], int], ...] = (
    (BigInteger, 8),
    (SmallInteger, 2),
    (mysql.TINYINT, 1),
    (mysql.MEDIUMINT, 3),
    (Integer, 4),
)
"""Bytes of integer types; the first that matches counts."""

Refuse = Callable[[Any], str | None]
"""Returns why a column cannot hold a value; None if it can."""


def integer_bytes(type_: TypeEngine[Any]) -> int:
    """Return the bytes of an integer type."""
    return next(size for integer_type, size in _INTEGER_BYTES if isinstance(type_, integer_type))


def integer_bounds(type_: TypeEngine[Any]) -> tuple[int, int]:
    """Return the smallest and the largest value of an integer type."""
    limit = 1 << (8 * integer_bytes(type_) - 1)
    return -limit, limit - 1


def too_long(text: str, length: int | None) -> str | None:
    """Return the reason if a text has too many characters for a column."""
    if length is None or len(text) <= length:
        return None
    return f"it holds {length} characters, not {len(text)}"


def _refuse(type_: Any) -> Refuse | None:
    """Return the check for a type; None for a type that checks its values itself."""
    if isinstance(type_, CheckedType):
        return type_.refuse
    if isinstance(type_, Boolean):
        return None
    if isinstance(type_, Integer):
        return _integer(*integer_bounds(type_))
    if isinstance(type_, String):
        return _text(type_.length)
    return next((refuse for kind, refuse in _OTHERS if isinstance(type_, kind)), None)


def _integer(lowest: int, highest: int) -> Refuse:
    def refuse(value: Any) -> str | None:
        if not isinstance(value, int):
            return "it holds integers; give an int"
        if lowest <= value <= highest:
            return None
        return f"it holds {lowest:,} to {highest:,}"

    return refuse


def _text(length: int | None) -> Refuse:
    def refuse(value: Any) -> str | None:
        if not isinstance(value, str):
            return "it holds text; give a str"
        if reason := too_long(value, length):
            return reason
        if "\0" in value:
            return "it holds no NUL characters"
        try:
            value.encode()
        except UnicodeEncodeError:
            return "it holds text that UTF-8 can encode"
        return None

    return refuse


def _number(value: Any) -> str | None:
    if not isinstance(value, Decimal | int | float):
        return "it holds numbers; give a float"
    return None if math.isfinite(value) else "it holds finite numbers"


def _date(value: Any) -> str | None:
    is_date = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return None if is_date else "it holds dates; give a date without a time"


def _json(value: Any) -> str | None:
    try:
        text = json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"it holds JSON ({error})"
    if "\\u0000" in text:
        return "it holds no NUL characters"
    return None if json.loads(text) == value else "JSON would change it, as texts are its only keys"


_OTHERS: Sequence[tuple[type[Any], Refuse]] = (
    (Float, _number),
    (Date, _date),
    (JSON, _json),
)


def name_columns(tables: Iterable[Table]) -> None:
    """Name the columns of tables in the messages of their types."""
    for table in tables:
        for column in table.columns:
            if isinstance(column.type, CheckedType):
                column.type = column.type.of_column(str(column))


@cache
def _checks(table: Table) -> Sequence[tuple[str, Column[Any], Refuse]]:
    """Return the columns of a table that have a check, by the names of their attributes."""
    checks = ((column.name, column, _refuse(column.type)) for column in table.columns)
    return [(name, column, refuse) for name, column, refuse in checks if refuse is not None]


def check_row(row: Base) -> None:
    """Check the values of an object of a model.

    Raises:
        UnfitValue: if a column would change one; the message names table and column.
    """
    values = vars(row)
    for name, column, refuse in _checks(type(row).__table__):
        value = values.get(name)
        if value is None or isinstance(value, ClauseElement):
            continue
        if reason := refuse(value):
            raise UnfitValue(str(column), value, reason)


@event.listens_for(Base, "before_insert", propagate=True)
@event.listens_for(Base, "before_update", propagate=True)
def _check_before_flush(_mapper: object, _connection: object, row: Base) -> None:
    """Check an object before it is written; SQLAlchemy rolls the flush back if it is refused."""
    check_row(row)
