"""Checks of the values given to a factory: their type, their limits and their length.

A check takes the place that names the value in messages and the value, and returns the value as
the column holds it: a date for its ISO text, an `int` for a whole float. It raises a FactoryError
for a value that cannot be.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from ..text import did_you_mean
from .column_limits import ColumnLimits
from .errors import FactoryError

ValueCheck = Callable[[str, Any], Any]
"""A check of a value; its first argument names factory and parameter, as in `F: amount_kg`."""

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years of dates that are accepted, so that arithmetic on dates never leaves the calendar."""
_LONGEST_SHOWN = 60


def refusal(place: str, value: object, reason: str, advice: str) -> FactoryError:
    """Return the error for a value: what was given, what is wrong, what to do."""
    return FactoryError(f"{place}={shown(value)} {reason}; {advice}")


def shown(value: object) -> str:
    """Return a value as a message shows it, in one line of limited length."""
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal | np.generic):
        return str(value)
    text = f"<{type(value).__name__}>" if hasattr(value, "__table__") else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def number_check(limits: ColumnLimits) -> ValueCheck:
    """Return the check of a finite number within limits."""
    low, high = limits.low, limits.high

    def check(place: str, value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise refusal(
                place, value, "is not a number", "give an int, a float or a Decimal, without text"
            )
        if not math.isfinite(value):
            raise refusal(place, value, "is not a finite number", "give a number, or leave it out")
        _require_within(place, value, low, high)
        return value

    return check


def integer_check(limits: ColumnLimits) -> ValueCheck:
    """Return the check of a whole number within limits."""
    within = number_check(limits)

    def check(place: str, value: Any) -> int:
        if type(value) is not int:
            value = within(place, value)
            if value != int(value):
                raise refusal(place, value, "is not a whole number", "give an int")
            return int(value)
        _require_within(place, value, limits.low, limits.high)
        return value

    return check


def _require_within(place: str, value: Any, low: Decimal | None, high: Decimal | None) -> None:
    if low is not None and value < low:
        reason = "is negative" if value < 0 <= low else f"is too low: the lowest is {low:,}"
        raise refusal(place, value, reason, f"give {_range(low, high)}")
    if high is not None and value > high:
        raise refusal(
            place, value, f"is too high: the highest is {high:,}", f"give {_range(low, high)}"
        )


def _range(low: Decimal | None, high: Decimal | None) -> str:
    if low is None:
        return f"at most {high:,}"
    return f"{low:,} or more" if high is None else f"{low:,} to {high:,}"


def flag_check(place: str, value: Any) -> bool:
    """Return a truth value."""
    if isinstance(value, np.bool_):
        return bool(value)
    if not isinstance(value, bool):
        raise refusal(place, value, "is not a truth value", "give True or False")
    return value


def text_check(length: int | None, choices: Sequence[str], may_be_blank: bool) -> ValueCheck:
    """Return the check of a text of limited length, or of a choice."""

    def check(place: str, value: Any) -> str:
        if not isinstance(value, str):
            raise refusal(place, value, "is not a text", "give a str")
        if choices and value not in choices:
            hint = did_you_mean(value, choices)
            raise refusal(
                place, value, "is none of the choices", f"{hint}choose one of {', '.join(choices)}"
            )
        if not may_be_blank and not value.strip():
            raise refusal(place, value, "is blank", "give a text, or leave it out")
        if length is not None and len(value) > length:
            reason = f"is too long: it has {len(value)} characters"
            raise refusal(place, value, reason, f"give at most {length}")
        if "\x00" in value or not _is_storable(value):
            raise refusal(
                place, value, "has a character that databases do not store", "leave it out"
            )
        return value

    return check


def _is_storable(value: str) -> bool:
    """Return whether a text has no lone surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def date_check(place: str, value: Any) -> dt.date:
    """Return a date, also of its ISO text."""
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value)
        except ValueError:
            raise refusal(
                place, value, "is not a date", "write it like '2025-03-01', or give a datetime.date"
            ) from None
    if isinstance(value, dt.datetime):
        raise refusal(place, value, "is an instant, not a date", "give its .date()")
    if not isinstance(value, dt.date):
        raise refusal(place, value, "is not a date", "give a datetime.date or its ISO text")
    return _in_calendar(place, value)


def instant_check(place: str, value: Any) -> dt.datetime:
    """Return an instant with a time zone, also of its ISO text."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            raise refusal(
                place, value, "is not an instant", "write it like '2025-03-01T10:00:00+00:00'"
            ) from None
    if not isinstance(value, dt.datetime):
        kind = "is a date, not an instant" if isinstance(value, dt.date) else "is not an instant"
        raise refusal(place, value, kind, "give a datetime with a time zone, such as tzinfo=UTC")
    if value.utcoffset() is None:
        raise refusal(
            place, value, "has no time zone", "give a datetime with one, such as tzinfo=UTC"
        )
    return _in_calendar(place, value)


