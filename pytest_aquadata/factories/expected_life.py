"""The usual life of fish on the standard farm: what they weigh, in which water, on which day.

The lifecycle's own growth in the calendar's own season, without the luck of a year, a site or a
ring: so a row made by a factory lies where the simulation's rows lie on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.biology import EGG_WEIGHT_G, FASTING_BEFORE_TRANSFER_DAYS, FIRST_FEEDING_WEIGHT_G
from ..lifecycle.days import day_number
from ..lifecycle.feeding import conversion_ratio, meals, pellet, ration
from ..lifecycle.growth import effective_degree_days, expected_tgc_per_1000, sea_start, yolk_weights
from ..lifecycle.numerics import cube_root
from ..lifecycle.stages import StageRule
from ..lifecycle.water import season_c
from ..presets.farm import Farm, FarmGeography, load_farm

LONGEST_SEA_DAYS = 900
_TRIES = 8


@lru_cache(maxsize=1)
def standard_farm() -> Farm:
    """The farm whose rules the factories follow."""
    return load_farm()


def geography_named(name: str) -> FarmGeography:
    """The farm's geography that a row's name begins with; the first for any other name."""
    places = standard_farm().geographies
    return next((place for place in places if name.startswith(place.name)), places[0])


@dataclass(frozen=True, eq=False, repr=False)
class ExpectedStage:
    """One stage of a usual life; arrays hold a value a day, from the day of arrival.

    Attributes:
        rule: the stage's rule.
        arrives: the day the fish come.
        temp_c: water temperature.
        weight_g: mean weight in the morning, one more value than days.
    """

    rule: StageRule
    arrives: date
    temp_c: NDArray[np.float64]
    weight_g: NDArray[np.float64]

    @property
    def leaves(self) -> date:
        """The day the fish go, unless they are harvested before."""
        return self.arrives + timedelta(days=len(self.temp_c))

    def day(self, when: date) -> int:
        """The day of the stage, from 0, kept within the stage."""
        return min(max((when - self.arrives).days, 0), len(self.temp_c) - 1)

    def decagrams(self, day: int, fish: int, weight_share: float = 1.0) -> int:
        """What so many fish are fed on a day; `weight_share` is theirs of the usual weight."""
        weight = self.weight_g[day : day + 2] * weight_share
        calendar = np.array([day_number(self.arrives) + day])
        ratio = conversion_ratio(weight[:1], calendar, self.rule)
        fed = ration(np.array([fish]), np.diff(weight), ratio, self.rule.waste_pct)
        return int(fed[0])

    def meal_decagrams(self, day: int, number: int, fish: int, weight_share: float = 1.0) -> int:
        """What one meal of a day holds, at least ten grams."""
        whole = np.array(self.decagrams(day, fish, weight_share))
        return max(int(meals(whole, len(self.rule.meals))[number]), 1)

    def first_day_at(self, weight_g: float) -> int:
        """The first day on which fish weigh so much; the last day if they never do."""
        reached = int(np.searchsorted(self.weight_g, weight_g))
        return min(reached, len(self.temp_c) - 1)


@lru_cache(maxsize=256)
def expected_life(geography: str, starts: date) -> tuple[ExpectedStage, ...]:
    """The usual life of a batch that starts in a geography on a day, stage by stage."""
    farm = standard_farm()
    climate = geography_named(geography).climate
    stages: list[ExpectedStage] = []
    arrives, weight_g = starts, float(FIRST_FEEDING_WEIGHT_G)
    for rule in farm.stages:
        days = rule.days if rule.hall_temp_c is not None else LONGEST_SEA_DAYS
        calendar = day_number(arrives) + np.arange(days)
        at_sea = rule.hall_temp_c is None
        temp_c = season_c(climate, calendar) if at_sea else np.full(days, rule.hall_temp_c)
        weights = _weights(rule, weight_g, temp_c)
        stages.append(ExpectedStage(rule, arrives, temp_c, weights))
        arrives = stages[-1].leaves
        weight_g = float(weights[-1])
    return tuple(stages)


def _weights(
    rule: StageRule, start_weight_g: float, temp_c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean weight on each morning and after the last day."""
    if not rule.is_fed:
        from_egg = yolk_weights(np.array([EGG_WEIGHT_G]), temp_c[None, :])[0]
        return np.asarray(from_egg, np.float64)
    gain = (
        expected_tgc_per_1000(rule) / 1000.0 * effective_degree_days(temp_c, rule.reference_temp_c)
    )
    if rule.site == "area":
        gain = gain * sea_start(np.arange(len(temp_c)))
    else:
        gain[-int(FASTING_BEFORE_TRANSFER_DAYS) :] = 0.0
    roots = cube_root(start_weight_g) + np.concatenate([[0.0], np.cumsum(gain)])
    return np.asarray(roots * roots * roots, np.float64)


def harvest_weight_g(geography: FarmGeography) -> float:
    """The mean weight at which a geography usually harvests."""
    low, high = geography.harvest_weight_g
    return (low + high) / 2.0


def days_before(geography: str, order: int, today: date, weight_g: float) -> date:
    """When a batch started whose fish weigh so much today, in a stage.

    Found by the growth of the season: a start is tried, and moved until its fish reach the weight
    today.
    """
    offset = sum(rule.days for rule in standard_farm().stages[: order - 1])
    age = 0
    for _ in range(_TRIES):
        starts = today - timedelta(days=offset + age)
        reached = expected_life(geography, starts)[order - 1].first_day_at(weight_g)
        if reached == age:
            break
        age = reached
    return today - timedelta(days=offset + age)


def suited_feed(weight_g: float) -> int:
    """Position, in the farm's list of feeds, of the feed that suits a mean weight."""
    return int(pellet(np.array([weight_g]), standard_farm().feeds)[0])
