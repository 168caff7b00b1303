"""Calibration of growth, mortality and egg number, so that the simulation meets pinned values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..errors import HistoryError
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.life import simulate_life
from ..lifecycle.state import Life, StageLife
from ..presets.site_bookings import SiteBookings
from .planning import PlannedHistory, Rates, initial_rates, plan_history
from .request import HistoryRequest, PinnedValues

_MAX_ROUNDS = 8
_WEIGHT_TOLERANCE = 0.002
_MORTALITY_TOLERANCE = 0.01
_FISH_TOLERANCE = 0.001
"""Relative tolerances of pinned values."""
_TGC_RANGE = 2.5
"""A pinned weight that needs a TGC this many times the stage rule's, or its inverse, is refused."""

TrialInputs = Callable[[PlannedHistory, int], BatchInputs]
"""Returns the simulation inputs of a planned batch, without incidents, up to the end of a stage."""


def calibrate(
    request: HistoryRequest, number: str, bookings: SiteBookings, trial_inputs: TrialInputs
) -> tuple[HistoryRequest, Rates]:
    """Return rates with which a batch meets its pinned values before incidents.

    The batch is simulated repeatedly; after each trial the rates are corrected by the ratio of
    pinned and simulated values.

    Args:
        request: the request.
        number: batch number.
        bookings: bookings of the farm's sites; not modified.
        trial_inputs: gives the inputs of a trial.

    Returns:
        The request, with the duration of the last stage pinned if its weight is pinned; and the
        rates.

    Raises:
        HistoryError: if the pinned values cannot be met.
    """
    rates = initial_rates(request, number)
    pins = request.pins
    if not (pins.weight_g or pins.monthly_mortality_pct or pins.fish):
        return request, rates
    request = _with_last_stage_days(request, number, bookings, rates)
    last = max((*pins.weight_g, *pins.monthly_mortality_pct, *pins.fish))
    for _ in range(_MAX_ROUNDS):
        planned = plan_history(request, number, rates, bookings.copy())
        life = simulate_life(trial_inputs(planned, last))
        rates, is_met = _corrected_rates(request, rates, life)
        if is_met:
            return request, rates
    raise HistoryError(
        f"the values pinned for {number} cannot all be met ({_pin_list(pins)}); leave out one of "
        "them"
    )


def _with_last_stage_days(
    request: HistoryRequest, number: str, bookings: SiteBookings, rates: Rates
) -> HistoryRequest:
    """Pin the planned duration of the last stage if its weight is pinned.

    Otherwise the plan would change the duration with each trial's growth rate.
    """
    last = len(request.farm.stages)
    if last not in request.pins.weight_g or last in request.pins.days:
        return request
    stay = plan_history(request, number, rates, bookings.copy()).plan.stays[-1]
    days = {**request.pins.days, last: (stay.leaves - stay.arrives).days}
    return replace(request, pins=replace(request.pins, days=days))


def _corrected_rates(request: HistoryRequest, rates: Rates, life: Life) -> tuple[Rates, bool]:
    """Return rates closer to the pinned values; the same and True if the trial met them."""
    pins, is_met = request.pins, True
    tgc, monthly = dict(rates.tgc_per_1000), dict(rates.monthly_mortality_pct)
    eggs = rates.eggs
    for stage in life.stages:
        order = stage.rule.order
        if order in pins.weight_g:
            simulated_g = _final_weight_g(stage)
            is_met &= math.isclose(simulated_g, pins.weight_g[order], rel_tol=_WEIGHT_TOLERANCE)
            tgc[order] = _corrected_tgc(request, stage, simulated_g, pins.weight_g[order])
        if order in pins.monthly_mortality_pct:
            pinned_pct = pins.monthly_mortality_pct[order]
            simulated_pct = _monthly_mortality_pct(stage)
            is_met &= math.isclose(simulated_pct, pinned_pct, rel_tol=_MORTALITY_TOLERANCE)
            factor = math.log1p(-pinned_pct / 100.0) / math.log1p(-max(simulated_pct, 1e-4) / 100.0)
            monthly[order] = min(_with_hazard_factor(monthly[order], factor), 90.0)
        if order in pins.fish:
            simulated = int(stage.population[:, 0].sum())
            is_met &= math.isclose(simulated, pins.fish[order], rel_tol=_FISH_TOLERANCE)
            eggs = max(round(eggs * pins.fish[order] / max(simulated, 1)), 1)
    return (rates if is_met else Rates(eggs, tgc, monthly)), is_met


def _final_weight_g(stage: StageLife) -> float:
    """Return the mean weight of the fish when they leave a stage."""
    fish = stage.latest(stage.population)
    return float((stage.latest(stage.weight_g) * fish).sum() / max(int(fish.sum()), 1))


def _corrected_tgc(
    request: HistoryRequest, stage: StageLife, simulated_g: float, pinned_g: float
) -> float:
    """Return the TGC that leads to the pinned weight: it is proportional to the gain of W^(1/3)."""
    fish = stage.population[:, 0]
    start_g = float((stage.weight_g[:, 0] * fish).sum() / max(int(fish.sum()), 1))
    start_root = math.cbrt(start_g)
    pinned_gain = math.cbrt(pinned_g) - start_root
    simulated_gain = max(math.cbrt(simulated_g) - start_root, 1e-6)
    tgc = stage.rule.tgc_per_1000 * pinned_gain / simulated_gain
    normal = request.farm.stage(stage.rule.order).tgc_per_1000
    if not normal / _TGC_RANGE <= tgc <= normal * _TGC_RANGE:
        raise HistoryError(
            f"fish that enter stage {stage.rule.order} at {start_g:,.1f} g cannot leave it at "
            f"{pinned_g:,.1f} g after {stage.days} days: that needs a TGC of {tgc:.2f}, and "
            f"{normal:.2f} is normal; pin another weight, or with_days({stage.rule.order}, ...)"
        )
    return tgc


def _monthly_mortality_pct(stage: StageLife) -> float:
    """Return the percent of fish that die in 30 days, over the time each container has fish."""
    start = stage.population[:, 0]
    last = stage.last_moment
    final = stage.population[np.arange(len(start)), last]
    share = 1.0 - float(final.sum()) / max(float(start.sum()), 1.0)
    days = max(float((last * start).sum() / max(int(start.sum()), 1)), 1.0)
    return float(100.0 * (1.0 - (1.0 - min(share, 0.999999)) ** (30.0 / days)))


def _with_hazard_factor(monthly_pct: float, factor: float) -> float:
    """Return a monthly mortality whose daily hazard is `factor` times as high."""
    return 100.0 * (1.0 - (1.0 - monthly_pct / 100.0) ** factor)


def _pin_list(pins: PinnedValues) -> str:
    values = [f"weight {weight:g} g in stage {order}" for order, weight in pins.weight_g.items()]
    values += [
        f"{pct:g} % a month in stage {order}" for order, pct in pins.monthly_mortality_pct.items()
    ]
    values += [f"{fish:,} fish into stage {order}" for order, fish in pins.fish.items()]
    return ", ".join(values)
