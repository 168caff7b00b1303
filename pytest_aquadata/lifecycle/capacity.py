"""The most rows that a batch can write, known before it is simulated."""

from __future__ import annotations

from collections.abc import Mapping

from .days import day_number
from .events.event import CapacityContext, StayCapacity
from .events.registry import EVENT_TABLES
from .places import Site
from .plan import BatchPlan, PlannedStay
from .stages import StageRule


def row_capacity(
    plan: BatchPlan,
    sites: Mapping[str, Site],
    rules: Mapping[int, StageRule],
    as_of: int,
    readings_per_day: int,
) -> dict[str, int]:
    """Return the most rows that a batch can write up to `as_of`, by table."""
    stays = tuple(
        _stay_capacity(stay, sites[stay.site], rules[stay.stage], as_of)
        for stay in plan.stays
        if day_number(stay.arrives) <= as_of
    )
    context = CapacityContext(plan, stays, readings_per_day)
    return {name: table.capacity(context) for name, table in EVENT_TABLES.items()}


def _stay_capacity(stay: PlannedStay, site: Site, rule: StageRule, as_of: int) -> StayCapacity:
    days = min(day_number(stay.leaves), as_of + 1) - day_number(stay.arrives)
    by_name = site.container_by_name
    sensors = sum(len(by_name[name].sensors) for name in stay.places)
    return StayCapacity(len(stay.places), days, sensors, rule)
