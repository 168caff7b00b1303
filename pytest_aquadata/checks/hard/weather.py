"""Daylight and weather of the sea areas: one row a day or instant, none left out."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import PhotoperiodData, WeatherData
from ..context import Query
from ..dates import day_number
from .query import hard

_SUBJECT = "weather"


def missing_days() -> Query:
    """Areas with days between the first and the last whose daylight is not known."""
    light = PhotoperiodData
    days = sa.func.count(sa.distinct(light.date))
    span = day_number(sa.func.max(light.date)) - day_number(sa.func.min(light.date)) + 1
    return (
        sa.select(light.area_id, days.label("days"), span.label("days_from_first_to_last"))
        .group_by(light.area_id)
        .having(days != span)
    )


def twice_at_once() -> Query:
    """Instants of which an area has more than one weather."""
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
        "The daylight of an area is known for every day from the first to the last.",
        missing_days,
    ),
    hard(
        _SUBJECT,
        "one-weather-an-area-and-instant",
        "An area has one weather at a time.",
        twice_at_once,
    ),
)
