"""The expected life of fish on the standard farm: weight and water temperature on every day.

It is the lifecycle's own growth in the mean season, without the random effects of year, site and
container. Rows made by factories therefore lie at the mean of simulated rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.biology import EGG_WEIGHT_G, FASTING_BEFORE_TRANSFER_DAYS, FIRST_FEEDING_WEIGHT_G
from ..lifecycle.days import day_number
from ..lifecycle.feeding import conversion_ratio, meals, ration
from ..lifecycle.growth import effective_degree_days, expected_tgc_per_1000, sea_start, yolk_weights
from ..lifecycle.numerics import cube_root
from ..lifecycle.stages import StageRule
from ..lifecycle.water import season_c
from .standard_farm import geography_named, standard_farm

LONGEST_SEA_DAYS = 900
_MAX_ITERATIONS = 8


@dataclass(frozen=True, eq=False, repr=False)
class ExpectedStage:
    """A stage of an expected life; arrays hold a value per day, from the day of arrival.

    Attributes:
        rule: rule of the stage.
        arrives: day on which the fish arrive.
        temp_c: water temperature in °C.
        weight_g: mean weight each morning in g, and after the last day (one value more than days).
    """

    rule: StageRule
    arrives: date
    temp_c: NDArray[np.float64]
    weight_g: NDArray[np.float64]

    @property
    def leaves(self) -> date:
        """The day on which the fish leave, unless they are harvested earlier."""
        return self.arrives + timedelta(days=len(self.temp_c))

    def day(self, when: date) -> int:
        """Return the day of the stage, from 0, clipped to the stage."""
        return min(max((when - self.arrives).days, 0), len(self.temp_c) - 1)

    def decagrams(self, day: int, fish: int, weight_share: float = 1.0) -> int:
        """Return the feed for a number of fish on a day of the stage, in units of 10 g.

        Args:
            day: day of the stage, from 0.
            fish: number of fish.
            weight_share: their weight as a share of the expected weight.
        """
        weight = self.weight_g[day : day + 2] * weight_share
        calendar = np.array([day_number(self.arrives) + day])
        ratio = conversion_ratio(weight[:1], calendar, self.rule)
        fed = ration(np.array([fish]), np.diff(weight), ratio, self.rule.waste_pct)
        return int(fed[0])

    def meal_decagrams(self, day: int, number: int, fish: int, weight_share: float = 1.0) -> int:
        """Return the feed of one meal of a day, in units of 10 g, at least one."""
        daily = np.array(self.decagrams(day, fish, weight_share))
        return max(int(meals(daily, len(self.rule.meals))[number]), 1)

    def first_day_at(self, weight_g: float) -> int:
        """Return the first day on which fish reach a weight, or the last day if they never do."""
        reached = int(np.searchsorted(self.weight_g, weight_g))
        return min(reached, len(self.temp_c) - 1)


@lru_cache(maxsize=256)
def expected_life(geography: str, starts: date) -> tuple[ExpectedStage, ...]:
    """Return the stages of a batch that starts in a geography on a day."""
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
    """Return the mean weight in g on each morning and after the last day."""
    if not rule.is_fed:
        from_egg = yolk_weights(np.array([EGG_WEIGHT_G]), temp_c[None, :])[0]
        return np.asarray(from_egg, np.float64)
    degree_days = effective_degree_days(temp_c, rule.reference_temp_c)
    gain = expected_tgc_per_1000(rule) / 1000.0 * degree_days
    if rule.site == "area":
        gain = gain * sea_start(np.arange(len(temp_c)))
    else:
        gain[-int(FASTING_BEFORE_TRANSFER_DAYS) :] = 0.0
    roots = cube_root(start_weight_g) + np.concatenate([[0.0], np.cumsum(gain)])
    return np.asarray(roots * roots * roots, np.float64)


def start_date_at_weight(geography: str, order: int, today: date, weight_g: float) -> date:
    """Return the start date of a batch whose fish have a mean weight today.

    Growth depends on the season, so the date is found by iteration.

    Args:
        geography: name of the geography.
        order: stage that the fish are in today.
        today: the farm's today.
        weight_g: mean weight in g.
    """
    offset = sum(rule.days for rule in standard_farm().stages[: order - 1])
    age = 0
    for _ in range(_MAX_ITERATIONS):
        starts = today - timedelta(days=offset + age)
        reached = expected_life(geography, starts)[order - 1].first_day_at(weight_g)
        if reached == age:
            break
        age = reached
    return today - timedelta(days=offset + age)
