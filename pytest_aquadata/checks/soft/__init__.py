"""Soft checks: published or conventional figures of real farms, each with bound and source."""

from __future__ import annotations

from ..model import Check
from . import (
    chemistry,
    density,
    farm_rules,
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
    *farm_rules.CHECKS,
)
"""All soft checks."""
