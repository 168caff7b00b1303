"""Daily projections of scenarios from their models.

- Stage: by cumulative planned durations.
- Temperature: 12 °C in fresh water, as AquaMind plans it, and the profile at sea; within limits.
- Weight: TGC growth of the stage, up to the stage's limit.
- Population: reduced by the stage's daily mortality rate.
- Feed: gain of the fish alive times the feed conversion ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics import cube_root
from .models import GrowthModels

PLANNED_FRESH_WATER_C = 12.0
"""Temperature of fresh water in AquaMind's projections."""


@dataclass(frozen=True)
class ProjectionPlan:
    """Start and duration of a scenario.

    Attributes:
        first_day: day number of its first day.
        days: duration in days.
        fish: fish at the start.
        weight_g: mean weight at the start; None for the minimum of the first stage.
        batch: primary key of its batch; None without one.
        species: primary key of the species; None for the first in the database.
    """

    first_day: int
    days: int
    fish: int
    weight_g: float | None
    batch: int | None
    species: int | None


@dataclass(frozen=True)
class Phase:
    """Models that apply from a day of the scenario on, counted from 1."""

    from_day: int
    models: GrowthModels


@dataclass(frozen=True)
class Projection:
    """A projection, one entry per day.

    Attributes:
        day: day number.
        stage_ids: primary key of the lifecycle stage.
        weight_g: mean weight in the evening.
        population: fish in the evening, with fractions.
        feed_kg: feed of the day.
        temp_c: water temperature.
    """

    day: NDArray[np.int64]
    stage_ids: NDArray[np.int64]
    weight_g: NDArray[np.float64]
    population: NDArray[np.float64]
    feed_kg: NDArray[np.float64]
    temp_c: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.day)

    @property
    def biomass_kg(self) -> NDArray[np.float64]:
        """Biomass of all fish."""
        return self.weight_g * self.population / 1000.0

    @property
    def cumulative_feed_kg(self) -> NDArray[np.float64]:
        """Feed since the first day."""
        return np.cumsum(self.feed_kg)


def project(plan: ProjectionPlan, phases: Sequence[Phase]) -> Projection:
    """Return the projection of a scenario.

    Args:
        plan: start and duration.
        phases: models, ordered by day, the first from day 1. Fish do not grow without a growth
            model, nor at sea without a temperature profile.
    """
    models = phases[0].models
    age = np.arange(1, plan.days + 1)
    course = models.stages.of_species(plan.species)
    start_g = _start_weight(plan, models, course)
    stage = stages_by_day(models, course, _first_stage(models, course, start_g), plan.days)
    values = _daily_model_values(phases, stage, age)
    gain = np.nan_to_num(values.coefficient * np.maximum(values.temp_c, 0.0))
    weight_g = grow(start_g, gain, values.cap_g)
    before_g = np.concatenate([[start_g], weight_g[:-1]])
    population = np.cumprod(1.0 - values.daily_rate, dtype=np.float64) * plan.fish
    ratio = _fcr(phases, stage, age, before_g)
    return Projection(
        day=plan.first_day + age - 1,
        stage_ids=models.stages.ids[stage],
        weight_g=weight_g,
        population=population,
        feed_kg=np.maximum(weight_g - before_g, 0.0) * population / 1000.0 * ratio,
        temp_c=np.nan_to_num(values.temp_c),
    )


def stages_by_day(
    models: GrowthModels, course: NDArray[np.int64], first: int, days: int
) -> NDArray[np.int64]:
    """Return the position of the lifecycle stage by day, from cumulative planned durations.

    Args:
        models: models with the durations; the last stage has no end.
        course: positions of the species' stages, in order.
        first: index in `course` of the stage of the first day.
        days: number of days.
    """
    ends = np.cumsum(models.stage_days[course[first:-1]])
    return course[first + np.searchsorted(ends, np.arange(days), side="right")]


def grow(
    start_g: float, root_gain: NDArray[np.float64], cap_g: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weight in the evening of each day.

    Args:
        start_g: weight before the first day.
        root_gain: gain of W^(1/3) on each day, 0 or more.
        cap_g: highest weight on each day; heavier fish keep their weight.
    """
    root = float(cube_root(start_g))
    roots = np.empty(len(root_gain))
    edges = np.flatnonzero(cap_g[1:] != cap_g[:-1]) + 1
    for start, end in zip([0, *edges.tolist()], [*edges.tolist(), len(cap_g)], strict=True):
        if start == end:
            break
        highest = max(float(cube_root(cap_g[start])), root)
        roots[start:end] = np.minimum(root + np.cumsum(root_gain[start:end]), highest)
        root = float(roots[end - 1])
    return roots * roots * roots


@dataclass(frozen=True)
class _DailyValues:
    """Model values of each day."""

    coefficient: NDArray[np.float64]
    daily_rate: NDArray[np.float64]
    cap_g: NDArray[np.float64]
    temp_c: NDArray[np.float64]


def _daily_model_values(
    phases: Sequence[Phase], stage: NDArray[np.int64], age: NDArray[np.int64]
) -> _DailyValues:
    parts = [np.zeros(len(age)) for _ in range(4)]
    for phase in phases:
        on = age >= phase.from_day
        models, current = phase.models, stage[on]
        limits = models.limits
        profile_c = models.profile_c(age[on])
        temp_c = np.where(limits.fresh_water[current], PLANNED_FRESH_WATER_C, profile_c)
        phase_values = (
            models.coefficient[current],
            np.nan_to_num(models.daily_rate[current]),
            np.minimum(models.cap_g, limits.max_weight_g)[current],
            np.clip(temp_c, limits.min_temp_c[current], limits.max_temp_c[current]),
        )
        for part, values in zip(parts, phase_values, strict=True):
            part[on] = values
    return _DailyValues(*parts)


def _fcr(
    phases: Sequence[Phase],
    stage: NDArray[np.int64],
    age: NDArray[np.int64],
    weight_g: NDArray[np.float64],
) -> NDArray[np.float64]:
    ratio = np.zeros(len(age))
    for phase in phases:
        on = age >= phase.from_day
        ratio[on] = phase.models.fcr_at(stage[on], weight_g[on])
    return ratio


def _start_weight(plan: ProjectionPlan, models: GrowthModels, course: NDArray[np.int64]) -> float:
    if plan.weight_g is not None and plan.weight_g > 0:
        return plan.weight_g
    minimum_g = float(models.limits.min_weight_g[course[0]])
    return minimum_g if minimum_g > 0 else 1.0


def _first_stage(models: GrowthModels, course: NDArray[np.int64], weight_g: float) -> int:
    """Return the index of the first stage whose highest weight is above this weight."""
    end_g = np.fmin(models.limits.max_weight_g, models.stages.max_weight_g)[course]
    end_g = np.where(np.isfinite(end_g), end_g, models.cap_g[course])
    possible = np.flatnonzero(weight_g < end_g)
    return int(possible[0]) if len(possible) else len(course) - 1
