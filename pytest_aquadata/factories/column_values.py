"""Values as columns hold them: decimals, masses, instants and times of day."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

_TEN_GRAMS = Decimal("0.01")


def decimal(value: float, places: int = 2) -> Decimal:
    """Return a number rounded to a number of decimal places."""
    return Decimal(str(round(value, places))).quantize(Decimal((0, (1,), -places)))


def biomass_kg(fish: int, weight_g: Decimal) -> Decimal:
    """Return the biomass of a number of fish of a mean weight, to ten grams."""
    return (fish * weight_g / 1000).quantize(_TEN_GRAMS, ROUND_HALF_UP)


def at_time(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """Return an instant of a day, in UTC."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


def parse_time(text: str) -> dt.time:
    """Return the time of day written as `HH:MM`."""
    return dt.time.fromisoformat(text)
