"""From today's state to harvest: what an active batch will weigh, and how sure that is.

Water is the profile, shifted by how much warmer than it the last fortnight was, a shift that fades
as months go by; fish grow and die by the models, less for each degree-day where water is far from
their optimum, and slowly in their first weeks at sea, which no model knows of.

The interval is reckoned in W^(1/3), where growth is a sum, from three errors: the last weighings,
the season and chance, both of which count from the last weighing on. Their sizes were fitted to
simulated batches of the medium preset, seeds 101 to 103; `benchmarks/growth_analysis.py` tells how
often the interval holds for other seeds, by days at sea.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..growth import sea_start, thermal_efficiency
from ..numerics import cube_root
from .anchors import NO_ANCHOR
from .assimilate import States
from .models import GrowthModels
from .observations import Observations
from .projection import stages_by_day
from .temperature import PROFILE

BIAS_DAYS = 14
"""Days whose measured water is held against the profile."""

BIAS_LIMIT_C = 2.0
"""A profile is never shifted by more."""

BIAS_HALF_LIFE_DAYS = 30.0
"""In so many days half of the bias is forgotten: it is weather more than a warm year [U]."""

HORIZON_DAYS = 1000
"""Nothing is projected further."""

WEIGHING_CV = 0.04
"""SD of a container's weighing: 20 % between fish, 30 fish, and a little handling bias."""

SEASON_SD = 0.07
"""SD of a season's growth against the models, as a share of it: warm and cold years, lice and
sickness in autumn, appetite in spring. It adds up for `SEASON_DAYS`, those with the most growth;
over longer times the seasons even out."""

SEASON_DAYS = 182
"""Half a year."""

CHANCE_SD = 0.06
"""SD of what nobody foresees, treatments above all, in g^(1/3) a square root of the gain."""

_Z_80 = 1.2816
"""Half the width of an 80 % interval of a normal distribution, in SDs."""


@dataclass(frozen=True)
class Arrival:
    """When a weight is reached: expected, and the ends of the interval; None beyond the horizon."""

    day: int | None
    earliest: int | None
    latest: int | None


@dataclass(frozen=True)
class LiveProjection:
    """What is expected of a batch, an entry a day from tomorrow on.

    Attributes:
        today_g: mean weight today.
        fish: fish today.
        bias_c: by how much the water is warmer than the profile.
        bias_days: days of the last fortnight on which it was measured.
        day: day number.
        temp_c: water.
        weight_g: expected mean weight in the evening.
        low_g: lower end of the 80 % interval.
        high_g: upper end.
        population: expected fish in the evening.
        stage_ids: primary key of the lifecycle stage.
        feed_kg: expected feed of the day.
    """

    today_g: float
    fish: int
    bias_c: float
    bias_days: int
    day: NDArray[np.int64]
    temp_c: NDArray[np.float64]
    weight_g: NDArray[np.float64]
    low_g: NDArray[np.float64]
    high_g: NDArray[np.float64]
    population: NDArray[np.float64]
    stage_ids: NDArray[np.int64]
    feed_kg: NDArray[np.float64]

    @property
    def biomass_kg(self) -> NDArray[np.float64]:
        """Weight of all fish."""
        return self.weight_g * self.population / 1000.0

    def reaches(self, target_g: float) -> Arrival:
        """When the mean weight reaches a target."""

        def first(weight_g: NDArray[np.float64]) -> int | None:
            reached = np.flatnonzero(weight_g >= target_g)
            return int(self.day[reached[0]]) if len(reached) else None

        return Arrival(first(self.weight_g), first(self.high_g), first(self.low_g))


def project_from_today(
    observations: Observations, states: States, models: GrowthModels, days: int = HORIZON_DAYS
) -> LiveProjection | None:
    """Project a batch from its states of today.

    Args:
        observations: what is known of the batch.
        states: its states up to today.
        models: those of its scenario.
        days: how far to look.

    Returns:
        None when no fish are left today, or none can be projected for want of a growth model.
    """
    assignments = observations.assignments
    here = np.flatnonzero(assignments.is_active & (assignments.end_day == observations.as_of + 1))
    if not len(here) or models.tgc is None:
        return None
    last = assignments.end_day[here] - assignments.first_day[here] - 1
    fish, weight_g = states.population[here, last], states.weight_g[here, last]
    if fish.sum() <= 0:
        return None
    today_g = float((fish * weight_g).sum() / fish.sum())
    bias_c, bias_days = temperature_bias(observations, states, models)
    stage, now = _stages(observations, models, here, days)
    age = observations.as_of - observations.batch.start_day + 1 + np.arange(1, days + 1)
    same_water = models.limits.fresh_water[stage] == models.limits.fresh_water[now]
    fading = 0.5 ** (np.arange(days) / BIAS_HALF_LIFE_DAYS)
    temp_c = models.profile_c(age) + np.where(same_water, bias_c * fading, 0.0)
    warmth = np.maximum(np.nan_to_num(temp_c), 0.0)
    coefficient = (
        models.coefficient[stage]
        * _response(observations, models, stage, warmth)
        * _sea_start(observations, models, stage, now)
    )
    root_now = float(cube_root(today_g))
    root = root_now + np.cumsum(coefficient * warmth)
    known = _since_weighing(states, here, last, root_now)
    weighing = WEIGHING_CV / 3.0 * root_now / len(here) ** 0.5
    gain = known + root - root_now
    before = np.concatenate([np.zeros(SEASON_DAYS), gain])[:days]
    season = SEASON_SD * np.maximum.accumulate(gain - before)
    sd = np.sqrt(weighing**2 + season**2 + CHANCE_SD**2 * gain)
    population = fish.sum() * np.cumprod(1.0 - np.nan_to_num(models.daily_rate[stage]))
    expected_g = root**3
    before_g = np.concatenate([[today_g], expected_g[:-1]])
    return LiveProjection(
        today_g=today_g,
        fish=int(fish.sum()),
        bias_c=bias_c,
        bias_days=bias_days,
        day=observations.as_of + np.arange(1, days + 1),
        temp_c=temp_c,
        weight_g=expected_g,
        low_g=np.maximum(root - _Z_80 * sd, 0.0) ** 3,
        high_g=(root + _Z_80 * sd) ** 3,
        population=population,
        stage_ids=models.stages.ids[stage],
        feed_kg=(expected_g - before_g) * population / 1000.0 * models.fcr_at(stage, before_g),
    )


