"""Hard checks of daylight and weather: one row for each area and day or instant."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import PhotoperiodData, WeatherData
from ..context import Query
from ..dates import day_number
from .query import hard

_SUBJECT = "weather"


def missing_days() -> Query:
    """Select areas with a day without daylight between their first and last day."""
    light = PhotoperiodData
    days = sa.func.count(sa.distinct(light.date))
    span = day_number(sa.func.max(light.date)) - day_number(sa.func.min(light.date)) + 1
    return (
        sa.select(light.area_id, days.label("days"), span.label("days_from_first_to_last"))
        .group_by(light.area_id)
        .having(days != span)
    )


def twice_at_once() -> Query:
    """Select instants with more than one row of weather for an area."""
    rows = sa.func.count()
    return (
        sa.select(WeatherData.area_id, WeatherData.timestamp, rows.label("rows"))
        .group_by(WeatherData.area_id, WeatherData.timestamp)
        .having(rows > 1)
    )


CHECKS = (
    hard(
        _SUBJECT,
        "daylight-of-every-day",
        "An area has a row of daylight for every day from its first to its last.",
        missing_days,
    ),
    hard(
        _SUBJECT,
        "one-weather-an-area-and-instant",
        "An area has one row of weather for an instant.",
        twice_at_once,
    ),
)
