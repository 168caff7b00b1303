"""The lice of a ring as the lifecycle's own model follows them, and what counts of them find."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.days import day_number
from ..lifecycle.delousing import LiceHistory, simulate_lice
from ..lifecycle.events.lice import TYPES
from ..lifecycle.lice import ATTACHED, CALIGUS, FEMALE, MALE, PREADULT, infection_pressure
from .company import Company
from .expected_life import geography_named
from .stays import Stay

_NEIGHBOURS = 0.3
"""Farmed fish nearby: less than a full-grown batch next door [U]."""
_OVER = 1.5
"""How far above the limit a count is that is asked to be."""


def _rule(stay: Stay) -> Any:
    return geography_named(stay.track.geography).entry.lice


def counting_day(stay: Stay, back: int) -> date:
    """The latest day on which lice of a ring were counted, or one of those before."""
    every, age = _rule(stay).count_every_days, (stay.today - stay.stage.arrives).days
    turn = max(age // every - back, 1)
    return min(stay.stage.arrives + timedelta(days=turn * every), stay.today)


def limit(stay: Stay, when: date) -> float:
    """Adult females a fish that are allowed on a day."""
    return float(_rule(stay).limit(np.array([day_number(when)]))[0])


def over_limit(stay: Stay, when: date) -> int:
    """Adult females found on the fish of a count that is above the limit."""
    return int(limit(stay, when) * float(FISH_COUNTED) * _OVER) + 1


def found(at: Company, stay: Stay, when: date) -> tuple[int, ...]:
    """Lice found in a count on a day, by type."""
    history = _history(at, stay)
    age = (when - stay.stage.arrives).days
    position = int(np.searchsorted(history.count_days, age, side="right")) - 1
    if position < 0:
        return (0,) * len(TYPES)
    counts = history.counts[position, :, 0]
    females_before = (int(counts[PREADULT]) + 1) // 2
    return (
        int(counts[FEMALE]),
        int(counts[MALE]),
        females_before,
        int(counts[PREADULT]) - females_before,
        int(counts[ATTACHED]),
        int(counts[CALIGUS]),
    )


def _history(at: Company, stay: Stay) -> LiceHistory:
    known: LiceHistory | None = at.memory.get(("lice", stay.assignment.id))
    if known is not None:
        return known
    seed, number = at.setting.seed, f"{at.setting.subject} {stay.batch.batch_number}"
    days = (stay.today - stay.stage.arrives).days + 1
    first, temp_c = day_number(stay.stage.arrives), stay.stage.temp_c[None, :days]
    neighbours = np.full(days, _NEIGHBOURS)
    around = infection_pressure(seed, number, (stay.container.name,), first, temp_c, neighbours)
    rule = _rule(stay)
    allowed = rule.limit(first + np.arange(days))
    known = simulate_lice(seed, number, rule, around, allowed, harvest_starts=days + 30)
    at.memory["lice", stay.assignment.id] = known
    return known
