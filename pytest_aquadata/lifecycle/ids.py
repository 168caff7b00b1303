"""Primary keys, settled before anything is simulated.

Every batch has its own range in every table, wide enough for all it could write, so that foreign
keys are known at once and batches can be simulated in any order. A range that is not used up
leaves a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .days import day_number
from .places import Site
from .plan import BatchPlan
from .stages import StageRule

FirstIds = Mapping[str, int]
"""First primary key of a range, by table."""

GRADES_PER_HARVEST = 5


def row_capacity(
    plan: BatchPlan,
    sites: Mapping[str, Site],
    rules: Mapping[int, StageRule],
    as_of: int,
    readings_per_day: int,
) -> dict[str, int]:
    """The most rows a batch can write by `as_of`, by table."""
    stays = [stay for stay in plan.stays if day_number(stay.arrives) <= as_of]
    containers = [len(stay.places) for stay in stays]
    trays = len(plan.stays[0].places)
    rings = containers[-1] if len(stays) == len(plan.stays) else 0
    feedings = deaths = readings = samples = individuals = 0
    for stay, count in zip(stays, containers, strict=True):
        rule = rules[stay.stage]
        first_day = day_number(stay.arrives)
        days = min(day_number(stay.leaves), as_of + 1) - first_day
        feedings += count * days * len(rule.meals)
        deaths += count * (days + 1)
        by_name = sites[stay.site].container_by_name
        sensors = sum(len(by_name[name].sensors) for name in stay.places)
        readings += sensors * days * readings_per_day
        if rule.sample_every_days:
            taken = count * (days // rule.sample_every_days + 1)
            samples += taken
            individuals += taken * rule.sample_size
    actions = sum(a + b for a, b in pairwise(containers))
    return {
        "batch_batch": 1,
        "batch_batchcontainerassignment": sum(containers),
        "batch_creationworkflow": 1,
        "batch_creationaction": trays,
        "batch_batchtransferworkflow": len(stays) - 1,
        "batch_transferaction": actions,
        "environmental_stagetransitionenvironmental": len(stays) - 1,
        "batch_mortalityevent": deaths,
        "inventory_feedingevent": feedings,
        "environmental_environmentalreading": readings,
        "batch_growthsample": samples,
        "batch_individualgrowthobservation": individuals,
        "harvest_harvestevent": rings,
        "harvest_harvestlot": rings * GRADES_PER_HARVEST,
    }


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
