"""Plans for a number of batches or of years, with one batch start every `stagger_days`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import cycle
from math import ceil

from ..errors import PlanError
from ..settings import DEFAULT_SEED
from .as_of import check_as_of
from .farm import Farm
from .planner import BatchStart, PlanResult, plan_batches
from .schedule import EARLIEST_DAY
from .site_bookings import sites_for_stages, usable_number
from .utilisation import tightest

DEFAULT_STAGGER_DAYS = 13
YOUNGEST_BATCH_DAYS = 55
"""Age of the youngest batch in a plan for a number of batches."""
_LONGEST_STAGGER = 120
_MOST_TRIED = 300
"""Most batches that are placed to find what fits instead of a refused request: about 3 s."""


@dataclass(frozen=True)
class PlanRequest:
    """Arguments of a plan.

    Attributes:
        as_of: the farm's today.
        batches: number of batches, all of which must fit.
        years: years from the first batch start to today; as many batches as fit.
        stagger_days: days between two starts.
        saturation: share of the halls and areas that may be used, above 0 and at most 1.
        readings_per_day: readings of each sensor a day.
        seed: seed for egg counts and harvest weights.
    """

    as_of: date
    batches: int | None = None
    years: float | None = None
    stagger_days: int = DEFAULT_STAGGER_DAYS
    saturation: float = 1.0
    readings_per_day: int = 6
    seed: int = DEFAULT_SEED


def plan_request(farm: Farm, request: PlanRequest) -> PlanResult:
    """Plan the requested batches.

    Raises:
        PlanError: if the request is invalid; or if `batches` do not fit, with the first shortage
            and the largest number that fits.
    """
    _check(request)
    _check_saturation(farm, request.saturation)
    if request.batches is None:
        return _plan_years(farm, request)
    most = _most_starts(request)
    plan = _plan_count(farm, request, min(request.batches, most, _MOST_TRIED))
    if plan.refused:
        raise _infeasible(farm, request, plan)
    if request.batches > most:
        raise PlanError(
            f"{request.batches:,} batches with a start every {request.stagger_days} days do not "
            f"fit: the first would start before {EARLIEST_DAY}; at most {most:,} fit"
        )
    if request.batches > _MOST_TRIED:
        plan = _plan_count(farm, request, request.batches)
    if plan.refused:
        raise _infeasible(farm, request, plan)
    return plan


def binding_constraint(farm: Farm, request: PlanRequest, plan: PlanResult) -> str:
    """Return in one sentence what limits the number of batches in the plan."""
    if plan.refused:
        start, shortage = plan.refused[0]
        return (
            f"{len(plan.refused)} starts found no free {shortage.site_kind} in "
            f"{shortage.geography} ({shortage.sites} may be used), the first on {start.day}"
        )
    full = tightest(plan.schedule, farm)
    requested = (
        f"{request.years:g} years" if request.batches is None else f"{request.batches} batches"
    )
    return (
        f"the stagger is the limit: one start every {request.stagger_days} days, {requested}; "
        f"the fullest sites are the {full.what} in {full.geography}, {full.peak} of "
        f"{full.places} in use on {full.peak_day}"
    )


def alternate_geographies(farm: Farm, days: list[date]) -> list[BatchStart]:
    """Return a start for each of the days, with geographies in turn."""
    names = cycle(geography.name for geography in farm.geographies)
    return [BatchStart(name, day) for name, day in zip(names, days, strict=False)]


def _check(request: PlanRequest) -> None:
    check_as_of(request.as_of)
    if request.batches is None and request.years is None:
        raise PlanError("give the number of batches (--batches) or of years (--years) to plan")
    if request.batches is not None and request.batches < 1:
        raise PlanError(f"--batches must be at least 1, not {request.batches}")
    if request.years is not None and not 0 < request.years <= 50:
        raise PlanError(f"--years must be above 0 and at most 50, not {request.years:g}")
    if not 1 <= request.stagger_days <= 1000:
        raise PlanError(f"--stagger must be 1 to 1000 days, not {request.stagger_days}")
    if not 0 < request.saturation <= 1:
        raise PlanError(f"--saturation must be above 0 and at most 1, not {request.saturation:g}")
    if request.batches is not None and request.years is not None:
        needed = (request.batches - 1) * request.stagger_days / 365.25
        if needed > request.years:
            most = int(request.years * 365.25 / request.stagger_days) + 1
            longest = int(request.years * 365.25 / max(request.batches - 1, 1))
            raise PlanError(
                f"{request.batches} batches at one start every {request.stagger_days} days take "
                f"{needed:.1f} years, more than --years {request.years:g}: use at most --batches "
                f"{most}{f', or at most --stagger {longest}' if longest else ''}"
            )


def _check_saturation(farm: Farm, saturation: float) -> None:
    """Refuse a saturation that leaves a stage without sites."""
    counts = [
        (sites, kind, geography.name)
        for geography in farm.geographies
        for kind, sites in sites_for_stages(farm, geography).items()
    ]
    sites, kind, geography_name = min(counts, key=lambda count: count[0])
    if usable_number(sites, saturation) < 1:
        least = ceil(1000 / sites) / 1000
        raise PlanError(
            f"--saturation {saturation:g} allows none of the {sites} {kind} of {geography_name}, "
            f"so no batch fits: use at least --saturation {least:g}"
        )


def _plan_years(farm: Farm, request: PlanRequest) -> PlanResult:
    assert request.years is not None
    days = int(request.years * 365.25)
    first = request.as_of - timedelta(days=days)
    starts = [first + timedelta(days=age) for age in range(0, days, request.stagger_days)]
    if not starts:
        raise PlanError(f"no batch starts in {request.years:g} years: use more --years")
    return _plan(farm, request, starts)


def _most_starts(request: PlanRequest) -> int:
    """Return how many batches can start between the earliest day of a schedule and today."""
    days = (request.as_of - EARLIEST_DAY).days - YOUNGEST_BATCH_DAYS
    return days // request.stagger_days + 1


def _plan_count(farm: Farm, request: PlanRequest, batches: int) -> PlanResult:
    """Place a number of batches, up to the first that does not fit."""
    last = request.as_of - timedelta(days=YOUNGEST_BATCH_DAYS)
    first = last - timedelta(days=request.stagger_days * (batches - 1))
    starts = [first + timedelta(days=request.stagger_days * slot) for slot in range(batches)]
    return _plan(farm, request, starts, stop_at_shortage=True)


def _plan(
    farm: Farm, request: PlanRequest, days: list[date], *, stop_at_shortage: bool = False
) -> PlanResult:
    return plan_batches(
        farm,
        alternate_geographies(farm, days),
        name="planned",
        as_of=request.as_of,
        readings_per_day=request.readings_per_day,
        seed=request.seed,
        saturation=request.saturation,
        stop_at_shortage=stop_at_shortage,
    )


def _infeasible(farm: Farm, request: PlanRequest, plan: PlanResult) -> PlanError:
    assert request.batches is not None
    start, shortage = plan.refused[0]
    most = _largest_number(farm, request, len(plan.schedule.batches))
    return PlanError(
        f"{request.batches:,} batches with a start every {request.stagger_days} days do not fit: "
        f"no {shortage.site_kind} in {shortage.geography} is free on {shortage.arrives} "
        f"({shortage.sites} may be used, the first is free on {shortage.free_on}) for the batch "
        f"that starts on {start.day}; at most {most} fit"
        f"{_feasible_stagger(farm, request)}"
    )


def _largest_number(farm: Farm, request: PlanRequest, near: int) -> int:
    """Return the largest number of batches that fit, searching from a number near it."""
    most = near
    while (plan := _plan_count(farm, request, most)).refused:
        most = min(most - 1, len(plan.schedule.batches))
    while not _plan_count(farm, request, most + 1).refused:
        most += 1
    return most


def _feasible_stagger(farm: Farm, request: PlanRequest) -> str:
    batches = request.batches or 1
    if batches > _MOST_TRIED:
        return ""
    for stagger in range(request.stagger_days + 1, _LONGEST_STAGGER):
        wider = replace(request, stagger_days=stagger)
        if batches > _most_starts(wider):
            return ""
        if not _plan_count(farm, wider, batches).refused:
            return f"; all fit with --stagger {stagger}"
    return ""
