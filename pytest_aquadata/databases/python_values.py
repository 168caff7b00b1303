"""Columns as Python values, for models and drivers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from ..lifecycle.columns import Column
from ..lifecycle.days import to_date
from ..schema.types import EPOCH
from .column_types import Form, Kind

Convert = Callable[[Any], Any]


def python_values(column: Column, form: Form, bind: Convert | None = None) -> list[Any]:
    """Return the values of a column: decimals, dates, aware datetimes, texts, None.

    Each distinct value is converted once: most columns have few.

    Args:
        column: the column.
        form: meaning of its numbers.
        bind: converts a value for the driver; not called for None.
    """
    convert = _converter(form)
    if column.vocabulary is None and convert is None and bind is None:
        values: list[Any] = column.values.tolist()
    else:
        distinct, code = _distinct(column)
        for step in (convert, bind):
            if step is not None:
                distinct = [step(value) for value in distinct]
        values = [distinct[index] for index in code]
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            values[row] = None
    return values


def stored_values(column: Column, changed: Convert = str) -> list[Any]:
    """Return the values of a column as they are stored, such as scaled integers; None for nulls.

    Args:
        column: the column.
        changed: function for texts.
    """
    values: list[Any] = column.values.tolist()
    if column.vocabulary is not None:
        words = [changed(word) for word in column.vocabulary]
        values = [words[code] for code in values]
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            values[row] = None
    return values


def _distinct(column: Column) -> tuple[list[Any], list[int]]:
    """Return the distinct values of a column, and the index of each row's value."""
    if column.vocabulary is not None:
        return list(column.vocabulary), column.values.tolist()
    distinct, code = np.unique(column.values, return_inverse=True)
    return distinct.tolist(), code.ravel().tolist()


def _converter(form: Form) -> Convert | None:
    if form.kind is Kind.DECIMAL:
        return lambda value: Decimal(value).scaleb(-form.scale)
    return _CONVERT.get(form.kind)


def _instant(value: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=value)


_CONVERT: Mapping[Kind, Convert] = {
    Kind.BOOLEAN: bool,
    Kind.DATE: to_date,
    Kind.INSTANT: _instant,
    Kind.TIME: lambda value: _instant(value).time(),
    Kind.JSON: lambda text: json.loads(text or "null"),
}
