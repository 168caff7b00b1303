"""Everything the simulation of one batch is given: its plan, its places, the rules, the seed."""

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
    """What determines every row of one batch.

    Attributes:
        plan: the batch's plan.
        first_ids: where the batch's own range of primary keys starts, by table.
        sites: the halls and the area of its stays, by name.
        rules: stage rules by order.
        feeds: the farm's feeds, smallest pellet first.
        climate: the sea of its geography.
        trade: how the companies of its geography trade.
        lice: how its geography watches lice.
        neighbours: farmed fish near the batch's sea area, a day of its sea stay.
        vaccinations: the farm's schedule of injections.
        keys: primary keys of master data.
        seed: seed of the build.
        as_of: the farm's today, as a day number; nothing happens after it.
        readings_per_day: readings of each sensor a day.
        incidents: what happens to it out of the ordinary.
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
