"""Requirements of a batch: duration, fish, biomass and containers of each stage, harvest date.

They follow from the simulation's own growth and survival, with the sea temperatures of the
geography in those years. The simulation adds only local weather and variation between rings.
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
    batch_growth_factor,
    days_to_weight,
    effective_degree_days,
    expected_tgc_per_1000,
    thermal_growth,
)
from ..lifecycle.mortality import expected_survival
from ..lifecycle.places import Site
from ..lifecycle.stages import StageRule
from ..lifecycle.water import geography_temperature
from .farm import Farm, FarmGeography

EGGS_PER_BATCH = (3_000_000, 3_800_000)
"""Smallest and largest number of eggs of a full-size batch."""
TYPICAL_EGGS = sum(EGGS_PER_BATCH) // 2
DAYS_BETWEEN_RINGS = 2
"""Days between the harvests of two rings of a batch."""
LONGEST_SEA_DAYS = 900
_UNEVENNESS = 1.10
"""Margin below a legal limit, because fish are not distributed evenly over containers."""


@dataclass(frozen=True)
class StageRequirement:
    """Requirements of one stage of a batch.

    Attributes:
        stage: order of the stage.
        arrives: day on which the fish arrive.
        leaves: day on which the last fish leave.
        fish: expected number of fish at the start.
        end_fish: expected number of fish at the end.
        end_weight_g: expected mean weight at the end.
    """

    stage: int
    arrives: date
    leaves: date
    fish: float
    end_fish: float
    end_weight_g: float

    @property
    def end_biomass_kg(self) -> float:
        """Expected biomass at the end."""
        return self.end_fish * self.end_weight_g / 1000.0

    def fits(self, rule: StageRule, site: Site) -> bool:
        """Return whether a site has enough containers for the batch."""
        return self._container_count(rule, site) <= len(site.containers)

    def _container_count(self, rule: StageRule, site: Site) -> int:
        count = math.ceil(self.end_biomass_kg / container_limit_kg(rule, site))
        if rule.max_fish_per_container:
            count = max(count, math.ceil(self.fish / allowed_fish(rule)))
        return count

    def containers(self, rule: StageRule, site: Site) -> int:
        """Return how many containers of a site the batch needs, by density and by number of fish.

        Raises:
            PlanError: if the site has fewer containers.
        """
        count = self._container_count(rule, site)
        if count > len(site.containers):
            raise PlanError(
                f"a batch needs {count} containers in stage {self.stage} and {site.name} has "
                f"{len(site.containers)}: order fewer eggs, or harvest smaller fish"
            )
        return count


def container_limit_kg(rule: StageRule, site: Site) -> float:
    """Return the biomass that every container of a site can hold in a stage."""
    return min(
        min(container.volume_m3 * rule.max_density_kg_m3, container.max_biomass_kg)
        for container in site.containers
    )


def allowed_fish(rule: StageRule) -> float:
    """Return the fish to plan for a container of a stage with a legal limit."""
    return rule.max_fish_per_container / _UNEVENNESS


@dataclass(frozen=True)
class BatchRequirements:
    """Requirements of a batch from delivery to harvest.

    Attributes:
        harvest_starts: day on which the first ring is harvested.
        stages: requirements by order of the stage.
    """

    harvest_starts: date
    stages: tuple[StageRequirement, ...]


@dataclass(frozen=True)
class UnplacedBatch:
    """A batch without sites.

    Attributes:
        number: batch number.
        starts: day on which the eggs are delivered.
        eggs: eggs ordered.
        harvest_weight_g: target mean live weight.
    """

    number: str
    starts: date
    eggs: int
    harvest_weight_g: float


def batch_requirements(
    farm: Farm, geography: FarmGeography, batch: UnplacedBatch, seed: int
) -> BatchRequirements:
    """Compute the requirements of a batch.

    Raises:
        PlanError: if the fish do not reach the harvest weight, or no site can hold them.
    """
    growth_factor = batch_growth_factor(seed, batch.number)
    stages = []
    arrives, fish = batch.starts, batch.eggs * (1.0 - DEAD_ON_ARRIVAL)
    weight_g = float(FIRST_FEEDING_WEIGHT_G)
    rules = farm.rules(geography.name, batch.starts.month)
    for rule in rules[:-1]:
        leaves = arrives + timedelta(days=rule.days)
        if rule.is_fed:
            temps = _temperatures(rule, geography, arrives, rule.days, seed)
            weight_g = _end_weight_g(rule, weight_g, temps, growth_factor)
        end_fish = fish * expected_survival(rule, rule.days)
        stages.append(StageRequirement(rule.order, arrives, leaves, fish, end_fish, weight_g))
        arrives, fish = leaves, end_fish * (1.0 - HANDLING_DEATHS)
    last = rules[-1]
    temps = _temperatures(last, geography, arrives, LONGEST_SEA_DAYS, seed)
    growing_days = days_to_weight(weight_g, batch.harvest_weight_g, temps, last, growth_factor)
    if growing_days > LONGEST_SEA_DAYS:
        raise _target_not_reached(geography, arrives, batch.harvest_weight_g)
    end_fish = fish * expected_survival(last, growing_days)
    at_sea = StageRequirement(last.order, arrives, arrives, fish, end_fish, batch.harvest_weight_g)
    largest_area = max(
        (area.site for area in geography.areas),
        key=lambda site: container_limit_kg(last, site) * len(site.containers),
    )
    window = DAYS_BETWEEN_RINGS * (at_sea.containers(last, largest_area) - 1)
    harvest_starts = arrives + timedelta(days=max(growing_days - window // 2, 1))
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
    rule: StageRule, weight_g: float, temp_c: NDArray[np.float64], growth_factor: float
) -> float:
    fed = temp_c[: len(temp_c) - int(FASTING_BEFORE_TRANSFER_DAYS)]
    degree_days = float(effective_degree_days(fed, rule.reference_temp_c).sum())
    return float(thermal_growth(weight_g, expected_tgc_per_1000(rule) * growth_factor, degree_days))


def _target_not_reached(geography: FarmGeography, arrives: date, target_g: float) -> PlanError:
    return PlanError(
        f"fish put to sea in {geography.name} on {arrives} do not reach {target_g:,.0f} g in "
        f"{LONGEST_SEA_DAYS} days: lower the harvest weight, or raise the stage's "
        "tgc_per_1000 or the monthly_temp_c of the geography in the farm file"
    )
