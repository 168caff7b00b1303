"""Checks of the parameters of histories, incidents and imperfections: kinds, ranges and names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime

import numpy as np

from ..errors import HistoryError

_LONGEST_SHOWN = 60


def shown(value: object) -> str:
    """Return a value as a message shows it, in one line of limited length."""
    text = value.isoformat() if isinstance(value, date) else " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def require_number(place: str, value: object, low: float, high: float) -> float:
    """Return a number within limits, both included.

    Args:
        place: parameter as messages name it, such as `escape: share`.
        value: the value given.
        low: lowest value.
        high: highest value.

    Raises:
        HistoryError: if it is no finite number, or out of range.
    """
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool):
        raise HistoryError(
            f"{place} must be between {_number(low)} and {_number(high)}, and {shown(value)} is "
            "not a number; give an int or a float"
        )
    number = float(value)  # type: ignore[arg-type]
    if not math.isfinite(number) or not low <= number <= high:
        raise HistoryError(
            f"{place} must be between {_number(low)} and {_number(high)}, not {_number(number)}"
        )
    return number


def require_whole(place: str, value: object, low: int, high: int) -> int:
    """Return a whole number within limits, both included.

    Raises:
        HistoryError: if it is no int, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise HistoryError(
            f"{place} must be between {low:,} and {high:,}, and {shown(value)} is not a whole "
            "number; give an int"
        )
    number = int(value)
    # compared as whole numbers: floats above 2^53 are rounded
    if not low <= number <= high:
        raise HistoryError(f"{place} must be between {low:,} and {high:,}, not {number:,}")
    return number


def require_text(place: str, value: object, longest: int) -> str:
    """Return a text that is not blank.

    Raises:
        HistoryError: if it is no text, blank, too long or has a NUL.
    """
    if not isinstance(value, str):
        raise HistoryError(f"{place} must be a text, not {shown(value)}")
    if not value.strip() or "\x00" in value:
        raise HistoryError(f"{place} must be a text with characters to read, not {shown(value)}")
    if len(value) > longest:
        raise HistoryError(f"{place} has {len(value)} characters; give at most {longest}")
    return value


def require_day(place: str, value: object) -> int | date:
    """Return a day: days since the eggs were delivered, or a date.

    Raises:
        HistoryError: if it is neither.
    """
    if isinstance(value, datetime):
        raise HistoryError(f"{place} is an instant, {shown(value)}; give its .date()")
    if isinstance(value, date):
        return value
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise HistoryError(
            f"{place} must be a number of days since the eggs were delivered, or a datetime.date, "
            f"not {shown(value)}"
        )
    return require_whole(place, value, -100_000, 100_000)


def require_containers(place: str, value: object) -> None:
    """Require a number of containers, one or several names, or None for all.

    Raises:
        HistoryError: for anything else.
    """
    if value is None:
        return
    if isinstance(value, str):
        require_text(place, value, 100)
    elif isinstance(value, Sequence) and value and all(isinstance(name, str) for name in value):
        return
    elif isinstance(value, int | np.integer) and not isinstance(value, bool):
        require_whole(place, value, 1, 10_000)
    else:
        raise HistoryError(
            f"{place} must be a number of containers from 1, names of containers, or None for "
            f"all, not {shown(value)}"
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) and value == int(value) else f"{value:g}"
