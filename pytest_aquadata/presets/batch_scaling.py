"""Batch size for the farm of an existing database, relative to the standard farm.

A farm file is written for full-size batches. The farm and models of an existing database cannot be
changed, so the batches are scaled to fit them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median_low

from ..errors import PlanError
from ..lifecycle.growth import expected_tgc_per_1000
from ..lifecycle.places import Site
from ..lifecycle.stages import StageRule
from .farm import Farm, FarmGeography
from .requirements import (
    EGGS_PER_BATCH,
    StageRequirement,
    UnplacedBatch,
    allowed_fish,
    batch_requirements,
    container_limit_kg,
)

_PROBE_EGGS = 1
_PLANNED_SHARE = 0.88
"""Share of the capacity to plan for: some batches grow a tenth heavier than others."""
_DAYS_OF_FEED = 10.0
"""Days of feed that a silo must hold: an order is placed five days before it would be empty, and
not all silos of a site serve as many fish."""
_SMALLEST_SCALE = 0.002


def batch_scale(farm: Farm, geography: FarmGeography, as_of: date, seed: int) -> float:
    """Return the size of a geography's batches relative to the standard farm, at most 1.

    Raises:
        PlanError: if its sites are too small for any batch.
    """
    if not (farm.document.places or farm.document.models):
        return 1.0
    heaviest = geography.harvest_weight_g[1]
    probe = UnplacedBatch("probe", as_of.replace(year=as_of.year - 3, day=1), _PROBE_EGGS, heaviest)
    requirements = batch_requirements(farm, geography, probe, seed)
    rules = farm.rules(geography.name, probe.starts.month)
    scales = [
        (
            _stage_multiple(rule, need, _sites(geography, rule)) * _PROBE_EGGS / EGGS_PER_BATCH[1],
            rule,
        )
        for rule, need in zip(rules, requirements.stages, strict=True)
    ]
    scale, binding = min(scales, key=lambda pair: pair[0])
    if scale < _SMALLEST_SCALE:
        raise PlanError(
            f"the sites of {geography.name} are too small for a batch: containers, max_biomass_kg "
            f"or feed containers of its {binding.site}s for stage {binding.order} "
            f"({binding.name}) hold {scale:.2%} of what a batch needs"
        )
    return min(scale * _PLANNED_SHARE, 1.0)


def _sites(geography: FarmGeography, rule: StageRule) -> Sequence[Site]:
    return [site for site in geography.sites if rule.order in site.stages]


def _stage_multiple(rule: StageRule, need: StageRequirement, sites: Sequence[Site]) -> float:
    """Return how many probe batches the median site of a stage can hold."""
    return median_low(_site_multiple(rule, need, site) for site in sites)


def _site_multiple(rule: StageRule, need: StageRequirement, site: Site) -> float:
    count = len(site.containers)
    multiples = [count * container_limit_kg(rule, site) / need.end_biomass_kg]
    if rule.max_fish_per_container:
        multiples.append(count * allowed_fish(rule) / need.fish)
    if rule.is_fed:
        smallest_kg = min(store.capacity_kg for store in site.feed_containers)
        capacity_kg = smallest_kg * len(site.feed_containers)
        multiples.append(capacity_kg / (_DAYS_OF_FEED * _daily_feed_kg(rule, need)))
    return min(multiples)


def _daily_feed_kg(rule: StageRule, need: StageRequirement) -> float:
    """Return the daily feed at the end of a stage, in warm water."""
    temp_c = rule.reference_temp_c if rule.hall_temp_c is None else rule.hall_temp_c
    root_gain = expected_tgc_per_1000(rule) * temp_c / 1000.0
    share = 3.0 * root_gain / need.end_weight_g ** (1.0 / 3.0)
    return need.end_biomass_kg * share * rule.fcr_end * (1.0 + rule.waste_pct / 100.0)
