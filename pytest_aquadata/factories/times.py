"""Instants and times of day as models hold them."""

from __future__ import annotations

import datetime as dt


def at_time(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """An instant of a day, in UTC."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=dt.UTC)


def clock(text: str) -> dt.time:
    """A time of day written `HH:MM`."""
    return dt.time.fromisoformat(text)
