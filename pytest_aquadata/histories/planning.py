"""The plan of one batch, with the values that were pinned: its days, its places, its rules."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ..errors import HistoryError, PlanError
from ..lifecycle.places import Site
from ..lifecycle.plan import BatchPlan, Stay
from ..lifecycle.stages import StageRule
from ..presets.farm import Farm, FarmGeography
from ..presets.planner import batch_size
from ..presets.requirements import (
    BatchRequirements,
    StageRequirement,
    UnplacedBatch,
    batch_requirements,
)
from ..presets.site_bookings import Shortage, SiteBookings
from .pinned_sites import pinned_sites
from .request import HistoryRequest

_LEAST_WEIGHT_G, _MOST_WEIGHT_G = 500.0, 12_000.0


@dataclass(frozen=True)
class Rates:
    """What is set so that a batch meets its pins.

    Attributes:
        eggs: eggs ordered.
        tgc_per_1000: thermal growth coefficient, by stage.
        monthly_mortality_pct: mortality, by stage.
    """

    eggs: int
    tgc_per_1000: Mapping[int, float] = field(default_factory=dict)
    monthly_mortality_pct: Mapping[int, float] = field(default_factory=dict)

    def rule(self, rule: StageRule) -> StageRule:
        """The rule of a stage for this batch."""
        tgc = self.tgc_per_1000.get(rule.order)
        if tgc is not None:
            rule = replace(rule, tgc_per_1000=tgc)
        monthly = self.monthly_mortality_pct.get(rule.order)
        if monthly is not None:
            rule = replace(rule, monthly_mortality_pct=monthly, early_monthly_mortality_pct=monthly)
        return rule


@dataclass(frozen=True)
class PlannedHistory:
    """A batch with a place on the farm.

    Attributes:
        plan: its plan.
        rules: stage rules as they are for this batch, by order.
    """

    plan: BatchPlan
    rules: Mapping[int, StageRule]


def first_rates(asked: HistoryRequest, number: str) -> Rates:
    """What is set before anything is known of how the batch fares."""
    pins = asked.pins
    eggs = asked.eggs or batch_size(_geography(asked), number, asked.seed)[0]
    if pins.fish:
        ((order, fish),) = pins.fish.items()
        eggs = round(fish * (1.04 if order == 1 else 1.08))
    return Rates(eggs=eggs, monthly_mortality_pct=dict(pins.monthly_mortality_pct))


def plan_history(
    asked: HistoryRequest, number: str, rates: Rates, bookings: SiteBookings
) -> PlannedHistory:
    """Give a batch its days and its places, and book them.

    Args:
        asked: what is asked of it.
        number: its batch number.
        rates: what is set so that it meets its pins.
        bookings: who is where on the farm already.

    Raises:
        HistoryError: when pins contradict each other or there is no room.
    """
    days = _pinned_days(asked)
    farm = _farm_of(asked, rates, days)
    try:
        needs = _needs(asked, farm, number, rates.eggs, days)
    except PlanError as error:
        raise HistoryError(f"{number}: {error}") from None
    sites = bookings.place(_geography(asked), needs, pinned_sites(asked))
    if isinstance(sites, Shortage):
        raise HistoryError(
            f"no {sites.site_kind} in {sites.geography} is free on {sites.arrives} for the batch "
            f"that starts on {asked.start}: of {sites.sites} that may be used, the first is free "
            f"on {sites.free_on}; start later, in another geography, or with fewer batches"
        )
    stays = tuple(
        _stay(asked, farm.stage(need.stage), site, need)
        for site, need in zip(sites, needs.stages, strict=True)
    )
    plan = BatchPlan(
        number=number,
        geography=asked.geography,
        eggs=rates.eggs,
        harvest_weight_g=round(needs.stages[-1].end_weight_g),
        harvest_starts=needs.harvest_starts,
        stays=stays,
    )
    return PlannedHistory(plan, {rule.order: rule for rule in farm.stages})


def _geography(asked: HistoryRequest) -> FarmGeography:
    return asked.farm.geography_by_name[asked.geography]


def _pinned_days(asked: HistoryRequest) -> Mapping[int, int]:
    """Days of the stages whose length is pinned, by itself or by the day the next one begins."""
    days = dict(asked.pins.days)
    for order, arrives in sorted(asked.pins.arrivals.items()):
        began = asked.start + timedelta(
            days=sum(days.get(rule.order, rule.days) for rule in asked.farm.stages[: order - 2])
        )
        lasts = (arrives - began).days
        if asked.pins.days.get(order - 1, lasts) != lasts:
            raise HistoryError(
                f"stage {order - 1} begins on {began} and is pinned to "
                f"{asked.pins.days[order - 1]} days, so stage {order} cannot begin on {arrives}; "
                "leave out one of the two pins"
            )
        if lasts < 7:
            raise HistoryError(
                f"stage {order} cannot begin on {arrives}: the fish are in stage {order - 1} from "
                f"{began}, for at least 7 days; give a day from {began + timedelta(days=7)}"
            )
        days[order - 1] = lasts
    return days


def _farm_of(asked: HistoryRequest, rates: Rates, days: Mapping[int, int]) -> Farm:
    """The farm with the rules that hold for this batch."""
    rules = tuple(
        replace(rates.rule(rule), days=days.get(rule.order, rule.days))
        for rule in asked.farm.stages
    )
    return replace(asked.farm, document=replace(asked.farm.document, stages=rules))


def _needs(
    asked: HistoryRequest, farm: Farm, number: str, eggs: int, days: Mapping[int, int]
) -> BatchRequirements:
    last = len(farm.stages)
    weight_g = _harvest_weight_g(asked, number, last)
    wish = UnplacedBatch(
        number, asked.start, eggs, weight_g or batch_size(_geography(asked), number, asked.seed)[1]
    )
    if last not in days:
        return batch_requirements(farm, _geography(asked), wish, asked.seed)
    if weight_g is None:
        wish = _weight_after(asked, farm, wish, days[last])
    return _lasting(batch_requirements(farm, _geography(asked), wish, asked.seed), days[last])


def _harvest_weight_g(asked: HistoryRequest, number: str, last: int) -> float | None:
    pinned = asked.pins.weight_g.get(last)
    if pinned is not None and asked.harvest_weight_g not in (None, pinned):
        raise HistoryError(
            f"harvest_weight_g={asked.harvest_weight_g:,} and a weight of {pinned:,.0f} g at the "
            f"end of stage {last} contradict each other; leave out one of them"
        )
    return pinned if pinned is not None else asked.harvest_weight_g


def _weight_after(
    asked: HistoryRequest, farm: Farm, wish: UnplacedBatch, days: int
) -> UnplacedBatch:
    """The wish for the weight that fish reach in so many days of the last stage."""
    low, high = _LEAST_WEIGHT_G, _MOST_WEIGHT_G
    while high - low > 10.0:
        tried = replace(wish, harvest_weight_g=(low + high) / 2.0)
        if _days_at_sea(asked, farm, tried) < days:
            low = tried.harvest_weight_g
        else:
            high = tried.harvest_weight_g
    return replace(wish, harvest_weight_g=high)


def _days_at_sea(asked: HistoryRequest, farm: Farm, wish: UnplacedBatch) -> float:
    try:
        last = batch_requirements(farm, _geography(asked), wish, asked.seed).stages[-1]
    except PlanError:
        return math.inf
    return (last.leaves - last.arrives).days


def _lasting(needs: BatchRequirements, days: int) -> BatchRequirements:
    """The same needs with so many days in the last stage."""
    last = needs.stages[-1]
    window = last.leaves - needs.harvest_starts
    leaves = last.arrives + timedelta(days=days)
    starts = max(leaves - window, last.arrives + timedelta(days=1))
    return BatchRequirements(starts, (*needs.stages[:-1], replace(last, leaves=leaves)))


def _stay(asked: HistoryRequest, rule: StageRule, site: Site, need: StageRequirement) -> Stay:
    names = _containers(asked, rule, site, need)
    feeding = site.feed_containers
    places = {
        name: feeding[position * len(feeding) // len(names)].name
        for position, name in enumerate(names)
    }
    return Stay(need.stage, site.name, need.arrives, need.leaves, places)


def _containers(
    asked: HistoryRequest, rule: StageRule, site: Site, need: StageRequirement
) -> tuple[str, ...]:
    """Names of the containers taken: those pinned, or as many as the fish need."""
    pinned = asked.pins.containers.get(rule.order)
    held = [container.name for container in site.containers]
    if pinned is None:
        return tuple(held[: need.containers(rule, site)])
    count = pinned if isinstance(pinned, int) else len(pinned)
    if count > len(held):
        raise HistoryError(
            f"{count} containers are pinned for stage {rule.order}; {site.name} has {len(held)}"
        )
    _check_room(rule, site, need, count)
    if isinstance(pinned, int):
        return tuple(held[:pinned])
    return tuple(name for name in held if name in pinned)


def _check_room(rule: StageRule, site: Site, need: StageRequirement, count: int) -> None:
    """Refuse fewer containers than density or the law allow."""
    most_kg = site.containers[0].volume_m3 * rule.max_density_kg_m3
    biomass_kg = need.end_fish * need.end_weight_g / 1000.0
    if biomass_kg > count * most_kg:
        raise HistoryError(
            f"{count} containers are pinned for stage {rule.order}, where some {biomass_kg:,.0f} "
            f"kg of fish need {math.ceil(biomass_kg / most_kg)} at {rule.max_density_kg_m3:g} "
            "kg/m3; give more containers, or fewer eggs"
        )
    if rule.max_fish_per_container and need.fish > count * rule.max_fish_per_container:
        least = math.ceil(need.fish / rule.max_fish_per_container)
        raise HistoryError(
            f"{count} containers are pinned for stage {rule.order}, where some {need.fish:,.0f} "
            f"fish need {least} at {rule.max_fish_per_container:,} each; give more containers, or "
            "fewer eggs"
        )