def _in_calendar(place: str, value: Any) -> Any:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise refusal(
            place,
            value,
            "is out of the calendar of a farm",
            f"give a year from {FIRST_YEAR} to {LAST_YEAR}",
        )
    return value


def time_check(place: str, value: Any) -> dt.time:
    """Return a time of day, also of its ISO text."""
    if isinstance(value, str):
        try:
            value = dt.time.fromisoformat(value)
        except ValueError:
            raise refusal(place, value, "is not a time of day", "write it like '08:30'") from None
    if not isinstance(value, dt.time):
        raise refusal(place, value, "is not a time of day", "give a datetime.time")
    if value.tzinfo is not None:
        raise refusal(place, value, "has a time zone", "give a time of day without one")
    return value


def json_check(place: str, value: Any) -> Any:
    """Return a value that JSON can hold."""
    if not isinstance(value, dict | list):
        raise refusal(place, value, "is no JSON object", "give a dict or a list")
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise refusal(
            place,
            value,
            "cannot be written as JSON",
            "give texts, finite numbers, truth values, lists and dicts only",
        ) from None
    return value


def row_check(model: type[Any], key: str | None) -> ValueCheck:
    """Return the check of a row of a model, or None.

    Args:
        model: model of the row.
        key: column that takes the row's key instead; None if there is none.
    """

    def check(place: str, value: Any) -> Any:
        if value is None or isinstance(value, model):
            return value
        own = place.rpartition(": ")[2]
        if isinstance(value, type):
            reason, advice = "is a class, not a row", f"give a {model.__name__}"
        elif hasattr(value, "__table__"):
            reason = f"is a row of another model: {type(value).__name__}"
            advice = f"give a {model.__name__}"
        elif isinstance(value, int) and key is not None:
            reason = "is not a row"
            advice = f"give a {model.__name__}, or its key as {own.rpartition('__')[0]}{key}="
        else:
            reason, advice = "is not a row", f"give a {model.__name__}"
        raise refusal(place, value, reason, advice)

    return check


def key_check(model_name: str, key: str, limits: ColumnLimits) -> ValueCheck:
    """Return the check of the primary key of a row of a model, for a column that refers to it."""
    whole = integer_check(limits)

    def check(place: str, value: Any) -> int:
        if hasattr(value, "__table__"):
            raise refusal(place, value, "is a row, not a key", f"give its .{key}")
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise refusal(place, value, "is not a key", f"give the {key} of a {model_name}")
        return int(whole(place, value))

    return check


def checked_size(place: str, size: Any, least: int = 0) -> int:
    """Return the number of rows of a call.

    Args:
        place: factory and method, as in `F.create_batch`.
        size: number that was given.
        least: lowest number.

    Raises:
        FactoryError: if it is not a whole number from `least`.
    """
    is_whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
    if not is_whole or size < least:
        raise FactoryError(
            f"{place}({shown(size)}): the number of rows is an int, {least} or more; give one"
        )
    return int(size)
