"""What a batch needs of the farm: how long, how many containers, when it can be harvested.

Computed with the lifecycle's own growth and survival, in the sea of its geography in those years:
the growth that the simulation will give, but for the weather of a site and the luck of a ring.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ..errors import PlanError
from ..lifecycle.biology import (
    DEAD_ON_ARRIVAL,
    FASTING_BEFORE_TRANSFER_DAYS,
    FIRST_FEEDING_WEIGHT_G,
    HANDLING_DEATHS,
)
from ..lifecycle.days import day_number
from ..lifecycle.growth import (
    batch_vigour,
    days_to_weight,
    effective_degree_days,
    thermal_growth,
    usual_tgc_per_1000,
)
from ..lifecycle.mortality import expected_survival
from ..lifecycle.places import Site
from ..lifecycle.stages import StageRule
from ..lifecycle.water import geography_temperature
from .farm import Farm, FarmGeography

DAYS_BETWEEN_RINGS = 2
"""Days between the harvests of two rings of a batch."""
LONGEST_SEA_DAYS = 900
_UNEVENNESS = 1.10
"""Room left under a legal limit because containers are not filled quite alike."""


@dataclass(frozen=True)
class StageRequirement:
    """What one stage of a batch needs.

    Attributes:
        stage: order of the stage.
        arrives: the day the fish come.
        leaves: the day the last of them go.
        fish: fish expected at the start.
        end_fish: fish expected at the end.
        end_weight_g: mean weight expected at the end.
    """

    stage: int
    arrives: date
    leaves: date
    fish: float
    end_fish: float
    end_weight_g: float

    @property
    def end_biomass_kg(self) -> float:
        """Biomass expected at the end."""
        return self.end_fish * self.end_weight_g / 1000.0

    def fits(self, rule: StageRule, site: Site) -> bool:
        """Whether a site has as many containers as the batch needs."""
        return self._wanted(rule, site) <= len(site.containers)

    def _wanted(self, rule: StageRule, site: Site) -> int:
        wanted = math.ceil(self.end_biomass_kg / room_kg(rule, site))
        if rule.max_fish_per_container:
            wanted = max(wanted, math.ceil(self.fish / allowed_fish(rule)))
        return wanted

    def containers(self, rule: StageRule, site: Site) -> int:
        """How many containers of a site the batch needs, by density and by number of fish.

        Raises:
            PlanError: when the site does not have as many.
        """
        wanted = self._wanted(rule, site)
        if wanted > len(site.containers):
            raise PlanError(
                f"a batch needs {wanted} containers in stage {self.stage} and {site.name} has "
                f"{len(site.containers)}: order fewer eggs, or harvest smaller fish"
            )
        return wanted


def room_kg(rule: StageRule, site: Site) -> float:
    """What each container of a site can hold of a stage; the smallest, if they are not alike."""
    return min(
        min(one.volume_m3 * rule.max_density_kg_m3, one.max_biomass_kg) for one in site.containers
    )


def allowed_fish(rule: StageRule) -> float:
    """Fish that may be planned for a container, where the law limits them."""
    return rule.max_fish_per_container / _UNEVENNESS


@dataclass(frozen=True)
class BatchRequirements:
    """What a batch needs from delivery to harvest.

    Attributes:
        harvest_starts: the day the first ring is harvested.
        stages: by order.
    """

    harvest_starts: date
    stages: tuple[StageRequirement, ...]


@dataclass(frozen=True)
class UnplacedBatch:
    """A batch before it has a place.

    Attributes:
        number: batch number.
        starts: the day its eggs are delivered.
        eggs: eggs ordered.
        harvest_weight_g: mean live weight aimed at.
    """

    number: str
    starts: date
    eggs: int
    harvest_weight_g: float


def batch_requirements(
    farm: Farm, geography: FarmGeography, wish: UnplacedBatch, seed: int
) -> BatchRequirements:
    """What a batch needs.

    Raises:
        PlanError: when the fish would never reach the weight, or no site can hold them.
    """
    vigour = batch_vigour(seed, wish.number)
    stages = []
    arrives, fish = wish.starts, wish.eggs * (1.0 - DEAD_ON_ARRIVAL)
    weight_g = float(FIRST_FEEDING_WEIGHT_G)
    rules = farm.rules(geography.name)
    for rule in rules[:-1]:
        leaves = arrives + timedelta(days=rule.days)
        if rule.is_fed:
            temps = _temperatures(rule, geography, arrives, rule.days, seed)
            weight_g = _end_weight_g(rule, weight_g, temps, vigour)
        end_fish = fish * expected_survival(rule, rule.days)
        stages.append(StageRequirement(rule.order, arrives, leaves, fish, end_fish, weight_g))
        arrives, fish = leaves, end_fish * (1.0 - HANDLING_DEATHS)
    last = rules[-1]
    temps = _temperatures(last, geography, arrives, LONGEST_SEA_DAYS, seed)
    growing = days_to_weight(weight_g, wish.harvest_weight_g, temps, last, vigour)
    if growing > LONGEST_SEA_DAYS:
        raise _never_heavy_enough(geography, arrives, wish.harvest_weight_g)
    end_fish = fish * expected_survival(last, growing)
    at_sea = StageRequirement(last.order, arrives, arrives, fish, end_fish, wish.harvest_weight_g)
    roomiest = max(
        (area.site for area in geography.areas),
        key=lambda site: room_kg(last, site) * len(site.containers),
    )
    window = DAYS_BETWEEN_RINGS * (at_sea.containers(last, roomiest) - 1)
    harvest_starts = arrives + timedelta(days=max(growing - window // 2, 1))
    stages.append(replace(at_sea, leaves=harvest_starts + timedelta(days=window)))
    return BatchRequirements(harvest_starts, tuple(stages))


def _temperatures(
    rule: StageRule, geography: FarmGeography, arrives: date, days: int, seed: int
) -> NDArray[np.float64]:
    if rule.hall_temp_c is not None:
        return np.full(days, rule.hall_temp_c)
    first_day = day_number(arrives)
    return geography_temperature(seed, geography.name, geography.climate, first_day, days)


def _end_weight_g(
    rule: StageRule, weight_g: float, temp_c: NDArray[np.float64], vigour: float
) -> float:
    fed = temp_c[: len(temp_c) - int(FASTING_BEFORE_TRANSFER_DAYS)]
    degree_days = float(effective_degree_days(fed, rule.reference_temp_c).sum())
    return float(thermal_growth(weight_g, usual_tgc_per_1000(rule) * vigour, degree_days))


def _never_heavy_enough(geography: FarmGeography, arrives: date, target_g: float) -> PlanError:
    return PlanError(
        f"fish put to sea in {geography.name} on {arrives} do not reach {target_g:,.0f} g in "
        f"{LONGEST_SEA_DAYS} days: aim at a lower harvest weight, or raise the stage's "
        "tgc_per_1000 or the monthly_temp_c of the geography in the farm file"
    )
