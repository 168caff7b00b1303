"""How large a batch a farm can take: that of the standard farm, or as much as a smaller one holds.

Farms of a farm file are made for whole batches. A farm or models found in a database are taken as
they are, and the batches are made to fit them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median_low

from ..errors import PlanError
from ..lifecycle.growth import usual_tgc_per_1000
from ..lifecycle.places import Site
from ..lifecycle.stages import StageRule
from .farm import Farm, FarmGeography
from .requirements import StageRequirement, UnplacedBatch, allowed_fish, batch_requirements, room_kg

_LARGEST_EGGS = 3_800_000
_PROBE_EGGS = 1
_SPARE = 0.88
"""Share of the room that is planned for: one batch grows a tenth heavier than another."""
_DAYS_OF_FEED = 20.0
"""Days for which a silo must hold feed: a fifth of it lasts until an order has come."""
_SMALLEST = 0.002


def batch_scale(farm: Farm, geography: FarmGeography, as_of: date, seed: int) -> float:
    """Size of a geography's batches against those of the standard farm, at most 1.

    Raises:
        PlanError: when its places are too small for any batch.
    """
    if not (farm.document.places or farm.document.models):
        return 1.0
    heaviest = geography.harvest_weight_g[1]
    wish = UnplacedBatch("probe", as_of.replace(year=as_of.year - 3, day=1), _PROBE_EGGS, heaviest)
    needs = batch_requirements(farm, geography, wish, seed)
    rules = farm.rules(geography.name)
    shares = [
        (_stage_share(rule, need, _sites(geography, rule)) * _PROBE_EGGS / _LARGEST_EGGS, rule)
        for rule, need in zip(rules, needs.stages, strict=True)
    ]
    share, binding = min(shares, key=lambda one: one[0])
    if share < _SMALLEST:
        raise PlanError(
            f"the places of {geography.name} are too small for a batch: its {binding.site}s for "
            f"stage {binding.order} ({binding.name}), their containers, max_biomass_kg or feed "
            f"containers hold {share:.2%} of what a batch needs"
        )
    return min(share * _SPARE, 1.0)


def _sites(geography: FarmGeography, rule: StageRule) -> Sequence[Site]:
    return [site for site in geography.sites if rule.order in site.stages]


def _stage_share(rule: StageRule, need: StageRequirement, sites: Sequence[Site]) -> float:
    """How many times the usual site of a stage holds a small batch."""
    return median_low(_site_share(rule, need, site) for site in sites)


def _site_share(rule: StageRule, need: StageRequirement, site: Site) -> float:
    count = len(site.containers)
    shares = [count * room_kg(rule, site) / need.end_biomass_kg]
    if rule.max_fish_per_container:
        shares.append(count * allowed_fish(rule) / need.fish)
    if rule.is_fed:
        smallest_kg = min(one.capacity_kg for one in site.feed_containers)
        held_kg = smallest_kg * len(site.feed_containers)
        shares.append(held_kg / (_DAYS_OF_FEED * _daily_feed_kg(rule, need)))
    return min(shares)


def _daily_feed_kg(rule: StageRule, need: StageRequirement) -> float:
    """What the fish eat a day at the end of a stage, in warm water."""
    temp_c = rule.reference_temp_c if rule.hall_temp_c is None else rule.hall_temp_c
    root_gain = usual_tgc_per_1000(rule) * temp_c / 1000.0
    share = 3.0 * root_gain / need.end_weight_g ** (1.0 / 3.0)
    return need.end_biomass_kg * share * rule.fcr_end * (1.0 + rule.waste_pct / 100.0)
