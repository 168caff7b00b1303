"""What real farms show: measured over many rows, each with its bound and where that comes from."""

from __future__ import annotations

from ..model import Check
from . import (
    chemistry,
    density,
    feed,
    growth,
    harvest,
    lice,
    mortality,
    size,
    water,
    weather,
    welfare,
)

SOFT: tuple[Check, ...] = (
    *growth.CHECKS,
    *feed.CHECKS,
    *mortality.CHECKS,
    *water.CHECKS,
    *chemistry.CHECKS,
    *lice.CHECKS,
    *size.CHECKS,
    *harvest.CHECKS,
    *density.CHECKS,
    *welfare.CHECKS,
    *weather.CHECKS,
)
"""All soft checks."""
