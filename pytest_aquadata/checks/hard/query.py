"""Hard checks as queries: each returns the rows that offend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

from ..context import CheckContext, Query
from ..model import SHOWN_ROWS, Bound, Check, Finding

NONE_OFFENDS = Bound(high=0, unit="rows")


def hard(subject: str, name: str, protects: str, query: Callable[[], Query]) -> Check:
    """A hard check.

    Args:
        subject: what it is about.
        name: unique name.
        protects: what it protects, in a sentence.
        query: makes the query whose rows offend; is asked for it once.
    """
    return Check(name, subject, protects, "hard", NONE_OFFENDS, partial(offenders, cache(query)))


def offenders(query: Callable[[], Query], context: CheckContext) -> Finding:
    """The rows that a query returns, as what was found."""
    offending = query()
    rows = context.rows(offending.limit(SHOWN_ROWS + 1))
    total = len(rows) if len(rows) <= SHOWN_ROWS else context.count(offending)
    return Finding(total, tuple(rows[:SHOWN_ROWS]), total)


def differ(
    one: sa.SQLColumnExpression[Any], other: sa.SQLColumnExpression[Any], tolerance: float
) -> sa.ColumnElement[bool]:
    """Whether two amounts differ by more than a tolerance.

    A millionth is allowed on top, for databases that keep decimals as floating-point numbers.
    """
    return sa.func.abs(one - other) > tolerance + 1e-6


def none_is_0(value: sa.SQLColumnExpression[Any]) -> sa.SQLColumnExpression[Any]:
    """A number, or 0 where there is none."""
    return sa.func.coalesce(value, 0)


def rounded(exact: float) -> float:
    """How far a value rounded to `exact` units may lie from the true one."""
    return exact / 2
