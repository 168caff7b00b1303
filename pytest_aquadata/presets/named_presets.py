"""The named presets: which batches they hold, by age on the farm's today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..errors import PlanError
from ..text import nearest
from .farm import Farm, FarmGeography
from .plan_requests import STAGGER_DAYS, YOUNGEST_DAYS, alternate
from .planner import BatchStart, plan_batches
from .requirements import UnplacedBatch, batch_requirements
from .schedule import Schedule
from .site_bookings import Occupancy

FULL_BATCHES = 144
_TYPICAL_EGGS = 3_400_000
_OLDEST_ACTIVE_DAYS = 960
"""Older than this, every batch of the standard farm has been harvested."""


@dataclass(frozen=True)
class Preset:
    """A named company.

    Attributes:
        summary: what it holds, in a line.
        readings_per_day: readings of each sensor a day.
        starts: its batches, given the farm, its today and the seed.
    """

    summary: str
    readings_per_day: int
    starts: Callable[[Farm, date, int], list[BatchStart]]


def plan_preset(
    name: str,
    farm: Farm,
    as_of: date,
    seed: int,
    readings_per_day: int | None = None,
    occupancy: Occupancy | None = None,
) -> Schedule:
    """The schedule of a named preset.

    Raises:
        PlanError: for an unknown name, with the nearest known one; or when the farm is too small.
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise unknown_preset(name)
    plan = plan_batches(
        farm,
        preset.starts(farm, as_of, seed),
        name=name,
        as_of=as_of,
        readings_per_day=preset.readings_per_day if readings_per_day is None else readings_per_day,
        seed=seed,
        occupancy=occupancy,
    )
    if plan.refused:
        start, shortage = plan.refused[0]
        raise PlanError(
            f"preset {name} does not fit farm {farm.name}: no {shortage.site_kind} in "
            f"{shortage.geography} is free on {shortage.arrives} ({shortage.sites} there) for the "
            f"batch that starts on {start.day}; {len(plan.schedule.batches)} of its batches fit: "
            "enlarge the farm, or plan your own schedule with `aquadata plan`"
        )
    return plan.schedule


def unknown_preset(name: str) -> PlanError:
    """The error for a preset that is not there."""
    near = nearest(name, PRESETS, similarity=0.6)
    meant = f"did you mean {near}? " if near else ""
    return PlanError(
        f"unknown preset {name!r}: {meant}there are {', '.join(PRESETS)}, "
        "or give the path of a schedule file (*.yaml)"
    )


def _small(farm: Farm, as_of: date, _seed: int) -> list[BatchStart]:
    """Each stage active in turn, and one completed batch a geography."""
    ages = [_OLDEST_ACTIVE_DAYS + 40, _OLDEST_ACTIVE_DAYS + 20]
    return alternate(farm, _days(as_of, [*ages, *_mid_stages(farm, reverse=True)]))


def _medium(farm: Farm, as_of: date, _seed: int) -> list[BatchStart]:
    """Two years of completed batches, and one in every stage."""
    completed = [_OLDEST_ACTIVE_DAYS + 26 * slot for slot in range(29, -1, -1)]
    return alternate(farm, _days(as_of, [*completed, *_mid_stages(farm, reverse=True)]))


def _full(farm: Farm, as_of: date, _seed: int) -> list[BatchStart]:
    """A steady company: one start every 13 days, geographies in turn."""
    ages = [YOUNGEST_DAYS + STAGGER_DAYS * slot for slot in reversed(range(FULL_BATCHES))]
    return alternate(farm, _days(as_of, ages))


def _uat(farm: Farm, as_of: date, seed: int) -> list[BatchStart]:
    """Completed history, then a ladder of active batches with several at every boundary."""
    completed = [_OLDEST_ACTIVE_DAYS + STAGGER_DAYS * slot for slot in range(79, -1, -1)]
    boundaries = _stage_starts(farm)[1:]
    ladder = [age + shift for age in boundaries for shift in (-3, -1, 0, 2)]
    ladder += [age + shift for age in _mid_stages(farm)[:-1] for shift in (-12, 12)]
    ladder += [boundaries[-1] + 15 + 15 * slot for slot in range(16)]
    near_harvest = [
        _start_harvested_in(farm, geography, as_of + timedelta(days=days), seed)
        for geography in farm.geographies
        for days in (2, 8, 16, 26, 40)
    ]
    return [
        *alternate(farm, _days(as_of, [*completed, *sorted(ladder, reverse=True)])),
        *near_harvest,
    ]


def _days(as_of: date, ages: list[int]) -> list[date]:
    return [as_of - timedelta(days=age) for age in ages]


def _stage_starts(farm: Farm) -> list[int]:
    """Age of a batch at the start of each stage."""
    return [sum(rule.days for rule in farm.stages[:order]) for order in range(len(farm.stages))]


def _mid_stages(farm: Farm, reverse: bool = False) -> list[int]:
    """Age of a batch in the middle of each stage."""
    starts = _stage_starts(farm)
    middles = [start + rule.days // 2 for start, rule in zip(starts, farm.stages, strict=True)]
    return middles[::-1] if reverse else middles


def _start_harvested_in(
    farm: Farm, geography: FarmGeography, begins: date, seed: int
) -> BatchStart:
    """A start whose harvest begins about that day; exactly, for a batch of usual vigour."""
    weight_g = sum(geography.harvest_weight_g) / 2
    starts = begins - timedelta(days=sum(rule.days for rule in farm.stages))
    for _ in range(4):
        wish = UnplacedBatch("typical", starts, _TYPICAL_EGGS, weight_g)
        starts -= batch_requirements(farm, geography, wish, seed).harvest_starts - begins
    return BatchStart(geography.name, starts)


PRESETS: Mapping[str, Preset] = {
    "small": Preset("8 batches: each stage active in turn, two completed", 1, _small),
    "medium": Preset("36 batches: 30 completed, each stage active in turn", 1, _medium),
    "full": Preset("144 batches: a start every 13 days for 5.2 years", 6, _full),
    "uat": Preset("136 batches: 80 completed, 56 on a lifecycle ladder", 6, _uat),
}
