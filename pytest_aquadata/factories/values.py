"""Columns as the Python values that models and drivers take."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..lifecycle.columns import Column
from ..lifecycle.days import to_date
from ..stores.kinds import Form, Kind, form_of

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def python_values(column: Column, of: sa.Column[Any]) -> list[Any]:
    """The values of a column as a model holds them: decimals, dates, aware datetimes, None."""
    form = form_of(of)
    if column.vocabulary is not None:
        words: list[Any] = list(column.vocabulary)
        if form.kind is Kind.JSON:
            words = [json.loads(word) if word else None for word in words]
        values = [words[code] for code in column.values.tolist()]
    else:
        values = _converted(column.values, form)
    if column.null is None:
        return values
    return [
        None if missing else value
        for value, missing in zip(values, column.null.tolist(), strict=True)
    ]


def _converted(raw: np.ndarray[Any, Any], form: Form) -> list[Any]:
    """Distinct values are converted once: most columns hold few."""
    convert = _CONVERT.get(form.kind)
    if convert is None:
        return list(raw.tolist())
    distinct, code = np.unique(raw, return_inverse=True)
    made = [convert(value, form.scale) for value in distinct.tolist()]
    return [made[position] for position in code.tolist()]


def _decimal(value: int, scale: int) -> Decimal:
    return Decimal(value).scaleb(-scale)


def _date(value: int, _: int) -> dt.date:
    return to_date(value)


def _instant(value: int, _: int) -> dt.datetime:
    return _EPOCH + dt.timedelta(microseconds=value)


def _time(value: int, _: int) -> dt.time:
    return (_EPOCH + dt.timedelta(microseconds=value)).time()


def _boolean(value: int, _: int) -> bool:
    return bool(value)


_CONVERT: dict[Kind, Callable[[int, int], Any]] = {
    Kind.DECIMAL: _decimal,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.COMPACT_INSTANT: _instant,
    Kind.TIME: _time,
    Kind.BOOLEAN: _boolean,
}


def at_time(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """An instant of a day, in UTC."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


def clock(text: str) -> dt.time:
    """A time of day written `HH:MM`."""
    return dt.time.fromisoformat(text)
