"""Checks that a table keeps the values of columns unchanged, before rows are written in bulk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns
from ..lifecycle.days import MICROSECONDS_PER_DAY
from ..schema.types import UnfitValue
from ..schema.value_limits import integer_bounds, too_long
from .column_types import Form, Kind, form_of

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31 as days from 1970-01-01."""
_DAYS = "it holds the years 1 to 9999"


def check_values(table: sa.Table, columns: Columns) -> None:
    """Check that each column keeps its values.

    Args:
        table: with the types of its columns.
        columns: the rows.

    Raises:
        UnfitValue: if a value would be rounded or cut; the message names table and column.
    """
    for name, column in columns.columns.items():
        target = table.columns[name]
        form = form_of(target)
        if form.kind in (Kind.TEXT, Kind.JSON):
            _check_texts(target, column)
        elif (limits := _limits(target.type, form)) is not None:
            _check_numbers(target, column, form, *limits)


def _check_texts(target: sa.Column[Any], column: Column) -> None:
    length = getattr(target.type, "length", None)
    for code, text in enumerate(column.vocabulary or ()):
        if (reason := too_long(text, length)) and code in _present(column):
            raise UnfitValue(str(target), text, reason)


def _limits(type_: Any, form: Form) -> tuple[float, float, str] | None:
    """Return the smallest and the largest number of a column, and what it holds in words."""
    match form.kind:
        case Kind.INTEGER:
            lowest, highest = integer_bounds(type_)
            return lowest, highest, f"it holds {lowest:,} to {highest:,}"
        case Kind.DECIMAL:
            limit = 10**type_.precision - 1
            digits = type_.precision - form.scale
            return -limit, limit, f"it has {digits} digits before the point"
        case Kind.DOUBLE:
            largest = np.finfo(np.float64).max
            return -largest, largest, "it holds finite numbers"
        case Kind.DATE:
            return _FIRST_DAY, _LAST_DAY, _DAYS
        case Kind.INSTANT:
            end = (_LAST_DAY + 1) * MICROSECONDS_PER_DAY - 1
            return _FIRST_DAY * MICROSECONDS_PER_DAY, end, _DAYS
        case Kind.TIME:
            return 0, MICROSECONDS_PER_DAY - 1, "it holds times of one day"
        case _:
            return None


def _check_numbers(
    target: sa.Column[Any], column: Column, form: Form, lowest: float, highest: float, reason: str
) -> None:
    values = _present(column)
    if not len(values):
        return
    # a comparison with NaN is false
    if lowest <= values.min() and values.max() <= highest:
        return
    fits = (values >= lowest) & (values <= highest)
    unfit = values[~fits][0].item()
    is_decimal = form.kind is Kind.DECIMAL
    raise UnfitValue(
        str(target), Decimal(unfit).scaleb(-form.scale) if is_decimal else unfit, reason
    )


def _present(column: Column) -> NDArray[Any]:
    """Return the values that are not null; only one of a constant column."""
    if column.null is None:
        return column.values[:1] if column.is_constant else column.values
    return column.values[~column.null]
