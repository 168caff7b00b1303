"""Constructor of hard checks: one query that returns the rows that break the rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import sqlalchemy as sa

from ..context import CheckContext, Query
from ..model import SHOWN_ROWS, Bound, Check, Finding

NONE_OFFENDS = Bound(high=0, unit="rows")


def hard(subject: str, name: str, description: str, query: Callable[[], Query]) -> Check:
    """Return a hard check.

    Args:
        subject: group it can be selected by.
        name: unique name.
        description: the rule in a sentence.
        query: function that makes the query of the rows that break the rule; called once.
    """
    return Check(name, subject, description, "hard", NONE_OFFENDS, partial(offenders, cache(query)))


def offenders(query: Callable[[], Query], context: CheckContext) -> Finding:
    """Return the number of rows of a query, and the first ten, as a finding."""
    offending = query()
    rows = context.rows(offending.limit(SHOWN_ROWS + 1))
    total = len(rows) if len(rows) <= SHOWN_ROWS else context.count(offending)
    return Finding(total, tuple(rows[:SHOWN_ROWS]), total)


def differ(
    first: sa.SQLColumnExpression[Any], second: sa.SQLColumnExpression[Any], tolerance: float
) -> sa.ColumnElement[bool]:
    """Return the condition that two amounts differ by more than a tolerance.

    A millionth is added, for databases that store decimals as floating-point numbers.
    """
    return sa.func.abs(first - second) > tolerance + 1e-6


def none_is_0(value: sa.SQLColumnExpression[Any]) -> sa.SQLColumnExpression[Any]:
    """Return a number, or 0 for NULL."""
    return sa.func.coalesce(value, 0)


def rounded(step: float) -> float:
    """Return the largest rounding error of a value rounded to a multiple of `step`."""
    return step / 2
