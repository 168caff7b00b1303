"""Checks of the builder's arguments: dates, geographies, incidents and imperfections."""

from __future__ import annotations

from datetime import date, datetime

from ..errors import HistoryError
from ..lifecycle.incidents import INCIDENT_NAMES
from ..lifecycle.parameter_checks import shown
from ..presets.farm import Farm
from ..text import did_you_mean
from .stage_names import StageName

FIRST_YEAR, LAST_YEAR = 1950, 2150
"""Years of dates that are accepted."""


def is_count(value: object) -> bool:
    """Return whether a value is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def require_made(value: object, kind: type[object], method: str, example: str) -> None:
    """Require an incident or imperfection, not its class, its name or a list of several."""
    if isinstance(value, kind):
        return
    if isinstance(value, type) or callable(value):
        name = getattr(value, "__name__", "it")
        raise HistoryError(f"{method}: {name} is not called; give {example}, with its parentheses")
    if isinstance(value, list | tuple):
        raise HistoryError(f"{method}: give them one by one, not a {type(value).__name__}")
    hint = did_you_mean(value, INCIDENT_NAMES) if isinstance(value, str) else ""
    raise HistoryError(f"{method}: {shown(value)} is not one; {hint}give one such as {example}")


def geography_name(farm: Farm, name: str | None) -> str:
    """Return the name of a geography of the farm; the first one for None.

    Raises:
        HistoryError: if the farm has none of this name.
    """
    names = list(farm.geography_by_name)
    if name is None:
        return names[0]
    if not isinstance(name, str):
        raise HistoryError(
            f"geography={shown(name)} is not a name; the farm has {', '.join(names)}"
        )
    if name in names:
        return name
    raise HistoryError(
        f"there is no geography {name!r}; {did_you_mean(name, names)}the farm has "
        f"{', '.join(names)}"
    )


def date_or_none(when: date | StageName) -> date | None:
    """Return the date that an end gives, or None if it gives a stage."""
    if isinstance(when, date) or (isinstance(when, str) and when[:1].isdigit()):
        return parse_date(when, "until")
    return None


def parse_date(value: object, name: str) -> date:
    """Return a date, also of its ISO text.

    Raises:
        HistoryError: if it is none; the message has the parameter's name.
    """
    if isinstance(value, datetime):
        raise HistoryError(f"{name}={shown(value)} is an instant, not a date; give its .date()")
    day: object = value
    if isinstance(value, str):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
    if not isinstance(day, date):
        raise HistoryError(
            f"{name}={shown(value)} is no date; write it like '2023-03-01', or give a datetime.date"
        )
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise HistoryError(f"{name}={day} must be of a year from {FIRST_YEAR} to {LAST_YEAR}")
    return day
