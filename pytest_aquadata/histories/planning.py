"""The plan of one batch with its pinned values: dates, sites, containers and stage rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ..errors import HistoryError, PlanError
from ..lifecycle.places import Site
from ..lifecycle.plan import BatchPlan, PlannedStay
from ..lifecycle.stages import StageRule
from ..presets.farm import Farm, FarmGeography
from ..presets.planner import batch_size
from ..presets.requirements import (
    BatchRequirements,
    StageRequirement,
    UnplacedBatch,
    batch_requirements,
)
from ..presets.schedule import HARVEST_WEIGHTS_G
from ..presets.site_bookings import Shortage, SiteBookings
from .pinned_sites import pinned_sites
from .request import HistoryRequest


@dataclass(frozen=True)
class Rates:
    """Inputs that are calibrated so that a batch meets its pinned values.

    Attributes:
        eggs: eggs ordered.
        tgc_per_1000: thermal growth coefficient by stage, where calibrated.
        monthly_mortality_pct: percent of fish that die in 30 days by stage, where calibrated.
    """

    eggs: int
    tgc_per_1000: Mapping[int, float] = field(default_factory=dict)
    monthly_mortality_pct: Mapping[int, float] = field(default_factory=dict)

    def rule(self, rule: StageRule) -> StageRule:
        """Return the rule of a stage with the calibrated values."""
        tgc = self.tgc_per_1000.get(rule.order)
        if tgc is not None:
            rule = replace(rule, tgc_per_1000=tgc)
        monthly = self.monthly_mortality_pct.get(rule.order)
        if monthly is not None:
            rule = replace(rule, monthly_mortality_pct=monthly, early_monthly_mortality_pct=monthly)
        return rule


@dataclass(frozen=True)
class PlannedHistory:
    """A batch that is planned on the farm.

    Attributes:
        plan: its plan.
        rules: stage rules of this batch by order.
    """

    plan: BatchPlan
    rules: Mapping[int, StageRule]


def initial_rates(request: HistoryRequest, number: str) -> Rates:
    """Return the rates of the first trial."""
    pins = request.pins
    eggs = request.eggs or batch_size(_geography(request), number, request.seed)[0]
    if pins.fish:
        ((order, fish),) = pins.fish.items()
        eggs = round(fish * (1.04 if order == 1 else 1.08))  # a guess, corrected by the trials
    return Rates(eggs=eggs, monthly_mortality_pct=dict(pins.monthly_mortality_pct))


def plan_history(
    request: HistoryRequest, number: str, rates: Rates, bookings: SiteBookings
) -> PlannedHistory:
    """Return the plan of a batch and book its sites.

    Args:
        request: the request.
        number: batch number.
        rates: calibrated rates.
        bookings: bookings of the farm's sites; the batch's sites are added.

    Raises:
        HistoryError: if pinned values contradict each other or no site is free.
    """
    days = _pinned_days(request)
    farm = _farm_of(request, rates, days)
    try:
        needs = _needs(request, farm, number, rates.eggs, days)
    except PlanError as error:
        raise HistoryError(f"{number}: {error}") from None
    sites = bookings.place(_geography(request), needs, pinned_sites(request))
    if isinstance(sites, Shortage):
        raise HistoryError(
            f"no {sites.site_kind} in {sites.geography} is free on {sites.arrives} for the batch "
            f"that starts on {request.start}: of the {sites.sites} usable ones the first is free "
            f"on {sites.free_on}; start later, in another geography, or with fewer batches"
        )
    stays = tuple(
        _stay(request, farm.stage(need.stage), site, need)
        for site, need in zip(sites, needs.stages, strict=True)
    )
    plan = BatchPlan(
        number=number,
        geography=request.geography,
        eggs=rates.eggs,
        harvest_weight_g=round(needs.stages[-1].end_weight_g),
        harvest_starts=needs.harvest_starts,
        stays=stays,
    )
    return PlannedHistory(plan, {rule.order: rule for rule in farm.stages})


def _geography(request: HistoryRequest) -> FarmGeography:
    return request.farm.geography_by_name[request.geography]


def _pinned_days(request: HistoryRequest) -> Mapping[int, int]:
    """Return the duration of the stages for which it, or the start of the next stage, is pinned."""
    days = dict(request.pins.days)
    for order, arrives in sorted(request.pins.arrivals.items()):
        begins = request.start + timedelta(
            days=sum(days.get(rule.order, rule.days) for rule in request.farm.stages[: order - 2])
        )
        duration = (arrives - begins).days
        if request.pins.days.get(order - 1, duration) != duration:
            raise HistoryError(
                f"stage {order - 1} begins on {begins} and is pinned to "
                f"{request.pins.days[order - 1]} days, so stage {order} cannot begin on {arrives}; "
                "leave out one of the two pins"
            )
        if duration < 7:
            raise HistoryError(
                f"stage {order} cannot begin on {arrives}: the fish are in stage {order - 1} from "
                f"{begins}, for at least 7 days; give a day from {begins + timedelta(days=7)}"
            )
        days[order - 1] = duration
    return days


def _farm_of(request: HistoryRequest, rates: Rates, days: Mapping[int, int]) -> Farm:
    """Return the farm with the stage rules of this batch."""
    rules = tuple(
        replace(rates.rule(rule), days=days.get(rule.order, rule.days))
        for rule in request.farm.stages
    )
    return replace(request.farm, document=replace(request.farm.document, stages=rules))


def _needs(
    request: HistoryRequest, farm: Farm, number: str, eggs: int, days: Mapping[int, int]
) -> BatchRequirements:
    last = len(farm.stages)
    weight_g = _harvest_weight_g(request, number, last)
    wish = UnplacedBatch(
        number,
        request.start,
        eggs,
        weight_g or batch_size(_geography(request), number, request.seed)[1],
    )
    if last not in days:
        return batch_requirements(farm, _geography(request), wish, request.seed)
    if weight_g is None:
        wish = _weight_after(request, farm, wish, days[last])
    return _lasting(batch_requirements(farm, _geography(request), wish, request.seed), days[last])


def _harvest_weight_g(request: HistoryRequest, number: str, last: int) -> float | None:
    pinned = request.pins.weight_g.get(last)
    if pinned is not None and request.harvest_weight_g not in (None, pinned):
        raise HistoryError(
            f"harvest_weight_g={request.harvest_weight_g:,} and a weight of {pinned:,.0f} g at the "
            f"end of stage {last} contradict each other; leave out one of them"
        )
    return pinned if pinned is not None else request.harvest_weight_g


def _weight_after(
    request: HistoryRequest, farm: Farm, wish: UnplacedBatch, days: int
) -> UnplacedBatch:
    """Return the batch with the harvest weight reached after `days` in the last stage."""
    low, high = map(float, HARVEST_WEIGHTS_G)
    while high - low > 10.0:
        trial = replace(wish, harvest_weight_g=(low + high) / 2.0)
        if _days_at_sea(request, farm, trial) < days:
            low = trial.harvest_weight_g
        else:
            high = trial.harvest_weight_g
    return replace(wish, harvest_weight_g=high)


def _days_at_sea(request: HistoryRequest, farm: Farm, wish: UnplacedBatch) -> float:
    try:
        last = batch_requirements(farm, _geography(request), wish, request.seed).stages[-1]
    except PlanError:
        return math.inf
    return (last.leaves - last.arrives).days


def _lasting(needs: BatchRequirements, days: int) -> BatchRequirements:
    """Return the requirements with `days` in the last stage."""
    last = needs.stages[-1]
    window = last.leaves - needs.harvest_starts
    leaves = last.arrives + timedelta(days=days)
    starts = max(leaves - window, last.arrives + timedelta(days=1))
    return BatchRequirements(starts, (*needs.stages[:-1], replace(last, leaves=leaves)))


def _stay(
    request: HistoryRequest, rule: StageRule, site: Site, need: StageRequirement
) -> PlannedStay:
    names = _containers(request, rule, site, need)
    feeding = site.feed_containers
    places = {
        name: feeding[position * len(feeding) // len(names)].name
        for position, name in enumerate(names)
    }
    return PlannedStay(need.stage, site.name, need.arrives, need.leaves, places)


def _containers(
    request: HistoryRequest, rule: StageRule, site: Site, need: StageRequirement
) -> tuple[str, ...]:
    """Return the names of the containers used: the pinned ones, or as many as needed."""
    pinned = request.pins.containers.get(rule.order)
    available = [container.name for container in site.containers]
    if pinned is None:
        return tuple(available[: need.containers(rule, site)])
    count = pinned if isinstance(pinned, int) else len(pinned)
    if count > len(available):
        raise HistoryError(
            f"{count} containers are pinned for stage {rule.order}; {site.name} has "
            f"{len(available)}"
        )
    _check_room(rule, site, need, count)
    if isinstance(pinned, int):
        return tuple(available[:pinned])
    return tuple(name for name in available if name in pinned)


def _check_room(rule: StageRule, site: Site, need: StageRequirement, count: int) -> None:
    """Raise HistoryError if fish density or number would exceed the rule's limits."""
    capacity_kg = site.containers[0].volume_m3 * rule.max_density_kg_m3
    biomass_kg = need.end_fish * need.end_weight_g / 1000.0
    if biomass_kg > count * capacity_kg:
        raise HistoryError(
            f"{count} containers are pinned for stage {rule.order}, where some {biomass_kg:,.0f} "
            f"kg of fish need {math.ceil(biomass_kg / capacity_kg)} at {rule.max_density_kg_m3:g} "
            "kg/m3; give more containers, or fewer eggs"
        )
    if rule.max_fish_per_container and need.fish > count * rule.max_fish_per_container:
        least = math.ceil(need.fish / rule.max_fish_per_container)
        raise HistoryError(
            f"{count} containers are pinned for stage {rule.order}, where some {need.fish:,.0f} "
            f"fish need {least} at {rule.max_fish_per_container:,} each; give more containers, or "
            "fewer eggs"
        )
