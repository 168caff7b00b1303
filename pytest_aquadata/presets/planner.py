"""Planner: assigns batches to the sites of a farm and returns a schedule.

Batches are placed by start date, each in sites that are free for its whole stay. Sites of a kind
are interchangeable, so this greedy order is optimal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ..lifecycle.places import Site
from ..lifecycle.plan import BatchPlan, PlannedStay
from ..lifecycle.randomness import stream
from .batch_scaling import batch_scale
from .farm import Farm, FarmGeography
from .requirements import EGGS_PER_BATCH, StageRequirement, UnplacedBatch, batch_requirements
from .schedule import Schedule
from .site_bookings import Occupancy, Shortage, SiteBookings

_EGG_STEP = 1_000
HARVEST_WEIGHT_STEP_G = 50
"""Step of the weights at which harvests are planned."""


@dataclass(frozen=True)
class BatchStart:
    """Geography and start date of a batch to plan.

    Attributes:
        geography: name of the geography.
        day: day on which the eggs are delivered.
    """

    geography: str
    day: date


@dataclass(frozen=True)
class PlanResult:
    """A schedule, its bookings and the batches that did not fit.

    Attributes:
        schedule: batches that fit.
        bookings: sites that they take.
        refused: starts that do not fit, each with its shortage.
    """

    schedule: Schedule
    bookings: SiteBookings
    refused: tuple[tuple[BatchStart, Shortage], ...]


def plan_batches(
    farm: Farm,
    starts: Iterable[BatchStart],
    *,
    name: str,
    as_of: date,
    readings_per_day: int,
    seed: int,
    saturation: float = 1.0,
    occupancy: Occupancy | None = None,
    stop_at_shortage: bool = False,
) -> PlanResult:
    """Place as many of the batches as fit into the farm.

    Args:
        farm: the farm.
        starts: batches to place.
        name: name of the schedule.
        as_of: the farm's today.
        readings_per_day: readings of each sensor a day.
        seed: seed for egg counts and harvest weights.
        saturation: share of the halls and areas that may be used.
        occupancy: sites and numbers of existing batches; none if None.
        stop_at_shortage: place no batch after the first that does not fit.

    Raises:
        PlanError: if a batch is too large for every site of its geography.
    """
    bookings = SiteBookings(farm, saturation, occupancy)
    scales = {
        geography.name: batch_scale(farm, geography, as_of, seed) for geography in farm.geographies
    }
    placed: list[BatchPlan] = []
    refused: list[tuple[BatchStart, Shortage]] = []
    serial: Counter[str] = Counter(occupancy.serials if occupancy is not None else {})
    for start in sorted(starts, key=lambda start: (start.day, start.geography)):
        geography = farm.geography_by_name[start.geography]
        number = f"{geography.code}-{start.day.year}-{serial[geography.code] + 1:03d}"
        eggs, weight_g = batch_size(geography, number, seed)
        eggs = max(int(eggs * scales[geography.name]) // _EGG_STEP, 1) * _EGG_STEP
        batch = UnplacedBatch(number, start.day, eggs, weight_g)
        requirements = batch_requirements(farm, geography, batch, seed)
        sites = bookings.place(geography, requirements)
        if isinstance(sites, Shortage):
            refused.append((start, sites))
            if stop_at_shortage:
                break
            continue
        serial[geography.code] += 1
        placed.append(
            BatchPlan(
                number=number,
                geography=geography.name,
                eggs=eggs,
                harvest_weight_g=weight_g,
                harvest_starts=requirements.harvest_starts,
                stays=tuple(
                    _stay(farm, site, need)
                    for site, need in zip(sites, requirements.stages, strict=True)
                ),
            )
        )
    schedule = Schedule(name, farm.source, as_of, readings_per_day, tuple(placed))
    return PlanResult(schedule, bookings, tuple(refused))


def batch_size(geography: FarmGeography, number: str, seed: int) -> tuple[int, int]:
    """Return a batch's number of eggs and target harvest weight in g."""
    rng = stream(seed, number, "batch size")
    low, high = EGGS_PER_BATCH
    eggs = int(rng.integers(low // _EGG_STEP, high // _EGG_STEP + 1)) * _EGG_STEP
    light, heavy = (round(weight / HARVEST_WEIGHT_STEP_G) for weight in geography.harvest_weight_g)
    return eggs, int(rng.integers(light, heavy + 1)) * HARVEST_WEIGHT_STEP_G


def _stay(farm: Farm, site: Site, need: StageRequirement) -> PlannedStay:
    count = need.containers(farm.stage(need.stage), site)
    feeding = site.feed_containers
    places = {
        container.name: feeding[position * len(feeding) // count].name
        for position, container in enumerate(site.containers[:count])
    }
    return PlannedStay(need.stage, site.name, need.arrives, need.leaves, places)
