"""Projection of an active batch from today's states, with an 80 % interval.

The temperature is the profile plus a bias: the difference of the last 14 days, decaying with time.
Growth and mortality follow the models, corrected for two effects that TGC models lack: reduced
growth per degree-day far from the optimal temperature, and slow growth in the first weeks at sea.

The interval is calculated in W^(1/3), where growth is a sum, from three independent errors: of the
last weighings, of the season, and of chance; the last two grow with the gain since the last
weighing. Their sizes were fitted to simulated batches of the medium preset, seeds 101 to 103;
`benchmarks/growth_analysis.py` measures the coverage of the interval for other seeds.
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
"""Days over which measured temperatures are compared with the profile."""

BIAS_LIMIT_C = 2.0
"""Largest bias."""

BIAS_HALF_LIFE_DAYS = 30.0
"""Half-life of the bias: it is mostly weather, not a warm year [U]."""

HORIZON_DAYS = 1000
"""Longest projection."""

WEIGHING_CV = 0.04
"""Relative SD of a container's mean weight: 20 % between fish, 30 fish, handling bias."""

SEASON_SD = 0.07
"""Relative SD of a season's growth: warm and cold years, lice and disease in autumn, appetite in
spring. Applied to the `SEASON_DAYS` with the most growth; longer periods average out."""

SEASON_DAYS = 182
"""Length of a season: half a year."""

CHANCE_SD = 0.06
"""SD of unpredictable growth, mainly by treatments, in g^(1/3) per square root of the gain."""

_Z_80 = 1.2816
"""Half-width of the 80 % interval of a normal distribution, in SDs."""


@dataclass(frozen=True)
class Arrival:
    """Day numbers on which a weight is reached; None if not within the projection."""

    day: int | None
    earliest: int | None
    latest: int | None


