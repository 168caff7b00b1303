"""Calendar arithmetic that every database does alike: days, months and years of dates and instants.

All in UTC. Days are counted from 1970-01-01, so that differences are plain subtractions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Date, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from ..databases.dialect import dialect_of


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


def _moment(
    element: FunctionElement[int], compiler: SQLCompiler, **kw: Any
) -> tuple[str, TypeEngine[Any]]:
    (moment,) = element.clauses
    return compiler.process(moment, **kw), moment.type


@compiles(day_number)
def _compile_day_number(element: day_number, compiler: SQLCompiler, **kw: Any) -> str:
    return dialect_of(compiler.dialect).day_number(*_moment(element, compiler, **kw))


@compiles(month_of)
def _compile_month_of(element: month_of, compiler: SQLCompiler, **kw: Any) -> str:
    return dialect_of(compiler.dialect).month(*_moment(element, compiler, **kw))


@compiles(year_of)
def _compile_year_of(element: year_of, compiler: SQLCompiler, **kw: Any) -> str:
    return dialect_of(compiler.dialect).year(*_moment(element, compiler, **kw))


def on_same_scale(
    first: ColumnElement[Any], second: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return two moments in comparable form: unchanged if both are dates, else as day numbers."""
    if isinstance(first.type, Date) and isinstance(second.type, Date):
        return first, second
    return day_number(first), day_number(second)
