"""Farmed fish near each batch at sea: a source of lice, which drift between sites.

Computed from the schedule alone: distance, number and days at sea of the neighbouring batches.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.days import day_number
from ..lifecycle.plan import BatchPlan, PlannedStay
from .farm import Farm
from .requirements import TYPICAL_EGGS
from .sites import SeaArea

_REACH_KM = 12.0
"""Distance over which infection pressure falls to a third [U]."""
_FULL_GROWN_DAYS = 300
_NEIGHBOUR_WEIGHT = 0.3
_KM_A_DEGREE = 111.2


def neighbour_load(farm: Farm, batches: Sequence[BatchPlan]) -> Mapping[str, NDArray[np.float64]]:
    """Return the load of farmed fish near each batch on every day at sea, by batch number.

    A full-grown batch at distance 0 adds 0.3; younger, smaller and more distant batches add less.
    """
    areas = {area.name: area for geography in farm.geographies for area in geography.areas}
    stays = {batch.number: batch.stays[-1] for batch in batches}
    load = {number: np.zeros(_days(stay)) for number, stay in stays.items()}
    for batch, other in product(batches, batches):
        stay, other_stay = stays[batch.number], stays[other.number]
        if batch is other or batch.geography != other.geography:
            continue
        distance = distance_km(areas[stay.site], areas[other_stay.site])
        weight = _NEIGHBOUR_WEIGHT * math.exp(-distance / _REACH_KM)
        if weight > 0.001:
            load[batch.number] += weight * _presence(other, stay)
    return load


def _days(stay: PlannedStay) -> int:
    return (stay.leaves - stay.arrives).days


def _presence(other: BatchPlan, stay: PlannedStay) -> NDArray[np.float64]:
    """Return the size of another batch at sea on each day of a stay; 1 if full-grown."""
    other_stay = other.stays[-1]
    age = np.arange(_days(stay)) + day_number(stay.arrives) - day_number(other_stay.arrives)
    is_at_sea = (age >= 0) & (age < _days(other_stay))
    grown = np.minimum(age / float(_FULL_GROWN_DAYS), 1.0)
    return np.where(is_at_sea, grown * (other.eggs / TYPICAL_EGGS), 0.0)


def distance_km(area: SeaArea, other: SeaArea) -> float:
    """Return the distance between two sea areas; the earth is taken as flat between them."""
    north = (area.latitude - other.latitude) * _KM_A_DEGREE
    east_scale = math.cos(math.radians((area.latitude + other.latitude) / 2.0))
    east = (area.longitude - other.longitude) * _KM_A_DEGREE * east_scale
    return math.hypot(north, east)