def temperature_bias(
    observations: Observations, states: States, models: GrowthModels
) -> tuple[float, int]:
    """By how much the last `BIAS_DAYS` were warmer than the profile, at most `BIAS_LIMIT_C`.

    The mean over all assignments and days with water measured or between measurements; 0 without.

    Returns:
        The bias in °C, and the number of days it was taken from.
    """
    assignments = observations.assignments
    day = assignments.first_day[:, None] + np.arange(assignments.days)
    recent = states.has_state & (day > observations.as_of - BIAS_DAYS)
    profile_c = models.profile_c(day - observations.batch.start_day + 1)
    used = recent & (states.temperatures.source < PROFILE) & ~np.isnan(profile_c)
    if not used.any():
        return 0.0, 0
    bias = float((states.temperatures.temp_c - profile_c)[used].mean())
    return float(np.clip(bias, -BIAS_LIMIT_C, BIAS_LIMIT_C)), len(np.unique(day[used]))


def _stages(
    observations: Observations, models: GrowthModels, here: NDArray[np.int64], days: int
) -> tuple[NDArray[np.int64], int]:
    """Stage of each day to come by the plan, and today's; fish never go back to an earlier one."""
    course = models.stages.of_species(observations.batch.species)
    position = models.stages.positions(observations.assignments.stage_ids[here])
    now = int(position.max())
    age = observations.as_of - observations.batch.start_day + 1
    planned = stages_by_day(models, course, 0, age + days)[age:]
    return np.maximum(planned, now), now


def _response(
    observations: Observations,
    models: GrowthModels,
    stage: NDArray[np.int64],
    temp_c: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Growth for each degree-day to come, against what the models take for granted all year round.

    A coefficient says what fish show over a whole stage; in its warmest and coldest weeks they show
    less of it. Over the stage's days of the profile the two come to the same.
    """
    course = models.stages.of_species(observations.batch.species)
    days = int(models.stage_days[course].sum())
    usual_c = np.maximum(np.nan_to_num(models.profile_c(np.arange(1, days + 1))), 0.0)
    planned = stages_by_day(models, course, 0, days)
    count = len(models.stages)
    plain = np.bincount(planned, usual_c, count)
    shown = np.bincount(planned, usual_c * thermal_efficiency(usual_c), count)
    share = np.divide(plain, shown, out=np.ones(count), where=shown > 0)
    return share[stage] * thermal_efficiency(temp_c)


def _sea_start(
    observations: Observations, models: GrowthModels, stage: NDArray[np.int64], now: int
) -> NDArray[np.float64]:
    """Share of normal growth on each day to come: less in the first weeks at sea."""
    salt = ~models.limits.fresh_water
    if salt[now]:
        assignments = observations.assignments
        at_sea = salt[models.stages.positions(assignments.stage_ids)]
        since = observations.as_of + 1 - int(assignments.first_day[at_sea].min())
        return sea_start(since + np.arange(len(stage)))
    days = np.cumsum(salt[stage]) - 1
    return np.where(salt[stage], sea_start(np.maximum(days, 0)), 1.0)


def _since_weighing(
    states: States, here: NDArray[np.int64], last: NDArray[np.int64], root_now: float
) -> float:
    """Gain of W^(1/3) that the models have added since the containers were last weighed."""
    weighed = states.anchors.kind[here] != NO_ANCHOR
    days = np.arange(weighed.shape[1])
    latest = np.where(weighed & (days <= last[:, None]), days, -1).max(axis=1)
    start_g = states.start_weight_g[here]
    known_g = np.where(latest >= 0, states.weight_g[here, np.maximum(latest, 0)], start_g)
    return max(root_now - float(cube_root(known_g).mean()), 0.0)
