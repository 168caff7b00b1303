"""Projections of scenarios: day by day from their models, stage by stage from their plan.

The stage follows from the planned durations. Water is at 12 °C in fresh water, as AquaMind plans
it, and as the profile says at sea; weight grows by the stage's coefficient, fish die at its rate,
feed is what the gain of those alive costs. Limits hold temperature and weight within bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics import cube_root
from .models import GrowthModels

PLANNED_FRESH_WATER_C = 12.0


@dataclass(frozen=True)
class ProjectionPlan:
    """What a scenario starts from.

    Attributes:
        first_day: day number of its first day.
        days: how many days it covers.
        fish: fish at the start.
        weight_g: their mean weight at the start; None for the least of the first stage.
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
    """Models in force from a day of the scenario on, counted from 1."""

    from_day: int
    models: GrowthModels


@dataclass(frozen=True)
class Projection:
    """A projection, an entry a day.

    Attributes:
        day: day number.
        stage_ids: primary key of the lifecycle stage.
        weight_g: mean weight in the evening.
        population: fish in the evening; fractions are kept.
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
        """Weight of all fish."""
        return self.weight_g * self.population / 1000.0

    @property
    def cumulative_feed_kg(self) -> NDArray[np.float64]:
        """Feed from the first day on."""
        return np.cumsum(self.feed_kg)


def project(plan: ProjectionPlan, phases: Sequence[Phase]) -> Projection:
    """Follow a scenario to its end.

    Args:
        plan: what it starts from.
        phases: the models, the first of them in force from the beginning; each must have a growth
            model with a profile or live in fresh water, else its fish do not grow.
    """
    models = phases[0].models
    age = np.arange(1, plan.days + 1)
    course = models.stages.of_species(plan.species)
    start_g = _start_weight(plan, models, course)
    stage = stages_by_day(models, course, _first_stage(models, course, start_g), plan.days)
    values = _by_day(phases, stage, age)
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
    """Position of the lifecycle stage on each of so many days, by cumulative planned durations.

    Args:
        models: give the durations; the last stage lasts as long as it takes.
        course: positions of the stages in their order.
        first: which of them is the stage of the first day.
        days: how many days.
    """
    ends = np.cumsum(models.stage_days[course[first:-1]])
    return course[first + np.searchsorted(ends, np.arange(days), side="right")]


def grow(
    start_g: float, root_gain: NDArray[np.float64], cap_g: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights after each day when W^(1/3) gains so much a day.

    Args:
        start_g: weight before the first day.
        root_gain: gain of each day, none below 0.
        cap_g: highest weight on each day; a fish already heavier keeps its weight.
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
class _Values:
    """What the models say of each day."""

    coefficient: NDArray[np.float64]
    daily_rate: NDArray[np.float64]
    cap_g: NDArray[np.float64]
    temp_c: NDArray[np.float64]


def _by_day(phases: Sequence[Phase], stage: NDArray[np.int64], age: NDArray[np.int64]) -> _Values:
    parts = [np.zeros(len(age)) for _ in range(4)]
    for phase in phases:
        on = age >= phase.from_day
        models, now = phase.models, stage[on]
        limits = models.limits
        profile_c = models.profile_c(age[on])
        temp_c = np.where(limits.fresh_water[now], PLANNED_FRESH_WATER_C, profile_c)
        said = (
            models.coefficient[now],
            np.nan_to_num(models.daily_rate[now]),
            np.minimum(models.cap_g, limits.max_weight_g)[now],
            np.clip(temp_c, limits.min_temp_c[now], limits.max_temp_c[now]),
        )
        for part, values in zip(parts, said, strict=True):
            part[on] = values
    return _Values(*parts)


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
    least = float(models.limits.min_weight_g[course[0]])
    return least if least > 0 else 1.0


def _first_stage(models: GrowthModels, course: NDArray[np.int64], weight_g: float) -> int:
    """Which stage fish of this weight are in: the first that they have not outgrown."""
    ends = np.fmin(models.limits.max_weight_g, models.stages.max_weight_g)[course]
    ends = np.where(np.isfinite(ends), ends, models.cap_g[course])
    outgrown = np.flatnonzero(weight_g < ends)
    return int(outgrown[0]) if len(outgrown) else len(course) - 1
