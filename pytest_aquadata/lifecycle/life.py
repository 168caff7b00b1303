"""Life of one batch: fish and mean weight in each container on each day.

Stages are simulated one after another, as arrays over containers and days. All events of a batch
(feeding, deaths, readings, samples, harvest) follow from the result.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from . import disease, growth, mortality, vaccination, water
from .biology import (
    APPETITE_PHI,
    APPETITE_SD,
    DEAD_ON_ARRIVAL,
    EGG_WEIGHT_G,
    FASTING_BEFORE_HARVEST_DAYS,
    FASTING_BEFORE_TRANSFER_DAYS,
    GROWTH_CV_HALL,
    GROWTH_CV_RING,
    HANDLING_DEATHS,
)
from .days import day_number
from .delousing import LiceHistory, simulate_lice
from .feeding import conversion_ratio, fasting, pellet, ration
from .incidents.effects import Effects, combined_effects
from .incidents.losses import CountedLoss, count_losses, daily_losses, deaths_with_losses
from .incidents.scheduled import scheduled_incidents
from .inputs import BatchInputs
from .lice import infection_pressure
from .places import Site
from .plan import PlannedStay
from .randomness import autocorrelated, memory, stream
from .stages import StageRule
from .state import Delivery, Life, StageLife
from .transfer import Move, move_fish, split
from .vaccination import Vaccination, vaccinations_in

_SHARE_SD = 0.02
_RING_SHARE_SD = 0.01
"""Relative differences in fish between containers; less in rings, where the law limits fish."""


def simulate_life(inputs: BatchInputs) -> Life:
    """Simulate the life of one batch, from egg delivery to harvest or today."""
    batch = inputs.plan.number
    stays = [stay for stay in inputs.plan.stays if day_number(stay.arrives) <= inputs.as_of]
    delivery = _deliver(inputs)
    fish = delivery.received - delivery.dead
    weight_g = np.full(len(fish), float(EGG_WEIGHT_G))
    first_id = inputs.first_ids["batch_batchcontainerassignment"]
    stages: list[StageLife] = []
    moves: list[Move] = []
    for stay in stays:
        if stages:
            move = _transfer(inputs.seed, batch, stages[-1], stay, len(inputs.rules))
            fish = move.arrived(len(stay.places))
            weight_g = move.arrival_weight_g(len(stay.places))
            moves.append(move)
        stages.append(_live_stage(inputs, stay, fish, weight_g, first_id))
        first_id += len(stay.places)
    return Life(delivery, tuple(stages), tuple(moves))


def _deliver(inputs: BatchInputs) -> Delivery:
    rng = stream(inputs.seed, inputs.plan.number, "delivery")
    trays = len(inputs.plan.stays[0].places)
    planned = split(inputs.plan.eggs, 1.0 + _SHARE_SD * rng.standard_normal(trays))
    received = planned + np.rint(planned * 0.002 * rng.standard_normal(trays)).astype(np.int64)
    share_dead = DEAD_ON_ARRIVAL * rng.standard_gamma(4.0, trays) / 4.0
    return Delivery(planned, received, np.rint(received * share_dead).astype(np.int64))


def _transfer(seed: int, batch: str, source: StageLife, stay: PlannedStay, last_stage: int) -> Move:
    rng = stream(seed, batch, f"stage {stay.stage}", "transfer")
    fish = source.population[:, -1]
    share_dead = HANDLING_DEATHS * rng.standard_gamma(2.0, len(fish)) / 2.0
    dead = np.rint(fish * share_dead).astype(np.int64)
    spread = _RING_SHARE_SD if stay.stage == last_stage else _SHARE_SD
    shares = 1.0 + spread * rng.standard_normal(len(stay.places))
    return move_fish(fish, source.weight_g[:, -1], dead, shares)


def _live_stage(
    inputs: BatchInputs,
    stay: PlannedStay,
    fish: NDArray[np.int64],
    start_weight_g: NDArray[np.float64],
    first_assignment_id: int,
) -> StageLife:
    rule, site, batch = inputs.rules[stay.stage], inputs.sites[stay.site], inputs.plan.number
    names = tuple(stay.places)
    first_day = day_number(stay.arrives)
    days = day_number(stay.leaves) - first_day
    temp_c = _temperature(inputs, rule, site, names, first_day, days)
    containers = tuple(site.container_by_name[name] for name in names)
    incidents = scheduled_incidents(
        inputs.incidents, inputs.plan, stay, rule, containers, inputs.seed
    )
    effects = combined_effects([incident.impact.effects for incident in incidents])
    at_sea = rule.site == "area"
    lice = _lice(inputs, names, first_day, temp_c, effects) if at_sea else None
    drawn = disease.outbreaks(inputs.seed, batch, names, rule, days) + effects.outbreaks
    sickness = disease.burden(drawn, len(names), days) + effects.disease
    vaccinations = vaccinations_in(inputs.vaccinations, rule.order)
    handling = _handling(vaccinations, lice, temp_c.shape) + effects.handling
    excess = mortality.ExcessMortality(sickness, handling, temp_c, effects.environment)
    hazard = mortality.hazards(inputs.seed, batch, site.name, names, rule, first_day, excess)
    rounding = stream(inputs.seed, batch, f"stage {rule.order}", "rounding").random(len(names))
    deaths, lost = _deaths(fish, hazard.daily, rounding, effects)
    removed = deaths + daily_losses(lost, deaths.shape) if lost else deaths
    population = fish[:, None] - np.concatenate(
        [np.zeros((len(fish), 1), np.int64), np.cumsum(removed, axis=1)], axis=1
    )
    treated = _fasting_for_treatment(vaccinations, lice, temp_c.shape) | effects.fasts
    growth_factor = _growth_factor(inputs.seed, batch, rule, names, days) * disease.appetite(
        sickness
    )
    growth_factor = growth_factor * effects.growth
    weight_g, departs, fasts = _grow(inputs, rule, start_weight_g, temp_c, growth_factor, treated)
    feed = np.zeros_like(deaths)
    if rule.is_fed:
        ratio = conversion_ratio(weight_g[:, :-1], first_day + np.arange(days), rule)
        gain_g = np.where(fasts, 0.0, np.diff(weight_g, axis=1))
        feed = ration(population[:, :-1], gain_g, ratio, rule.waste_pct)
    return StageLife(
        rule=rule,
        stay=stay,
        site=site,
        containers=containers,
        feed_containers=np.array(
            [site.feed_container_by_name[name].id for name in stay.places.values()], np.int64
        ),
        assignment_ids=first_assignment_id + np.arange(len(names)),
        first_day=first_day,
        today=inputs.as_of - first_day,
        departs=departs,
        population=population,
        weight_g=weight_g,
        deaths=deaths,
        cause=hazard.cause,
        temp_c=temp_c,
        feed=feed,
        pellet=pellet(weight_g[:, :-1], inputs.feeds),
        lice=lice,
        outbreaks=drawn,
        scheduled_incidents=incidents,
        effects=effects,
        lost=lost,
    )


def _deaths(
    fish: NDArray[np.int64],
    hazard: NDArray[np.float64],
    rounding: NDArray[np.float64],
    effects: Effects,
) -> tuple[NDArray[np.int64], tuple[CountedLoss, ...]]:
    """Return deaths by container and day, and the fish that incidents remove at once."""
    if not effects.losses:
        return mortality.deaths(fish, hazard, rounding), ()
    lost = count_losses(effects.losses, fish, hazard)
    return deaths_with_losses(fish, hazard, rounding, daily_losses(lost, hazard.shape)), lost


def _lice(
    inputs: BatchInputs,
    rings: tuple[str, ...],
    first_day: int,
    temp_c: NDArray[np.float64],
    effects: Effects,
) -> LiceHistory:
    batch = inputs.plan.number
    pressure = infection_pressure(inputs.seed, batch, rings, first_day, temp_c, inputs.neighbours)
    pressure = replace(pressure, outside=pressure.outside + effects.lice)
    limit = inputs.lice.limit(first_day + np.arange(temp_c.shape[1]))
    window = day_number(inputs.plan.harvest_starts) - first_day
    return simulate_lice(inputs.seed, batch, inputs.lice, pressure, limit, window)


def _handling(
    vaccinations: tuple[Vaccination, ...], lice: LiceHistory | None, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return the death rate that vaccination and delousing add, in times the normal one."""
    containers, days = shape
    added = np.zeros(shape) + vaccination.excess_mortality(vaccinations, days)
    return added if lice is None else added + lice.excess_mortality(containers, days)


