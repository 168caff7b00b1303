"""Lice of a sea cage by the lifecycle's model, and the results of counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.days import day_number
from ..lifecycle.delousing import LiceHistory, simulate_lice
from ..lifecycle.events.lice import TYPES
from ..lifecycle.lice import ATTACHED, CALIGUS, FEMALE, MALE, PREADULT, infection_pressure
from .context import FactoryContext
from .fish_groups import FishGroup
from .standard_farm import geography_named

_NEIGHBOURS = 0.3
"""Farmed fish nearby: less than a full-grown batch in the next area [U]."""
_ABOVE_LIMIT = 1.5
"""Adult females as a multiple of the limit, in a count that is to be above it."""
_HARVEST_IN_DAYS = 30


@dataclass
class LiceHistories:
    """Registry of lice histories, by assignment id."""

    by_assignment: dict[int, LiceHistory] = field(default_factory=dict)


def _rule(group: FishGroup) -> Any:
    return geography_named(group.timeline.geography).entry.lice


def count_date(group: FishGroup, number: int) -> date:
    """Return the day of a lice count: the latest one for 0, the one before it for 1, and so on."""
    interval, age = _rule(group).count_every_days, (group.today - group.stage.arrives).days
    count = max(age // interval - number, 1)
    return min(group.stage.arrives + timedelta(days=count * interval), group.today)


def lice_limit(group: FishGroup, when: date) -> float:
    """Return the limit on a day, in adult females per fish."""
    return float(_rule(group).limit(np.array([day_number(when)]))[0])


def females_above_limit(group: FishGroup, when: date) -> int:
    """Return the adult females of a count that is above the limit on a day."""
    return int(lice_limit(group, when) * float(FISH_COUNTED) * _ABOVE_LIMIT) + 1


def counted_lice(context: FactoryContext, group: FishGroup, when: date) -> tuple[int, ...]:
    """Return the lice of the latest count up to a day, in the order of `TYPES`."""
    histories = context.registry(LiceHistories).by_assignment
    history = histories.get(group.assignment.id)
    if history is None:
        history = histories[group.assignment.id] = _simulate(context, group)
    age = (when - group.stage.arrives).days
    position = int(np.searchsorted(history.count_days, age, side="right")) - 1
    if position < 0:
        return (0,) * len(TYPES)
    counts = history.counts[position, :, 0]
    preadult_females = (int(counts[PREADULT]) + 1) // 2
    return (
        int(counts[FEMALE]),
        int(counts[MALE]),
        preadult_females,
        int(counts[PREADULT]) - preadult_females,
        int(counts[ATTACHED]),
        int(counts[CALIGUS]),
    )


def _simulate(context: FactoryContext, group: FishGroup) -> LiceHistory:
    seed = context.settings.seed
    subject = f"{context.settings.subject} {group.batch.batch_number}"
    days = (group.today - group.stage.arrives).days + 1
    first, temp_c = day_number(group.stage.arrives), group.stage.temp_c[None, :days]
    neighbours = np.full(days, _NEIGHBOURS)
    pressure = infection_pressure(seed, subject, (group.container.name,), first, temp_c, neighbours)
    rule = _rule(group)
    limits = rule.limit(first + np.arange(days))
    return simulate_lice(
        seed, subject, rule, pressure, limits, harvest_starts=days + _HARVEST_IN_DAYS
    )
