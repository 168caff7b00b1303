"""Calendar arithmetic that every database does alike: days, months and years of dates and instants.

All in UTC. Days are counted from 1970-01-01, so that differences are plain subtractions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Date, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from ..schema.types import CompactInstant


class day_number(FunctionElement[int]):
    """Days from 1970-01-01 to a date, or to the day of an instant."""

    type = Integer()
    inherit_cache = True


class month_of(FunctionElement[int]):
    """Calendar month of a date or an instant, 1 to 12."""

    type = Integer()
    inherit_cache = True


class year_of(FunctionElement[int]):
    """Calendar year of a date or an instant."""

    type = Integer()
    inherit_cache = True


def _moment(element: FunctionElement[int], compiler: SQLCompiler, **kw: Any) -> str:
    (moment,) = element.clauses
    return compiler.process(moment, **kw)


def _is_compact(element: FunctionElement[int]) -> bool:
    (moment,) = element.clauses
    return isinstance(moment.type, CompactInstant)


def _calendar_day(element: FunctionElement[int], compiler: SQLCompiler, **kw: Any) -> str:
    """The date in PostgreSQL, which asks the session for the time zone of an instant."""
    (moment,) = element.clauses
    text = _moment(element, compiler, **kw)
    return text if isinstance(moment.type, Date) else f"CAST({text} AT TIME ZONE 'UTC' AS DATE)"


@compiles(day_number, "sqlite")
def _day_in_sqlite(element: day_number, compiler: SQLCompiler, **kw: Any) -> str:
    if _is_compact(element):
        moment = _moment(element, compiler, **kw)
        seconds = (
            f"CASE typeof({moment}) WHEN 'text' THEN strftime('%s', {moment}) ELSE {moment} END"
        )
        return f"CAST({seconds} / 86400 AS INTEGER)"
    return f"(CAST({_sqlite_part('%s', element, compiler, **kw)} AS INTEGER) / 86400)"


@compiles(day_number, "postgresql")
def _day_in_postgresql(element: day_number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"({_calendar_day(element, compiler, **kw)} - DATE '1970-01-01')"


@compiles(day_number, "mysql", "mariadb")
def _day_in_mariadb(element: day_number, compiler: SQLCompiler, **kw: Any) -> str:
    return f"DATEDIFF({_moment(element, compiler, **kw)}, '1970-01-01')"


def _sqlite_part(form: str, element: FunctionElement[int], compiler: SQLCompiler, **kw: Any) -> str:
    """A part of the date as text; without the fractions of a second, which SQLite would round."""
    text = _moment(element, compiler, **kw)
    if _is_compact(element):
        return (
            f"CASE typeof({text}) WHEN 'text' THEN strftime('{form}', substr({text}, 1, 10)) "
            f"ELSE strftime('{form}', CAST({text} AS INTEGER), 'unixepoch') END"
        )
    return f"strftime('{form}', substr({text}, 1, 10))"


@compiles(month_of, "sqlite")
def _month_in_sqlite(element: month_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({_sqlite_part('%m', element, compiler, **kw)} AS INTEGER)"


@compiles(year_of, "sqlite")
def _year_in_sqlite(element: year_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({_sqlite_part('%Y', element, compiler, **kw)} AS INTEGER)"


@compiles(month_of, "postgresql")
def _month_in_postgresql(element: month_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(EXTRACT(MONTH FROM {_calendar_day(element, compiler, **kw)}) AS INTEGER)"


@compiles(year_of, "postgresql")
def _year_in_postgresql(element: year_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(EXTRACT(YEAR FROM {_calendar_day(element, compiler, **kw)}) AS INTEGER)"


@compiles(month_of, "mysql", "mariadb")
def _month_in_mariadb(element: month_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"MONTH({_moment(element, compiler, **kw)})"


@compiles(year_of, "mysql", "mariadb")
def _year_in_mariadb(element: year_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"YEAR({_moment(element, compiler, **kw)})"


def on_same_scale(
    one: ColumnElement[Any], other: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Two moments made comparable: as they are if both are dates, else as day numbers."""
    if isinstance(one.type, Date) and isinstance(other.type, Date):
        return one, other
    return day_number(one), day_number(other)