def _fasting_for_treatment(
    vaccinations: tuple[Vaccination, ...], lice: LiceHistory | None, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return the days without feed for vaccination and delousing, by container and day."""
    containers, days = shape
    fasts = np.zeros(shape, np.bool_) | vaccination.fasting_days(vaccinations, days)
    return fasts if lice is None else fasts | lice.fasting(containers, days)


def _temperature(
    inputs: BatchInputs,
    rule: StageRule,
    site: Site,
    containers: tuple[str, ...],
    first_day: int,
    days: int,
) -> NDArray[np.float64]:
    """Return the daily mean temperature of each container: its site's and a small offset."""
    if rule.hall_temp_c is None:
        of_site = water.sea_temperature(
            inputs.seed, site.geography, site.name, inputs.climate, first_day, days
        )
    else:
        of_site = water.hall_temperature(inputs.seed, site.name, rule.hall_temp_c, first_day, days)
    return of_site + water.container_offsets_c(inputs.seed, containers)[:, None]


def _grow(
    inputs: BatchInputs,
    rule: StageRule,
    start_weight_g: NDArray[np.float64],
    temp_c: NDArray[np.float64],
    growth_factor: NDArray[np.float64],
    treated: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return weights, day of departure and days without feed of each container."""
    containers, days = temp_c.shape
    leaves = np.full(containers, days)
    if not rule.is_fed:
        return growth.yolk_weights(start_weight_g, temp_c), leaves, np.ones(temp_c.shape, np.bool_)
    degree_days = growth.effective_degree_days(temp_c, rule.reference_temp_c)
    gain = rule.tgc_per_1000 / 1000.0 * degree_days * growth_factor
    if rule.order < len(inputs.rules):
        fasts = treated | fasting(leaves, days, FASTING_BEFORE_TRANSFER_DAYS)
        return growth.fed_weights(start_weight_g, gain, fasts), leaves, fasts
    unharvested = growth.fed_weights(start_weight_g, gain, treated)
    window = day_number(inputs.plan.harvest_starts) - day_number(inputs.plan.stays[-1].arrives)
    decided = max(window - int(FASTING_BEFORE_HARVEST_DAYS), 0)
    departs = harvest_days(unharvested[:, decided], window, days)
    fasts = treated | fasting(departs, days, FASTING_BEFORE_HARVEST_DAYS)
    return growth.fed_weights(start_weight_g, gain, fasts), departs, fasts


def harvest_days(weight_g: NDArray[np.float64], first: int, last: int) -> NDArray[np.int64]:
    """Return each ring's day of harvest: heaviest first, evenly from first day to last."""
    rank = np.empty(len(weight_g), np.int64)
    rank[np.argsort(-weight_g, kind="stable")] = np.arange(len(weight_g))
    later = last - first
    return last - (len(weight_g) - 1 - rank) * later // max(len(weight_g) - 1, 1)


def _growth_factor(
    seed: int, batch: str, rule: StageRule, containers: tuple[str, ...], days: int
) -> NDArray[np.float64]:
    """Draw growth relative to the rule: factors of the batch, the container and the day."""
    spread = GROWTH_CV_RING if rule.site == "area" else GROWTH_CV_HALL
    normals = np.empty((len(containers), days + memory(APPETITE_PHI)))
    own = np.empty((len(containers), 1))
    for row, container in enumerate(containers):
        rng = stream(seed, batch, container, "growth")
        own[row] = np.clip(rng.standard_normal(), -2.5, 2.5)
        normals[row] = rng.standard_normal(normals.shape[1])
    appetite = 1.0 + autocorrelated(normals, APPETITE_PHI, APPETITE_SD)
    season = growth.sea_start(np.arange(days)) if rule.site == "area" else np.ones(days)
    of_container = 1.0 + spread * (own - own.mean())
    return growth.batch_growth_factor(seed, batch) * of_container * appetite * season
