"""Inputs of the simulation of one batch: its plan, its sites, the rules, the seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .climate import SeaClimate
from .feeding import FeedProduct
from .ids import FirstIds
from .incidents.incident import Incident
from .keys import MasterKeys, Trade
from .lice import LiceRule
from .places import Site
from .plan import BatchPlan
from .stages import StageRule
from .vaccination import Vaccination


@dataclass(frozen=True)
class BatchInputs:
    """Everything that determines the rows of one batch.

    Attributes:
        plan: the batch's plan.
        first_ids: first primary key of the batch's range, by table.
        sites: halls and area of its stays, by name.
        rules: stage rules by order.
        feeds: the farm's feeds, smallest pellet first.
        climate: sea climate of its geography.
        trade: prices between the companies of its geography.
        lice: lice rule of its geography.
        neighbours: farmed fish near its sea area on each day of its sea stay.
        vaccinations: vaccination schedule of the farm.
        keys: primary keys of master data.
        seed: seed of the build.
        as_of: the farm's today, as a day number; nothing happens after it.
        readings_per_day: readings of each sensor a day.
        incidents: incidents requested for it.
    """

    plan: BatchPlan
    first_ids: FirstIds
    sites: Mapping[str, Site]
    rules: Mapping[int, StageRule]
    feeds: tuple[FeedProduct, ...]
    climate: SeaClimate
    trade: Trade
    lice: LiceRule
    neighbours: NDArray[np.float64]
    vaccinations: tuple[Vaccination, ...]
    keys: MasterKeys
    seed: int
    as_of: int
    readings_per_day: int
    incidents: tuple[Incident, ...] = ()
