"""The named presets and their batches, defined by age on the farm's today."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from ..errors import PlanError
from ..text import nearest
from .farm import Farm, FarmGeography
from .plan_requests import DEFAULT_STAGGER_DAYS, YOUNGEST_BATCH_DAYS, alternate_geographies
from .planner import BatchStart, plan_batches
from .requirements import TYPICAL_EGGS, UnplacedBatch, batch_requirements
from .schedule import Schedule
from .site_bookings import Occupancy

FULL_BATCHES = 144
_OLDEST_ACTIVE_DAYS = 960
"""Age by which every batch of the standard farm has been harvested."""


@dataclass(frozen=True)
class Preset:
    """A named set of batches.

    Attributes:
        summary: description in one line.
        readings_per_day: readings of each sensor a day.
        starts: function of farm, the farm's today and seed that returns the batch starts.
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
    """Plan the schedule of a named preset.

    Raises:
        PlanError: if the name is unknown, with the most similar name, or the farm is too small.
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
            f"{shortage.geography} is free on {shortage.arrives} ({shortage.sites} may be used) "
            f"for the batch that starts on {start.day}; {len(plan.schedule.batches)} of its "
            "batches fit: enlarge the farm, or plan another schedule with `aquadata plan`"
        )
    return plan.schedule


def unknown_preset(name: str) -> PlanError:
    """Return the error for an unknown preset name."""
    near = nearest(name, PRESETS, similarity=0.6)
    meant = f"did you mean {near}? " if near else ""
    return PlanError(
        f"unknown preset {name!r}: {meant}the presets are {', '.join(PRESETS)}, "
        "or give the path of a schedule file (*.yaml)"
    )


def _small(farm: Farm, as_of: date, _seed: int) -> list[BatchStart]:
    """Return one batch in each stage, and one completed batch a geography."""
    ages = [_OLDEST_ACTIVE_DAYS + 40, _OLDEST_ACTIVE_DAYS + 20]
    return alternate_geographies(farm, _days(as_of, [*ages, *_mid_stages(farm, reverse=True)]))


def _medium(farm: Farm, as_of: date, _seed: int) -> list[BatchStart]:
    """Return two years of completed batches, and one batch in each stage."""
    completed = [_OLDEST_ACTIVE_DAYS + 26 * slot for slot in range(29, -1, -1)]
    return alternate_geographies(farm, _days(as_of, [*completed, *_mid_stages(farm, reverse=True)]))


def _full(farm: Farm, as_of: date, _seed: int) -> list[BatchStart]:
    """Return a company in steady operation: a start every 13 days, geographies in turn."""
    ages = [
        YOUNGEST_BATCH_DAYS + DEFAULT_STAGGER_DAYS * slot for slot in reversed(range(FULL_BATCHES))
    ]
    return alternate_geographies(farm, _days(as_of, ages))


def _uat(farm: Farm, as_of: date, seed: int) -> list[BatchStart]:
    """Return completed batches, and active ones around every stage transition and near harvest."""
    completed = [_OLDEST_ACTIVE_DAYS + DEFAULT_STAGGER_DAYS * slot for slot in range(79, -1, -1)]
    transitions = _stage_starts(farm)[1:]
    active = [age + shift for age in transitions for shift in (-3, -1, 0, 2)]
    active += [age + shift for age in _mid_stages(farm)[:-1] for shift in (-12, 12)]
    active += [transitions[-1] + 15 + 15 * slot for slot in range(16)]
    near_harvest = [
        _start_harvested_from(farm, geography, as_of + timedelta(days=days), seed)
        for geography in farm.geographies
        for days in (2, 8, 16, 26, 40)
    ]
    return [
        *alternate_geographies(farm, _days(as_of, [*completed, *sorted(active, reverse=True)])),
        *near_harvest,
    ]


def _days(as_of: date, ages: list[int]) -> list[date]:
    return [as_of - timedelta(days=age) for age in ages]


def _stage_starts(farm: Farm) -> list[int]:
    """Return the age in days of a batch at the start of each stage."""
    return [sum(rule.days for rule in farm.stages[:order]) for order in range(len(farm.stages))]


def _mid_stages(farm: Farm, reverse: bool = False) -> list[int]:
    """Return the age in days of a batch in the middle of each stage."""
    starts = _stage_starts(farm)
    middles = [start + rule.days // 2 for start, rule in zip(starts, farm.stages, strict=True)]
    return middles[::-1] if reverse else middles


def _start_harvested_from(
    farm: Farm, geography: FarmGeography, harvest: date, seed: int
) -> BatchStart:
    """Return a start whose harvest begins on about this day; exactly, at average growth."""
    weight_g = sum(geography.harvest_weight_g) / 2
    starts = harvest - timedelta(days=sum(rule.days for rule in farm.stages))
    for _ in range(4):
        batch = UnplacedBatch("typical", starts, TYPICAL_EGGS, weight_g)
        starts -= batch_requirements(farm, geography, batch, seed).harvest_starts - harvest
    return BatchStart(geography.name, starts)


PRESETS: Mapping[str, Preset] = {
    "small": Preset("8 batches: two completed, one in each stage", 1, _small),
    "medium": Preset("36 batches: 30 completed, one in each stage", 1, _medium),
    "full": Preset("144 batches: a start every 13 days for 5.2 years", 6, _full),
    "uat": Preset("136 batches: 80 completed, 56 around stage transitions and harvest", 6, _uat),
}