@dataclass(frozen=True)
class LiveProjection:
    """The expected life of a batch, one entry per day from tomorrow on.

    Attributes:
        today_g: mean weight today.
        fish: fish today.
        bias_c: difference between measured temperatures and the profile.
        bias_days: days from which the bias was taken; 0 without measurements.
        day: day number.
        temp_c: water temperature.
        weight_g: expected mean weight in the evening.
        low_g: lower end of the 80 % interval.
        high_g: upper end of the 80 % interval.
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
        """Biomass of all fish."""
        return self.weight_g * self.population / 1000.0

    def reaches(self, target_g: float) -> Arrival:
        """Return the days on which the mean weight reaches a target."""

        def first(weight_g: NDArray[np.float64]) -> int | None:
            reached = np.flatnonzero(weight_g >= target_g)
            return int(self.day[reached[0]]) if len(reached) else None

        return Arrival(first(self.weight_g), first(self.high_g), first(self.low_g))


def project_from_today(
    observations: Observations, states: States, models: GrowthModels, days: int = HORIZON_DAYS
) -> LiveProjection | None:
    """Return the projection of a batch from its states of today.

    Args:
        observations: recorded data of the batch.
        states: its states up to today.
        models: models of its scenario.
        days: duration of the projection.

    Returns:
        The projection; None if no fish are left today, or without a growth model.
    """
    assignments = observations.assignments
    active = np.flatnonzero(assignments.is_active & (assignments.end_day == observations.as_of + 1))
    if not len(active) or models.tgc is None:
        return None
    last = assignments.end_day[active] - assignments.first_day[active] - 1
    fish, weight_g = states.population[active, last], states.weight_g[active, last]
    if fish.sum() <= 0:
        return None
    today_g = float((fish * weight_g).sum() / fish.sum())
    bias_c, bias_days = temperature_bias(observations, states, models)
    stage, current_stage = _stages(observations, models, active, days)
    temp_c = _expected_temperature(observations, models, stage, current_stage, bias_c)
    degrees = np.maximum(np.nan_to_num(temp_c), 0.0)
    coefficient = (
        models.coefficient[stage]
        * _temperature_response(observations, models, stage, degrees)
        * _sea_start_response(observations, models, stage, current_stage)
    )
    root_now = float(cube_root(today_g))
    root = root_now + np.cumsum(coefficient * degrees)
    # growth is uncertain since the last weighing
    gain = _gain_since_weighing(states, active, last, root_now) + root - root_now
    sd = _root_sd(gain, root_now, len(active))
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


def _expected_temperature(
    observations: Observations,
    models: GrowthModels,
    stage: NDArray[np.int64],
    current_stage: int,
    bias_c: float,
) -> NDArray[np.float64]:
    """Return the temperature on each day to come: the profile, and the bias in the same water."""
    days = len(stage)
    age = observations.as_of - observations.batch.start_day + 1 + np.arange(1, days + 1)
    is_same_water = models.limits.fresh_water[stage] == models.limits.fresh_water[current_stage]
    decay = 0.5 ** (np.arange(days) / BIAS_HALF_LIFE_DAYS)
    return models.profile_c(age) + np.where(is_same_water, bias_c * decay, 0.0)


def _root_sd(gain: NDArray[np.float64], root_now: float, containers: int) -> NDArray[np.float64]:
    """Return the SD of W^(1/3) on each day to come.

    Args:
        gain: gain of W^(1/3) since the last weighing, by day.
        root_now: W^(1/3) today.
        containers: number of containers weighed.
    """
    gain_before_season = np.concatenate([np.zeros(SEASON_DAYS), gain])[: len(gain)]
    weighing_sd = WEIGHING_CV / 3.0 * root_now / containers**0.5
    season_sd = SEASON_SD * np.maximum.accumulate(gain - gain_before_season)
    return np.asarray(np.sqrt(weighing_sd**2 + season_sd**2 + CHANCE_SD**2 * gain))


def temperature_bias(
    observations: Observations, states: States, models: GrowthModels
) -> tuple[float, int]:
    """Return the mean difference between the last `BIAS_DAYS` and the profile.

    It is taken over all assignments and days with a measured or filled temperature, and limited to
    `BIAS_LIMIT_C`.

    Returns:
        The bias in °C, 0 without measurements; and the number of days it was taken from.
    """
    assignments = observations.assignments
    day = assignments.first_day[:, None] + np.arange(assignments.days)
    is_recent = states.has_state & (day > observations.as_of - BIAS_DAYS)
    profile_c = models.profile_c(day - observations.batch.start_day + 1)
    is_used = is_recent & (states.temperatures.source < PROFILE) & ~np.isnan(profile_c)
    if not is_used.any():
        return 0.0, 0
    bias = float((states.temperatures.temp_c - profile_c)[is_used].mean())
    return float(np.clip(bias, -BIAS_LIMIT_C, BIAS_LIMIT_C)), len(np.unique(day[is_used]))


def _stages(
    observations: Observations, models: GrowthModels, active: NDArray[np.int64], days: int
) -> tuple[NDArray[np.int64], int]:
    """Return the planned stage of each day to come, but none before today's; and today's stage."""
    course = models.stages.of_species(observations.batch.species)
    position = models.stages.positions(observations.assignments.stage_ids[active])
    current = int(position.max())
    age = observations.as_of - observations.batch.start_day + 1
    planned = stages_by_day(models, course, 0, age + days)[age:]
    return np.maximum(planned, current), current


def _temperature_response(
    observations: Observations,
    models: GrowthModels,
    stage: NDArray[np.int64],
    temp_c: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the relative growth per degree-day on each day to come.

    Far from the optimal temperature fish grow less per degree-day. A TGC is the mean over a whole
    stage, so the response is scaled to have mean 1, weighted by temperature, over the stage's days
    of the profile.
    """
    course = models.stages.of_species(observations.batch.species)
    days = int(models.stage_days[course].sum())
    profile_c = np.maximum(np.nan_to_num(models.profile_c(np.arange(1, days + 1))), 0.0)
    planned = stages_by_day(models, course, 0, days)
    count = len(models.stages)
    degree_days = np.bincount(planned, profile_c, count)
    effective = np.bincount(planned, profile_c * thermal_efficiency(profile_c), count)
    scale = np.divide(degree_days, effective, out=np.ones(count), where=effective > 0)
    return scale[stage] * thermal_efficiency(temp_c)


def _sea_start_response(
    observations: Observations, models: GrowthModels, stage: NDArray[np.int64], current_stage: int
) -> NDArray[np.float64]:
    """Return the share of normal growth on each day to come: less in the first weeks at sea."""
    is_salt = ~models.limits.fresh_water
    if is_salt[current_stage]:
        assignments = observations.assignments
        at_sea = is_salt[models.stages.positions(assignments.stage_ids)]
        since = observations.as_of + 1 - int(assignments.first_day[at_sea].min())
        return sea_start(since + np.arange(len(stage)))
    days = np.cumsum(is_salt[stage]) - 1
    return np.where(is_salt[stage], sea_start(np.maximum(days, 0)), 1.0)


def _gain_since_weighing(
    states: States, active: NDArray[np.int64], last: NDArray[np.int64], root_now: float
) -> float:
    """Return the calculated gain of W^(1/3) since the containers were last weighed."""
    is_anchor = states.anchors.kind[active] != NO_ANCHOR
    days = np.arange(is_anchor.shape[1])
    latest = np.where(is_anchor & (days <= last[:, None]), days, -1).max(axis=1)
    start_g = states.start_weight_g[active]
    measured_g = np.where(latest >= 0, states.weight_g[active, np.maximum(latest, 0)], start_g)
    return max(root_now - float(cube_root(measured_g).mean()), 0.0)
