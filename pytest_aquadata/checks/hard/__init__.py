"""Hard checks: exact rules, each one query that returns the rows that break the rule."""

from __future__ import annotations

from ..model import Check
from . import (
    analysis,
    batch_summaries,
    biomass,
    container_summaries,
    events,
    feed,
    finance,
    fish,
    harvest,
    health,
    lifespans,
    numbers,
    occupancy,
    readings,
    references,
    samples,
    values,
    weather,
)

HARD: tuple[Check, ...] = (
    *fish.CHECKS,
    *biomass.CHECKS,
    *occupancy.CHECKS,
    *lifespans.CHECKS,
    *feed.CHECKS,
    *container_summaries.CHECKS,
    *batch_summaries.CHECKS,
    *events.CHECKS,
    *readings.CHECKS,
    *samples.CHECKS,
    *analysis.CHECKS,
    *health.CHECKS,
    *harvest.CHECKS,
    *finance.CHECKS,
    *weather.CHECKS,
    *numbers.CHECKS,
    *values.CHECKS,
    *references.CHECKS,
)
"""All hard checks."""
