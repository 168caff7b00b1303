"""Soft check of the daylight of sea areas."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from ...schema import Area, PhotoperiodData
from ..context import CheckContext
from ..dates import day_number
from ..model import Bound, Population
from .soft_check import require, soft

_SUBJECT = "weather"


def _days(context: CheckContext) -> int:
    return context.count(sa.select(PhotoperiodData.id))


def daylight(context: CheckContext) -> float:
    """Return the largest difference of a day's length from the astronomical one, in hours."""
    light = PhotoperiodData
    columns = context.columns(
        sa.select(
            day_number(light.date).label("day"),
            light.day_length_hours.label("hours"),
            Area.latitude,
        ).join_from(light, Area, Area.id == light.area_id)
    )
    require(len(columns["day"]) > 0, "days with daylight")
    day = columns["day"].astype(np.int64).astype("datetime64[D]")
    of_year = (day - day.astype("datetime64[Y]")).astype(np.float64) + 1.0
    declination = np.radians(23.44) * np.sin(2.0 * np.pi * (of_year - 81.0) / 365.25)
    latitude = np.radians(columns["latitude"].astype(np.float64))
    horizon = np.radians(-0.833)
    cosine = (np.sin(horizon) - np.sin(latitude) * np.sin(declination)) / (
        np.cos(latitude) * np.cos(declination)
    )
    hours = 24.0 / np.pi * np.arccos(np.clip(cosine, -1.0, 1.0))
    return float(np.abs(columns["hours"].astype(np.float64) - hours).max())


CHECKS = (
    soft(
        _SUBJECT,
        "daylight-by-latitude",
        "The length of a day is that of its latitude and date.",
        daylight,
        Bound(high=0.5, unit="hours off"),
        "astronomy: sunrise to sunset with refraction",
        needs=(Population(30, "days with daylight", _days),),
    ),
)
