"""Who is near: how much farmed fish surrounds a batch's sea area on each day of its stay.

Lice travel with the current between sites. What the schedule knows of the neighbours (where they
are, how many, how long at sea by then) is what their lice depend on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.days import day_number
from ..lifecycle.plan import BatchPlan, Stay
from .farm import Farm
from .sites import SeaArea

_REACH_KM = 12.0
"""Distance over which infection pressure falls to a third [U]."""
_FULL_BATCH_EGGS = 3_400_000
_FULL_GROWN_DAYS = 300
_WEIGHT = 0.3
_KM_A_DEGREE = 111.2


def neighbour_load(farm: Farm, batches: Sequence[BatchPlan]) -> Mapping[str, NDArray[np.float64]]:
    """Farmed fish near each batch on every day of its sea stay, by batch number.

    A full-grown batch in the same place would count 0.3; its weight falls with distance and with
    its size. Batches that no area keeps at sea have none.
    """
    areas = {area.name: area for geography in farm.geographies for area in geography.areas}
    stays = {batch.number: batch.stays[-1] for batch in batches}
    load = {number: np.zeros(_days(stay)) for number, stay in stays.items()}
    for batch, other in product(batches, batches):
        mine, theirs = stays[batch.number], stays[other.number]
        if batch is other or batch.geography != other.geography:
            continue
        near = _WEIGHT * math.exp(-distance_km(areas[mine.site], areas[theirs.site]) / _REACH_KM)
        if near > 0.001:
            load[batch.number] += near * _presence(other, mine)
    return load


def _days(stay: Stay) -> int:
    return (stay.leaves - stay.arrives).days


def _presence(other: BatchPlan, mine: Stay) -> NDArray[np.float64]:
    """Size of another batch at sea on each day of a stay, 1 for a full-grown one."""
    theirs = other.stays[-1]
    age = np.arange(_days(mine)) + day_number(mine.arrives) - day_number(theirs.arrives)
    there = (age >= 0) & (age < _days(theirs))
    grown = np.minimum(age / float(_FULL_GROWN_DAYS), 1.0)
    return np.where(there, grown * (other.eggs / _FULL_BATCH_EGGS), 0.0)


def distance_km(one: SeaArea, other: SeaArea) -> float:
    """Distance between two sea areas, near enough for neighbours."""
    north = (one.latitude - other.latitude) * _KM_A_DEGREE
    shrunk = math.cos(math.radians((one.latitude + other.latitude) / 2.0))
    east = (one.longitude - other.longitude) * _KM_A_DEGREE * shrunk
    return math.hypot(north, east)
