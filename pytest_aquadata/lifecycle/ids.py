"""Primary keys, settled before anything is simulated.

Every batch has its own range in every table, wide enough for all it could write, so that foreign
keys are known at once and batches can be simulated in any order. A range that is not used up
leaves a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .days import day_number
from .places import Site
from .plan import BatchPlan, Stay
from .stages import StageRule

FirstIds = Mapping[str, int]
"""First primary key of a range, by table."""

GRADES_PER_HARVEST = 5
DAYS_A_WEEK = 7
DAYS_A_MONTH = 28
DAYS_BETWEEN_TREATMENTS = 12
LICE_TYPES_COUNTED = 6
FISH_SAMPLED = 75
HEALTH_PARAMETERS = 9
MOST_VACCINATIONS = 20
MOST_OUTBREAKS = 60
"""No batch has more; they only make its ranges wide enough."""


@dataclass(frozen=True)
class _StayCapacity:
    """What one stay can hold by today."""

    containers: int
    days: int
    sensors: int
    rule: StageRule


def row_capacity(
    plan: BatchPlan,
    sites: Mapping[str, Site],
    rules: Mapping[int, StageRule],
    as_of: int,
    readings_per_day: int,
) -> dict[str, int]:
    """The most rows a batch can write by `as_of`, by table."""
    stays = [
        _stay_capacity(stay, sites[stay.site], rules[stay.stage], as_of)
        for stay in plan.stays
        if day_number(stay.arrives) <= as_of
    ]
    containers = [stay.containers for stay in stays]
    transfers = len(stays) - 1
    rings = containers[-1] if len(stays) == len(plan.stays) else 0
    lots = rings * GRADES_PER_HARVEST
    weighed = sum(stay.containers * _times(stay) for stay in stays)
    individuals = sum(stay.containers * _times(stay) * stay.rule.sample_size for stay in stays)
    months = sum(stay.days // DAYS_A_MONTH + 1 for stay in stays)
    samplings = months + MOST_VACCINATIONS
    sea_days = stays[-1].days if rings else 0
    return {
        "batch_batch": 1,
        "batch_batchcontainerassignment": sum(containers),
        "batch_creationworkflow": 1,
        "batch_creationaction": containers[0],
        "batch_batchtransferworkflow": transfers,
        "batch_transferaction": sum(a + b for a, b in pairwise(containers)),
        "environmental_stagetransitionenvironmental": transfers,
        "environmental_environmentalreading": sum(
            stay.sensors * stay.days * readings_per_day for stay in stays
        ),
        "batch_mortalityevent": sum(stay.containers * (stay.days + 1) for stay in stays),
        "inventory_feedingevent": sum(
            stay.containers * stay.days * len(stay.rule.meals) for stay in stays
        ),
        "batch_growthsample": weighed,
        "batch_individualgrowthobservation": individuals,
        "health_licecount": rings * sea_days * LICE_TYPES_COUNTED,
        "health_treatment": rings * (sea_days // DAYS_BETWEEN_TREATMENTS + 1)
        + MOST_VACCINATIONS * max(containers),
        "health_healthsamplingevent": samplings,
        "health_individualfishobservation": samplings * FISH_SAMPLED,
        "health_fishparameterscore": samplings * FISH_SAMPLED * HEALTH_PARAMETERS,
        "health_healthlabsample": samplings + MOST_OUTBREAKS,
        "health_journalentry": months
        + MOST_VACCINATIONS
        + MOST_OUTBREAKS
        + sea_days // DAYS_A_WEEK
        + 1,
        "harvest_harvestevent": rings,
        "harvest_harvestlot": lots,
        "harvest_harvestwaste": rings * 2,
        "finance_factharvest": lots,
        "finance_intercompanytransaction": lots + transfers,
    }


def _stay_capacity(stay: Stay, site: Site, rule: StageRule, as_of: int) -> _StayCapacity:
    days = min(day_number(stay.leaves), as_of + 1) - day_number(stay.arrives)
    by_name = site.container_by_name
    sensors = sum(len(by_name[name].sensors) for name in stay.places)
    return _StayCapacity(len(stay.places), days, sensors, rule)


def _times(stay: _StayCapacity) -> int:
    """How often each container is sampled for growth, at most."""
    every = stay.rule.sample_every_days
    return stay.days // every + 1 if every else 0


def first_ids(capacities: Sequence[Mapping[str, int]], above: FirstIds) -> list[FirstIds]:
    """Where each batch's ranges start, one after another.

    Args:
        capacities: rows each batch can write, in the order of the schedule.
        above: the highest primary key already taken, by table; a table not named has none.
    """
    next_id: dict[str, int] = {}
    ranges: list[FirstIds] = []
    for capacity in capacities:
        ranges.append({table: next_id.get(table, above.get(table, 0) + 1) for table in capacity})
        for table, rows in capacity.items():
            next_id[table] = ranges[-1][table] + rows
    return ranges


def take_ids(first: FirstIds, table: str, rows: int) -> NDArray[np.int64]:
    """The first `rows` primary keys of a batch's range."""
    return first[table] + np.arange(rows, dtype=np.int64)
