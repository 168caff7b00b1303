"""Meeting pins: rates are set, the batch is simulated, and the rates are set better."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..errors import HistoryError
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.life import live
from ..lifecycle.state import Life, StageLife
from ..presets.site_bookings import SiteBookings
from .planning import PlannedHistory, Rates, first_rates, plan_history
from .request import HistoryRequest, PinnedValues

_ROUNDS = 8
_NEAR_WEIGHT = 0.002
_NEAR_MORTALITY = 0.01
_NEAR_FISH = 0.001
_FASTEST = 2.5
"""Fish that would have to grow so many times as fast as the stage's rule, or by as much slower,
cannot be had."""

Inputs = Callable[[PlannedHistory, int], BatchInputs]
"""What the simulation of a planned batch is given, up to the end of a stage, without incidents."""


def calibrate(
    request: HistoryRequest, number: str, bookings: SiteBookings, inputs: Inputs
) -> tuple[HistoryRequest, Rates]:
    """The rates with which a batch meets its pins, before incidents.

    Args:
        request: what is asked of it.
        number: its batch number.
        bookings: who is where on the farm already; left as they are.
        inputs: what a simulation is given.

    Returns:
        What is asked, with the days of the last stage settled if its weight is pinned; and rates.

    Raises:
        HistoryError: when they cannot be met.
    """
    rates = first_rates(request, number)
    pins = request.pins
    if not (pins.weight_g or pins.monthly_mortality_pct or pins.fish):
        return request, rates
    request = _with_last_days(request, number, bookings, rates)
    last = max((*pins.weight_g, *pins.monthly_mortality_pct, *pins.fish))
    for _ in range(_ROUNDS):
        planned = plan_history(request, number, rates, bookings.copy())
        life = live(inputs(planned, last))
        rates, met = _better(request, rates, life)
        if met:
            return request, rates
    raise HistoryError(
        f"the values pinned for {number} cannot all be met ({_told(pins)}); leave out one of them"
    )


def _with_last_days(
    request: HistoryRequest, number: str, bookings: SiteBookings, rates: Rates
) -> HistoryRequest:
    """Days of the last stage as planned, if its weight is pinned: growth is to meet it in these."""
    last = len(request.farm.stages)
    if last not in request.pins.weight_g or last in request.pins.days:
        return request
    stay = plan_history(request, number, rates, bookings.copy()).plan.stays[-1]
    days = {**request.pins.days, last: (stay.leaves - stay.arrives).days}
    return replace(request, pins=replace(request.pins, days=days))


def _better(request: HistoryRequest, rates: Rates, life: Life) -> tuple[Rates, bool]:
    """Rates nearer to the pins, and whether those given were near enough."""
    pins, met = request.pins, True
    tgc, monthly = dict(rates.tgc_per_1000), dict(rates.monthly_mortality_pct)
    eggs = rates.eggs
    for stage in life.stages:
        order = stage.rule.order
        if order in pins.weight_g:
            reached = _weight_g(stage)
            met &= math.isclose(reached, pins.weight_g[order], rel_tol=_NEAR_WEIGHT)
            tgc[order] = _tgc(request, stage, reached, pins.weight_g[order])
        if order in pins.monthly_mortality_pct:
            wanted = pins.monthly_mortality_pct[order]
            shown = _monthly_pct(stage)
            met &= math.isclose(shown, wanted, rel_tol=_NEAR_MORTALITY)
            faster = math.log1p(-wanted / 100.0) / math.log1p(-max(shown, 1e-4) / 100.0)
            monthly[order] = min(_compounded(monthly[order], faster), 90.0)
        if order in pins.fish:
            came = int(stage.population[:, 0].sum())
            met &= math.isclose(came, pins.fish[order], rel_tol=_NEAR_FISH)
            eggs = max(round(eggs * pins.fish[order] / max(came, 1)), 1)
    return (rates if met else Rates(eggs, tgc, monthly)), met


def _weight_g(stage: StageLife) -> float:
    fish = stage.latest(stage.population)
    return float((stage.latest(stage.weight_g) * fish).sum() / max(int(fish.sum()), 1))


def _tgc(request: HistoryRequest, stage: StageLife, reached_g: float, wanted_g: float) -> float:
    """The TGC that brings the fish to a weight: cube roots grow in proportion to it."""
    fish = stage.population[:, 0]
    start_g = float((stage.weight_g[:, 0] * fish).sum() / max(int(fish.sum()), 1))
    began = math.cbrt(start_g)
    wanted, grown = math.cbrt(wanted_g) - began, max(math.cbrt(reached_g) - began, 1e-6)
    tgc = stage.rule.tgc_per_1000 * wanted / grown
    usual = request.farm.stage(stage.rule.order).tgc_per_1000
    if not usual / _FASTEST <= tgc <= usual * _FASTEST:
        raise HistoryError(
            f"fish that come into stage {stage.rule.order} at {start_g:,.1f} g cannot leave it at "
            f"{wanted_g:,.1f} g after {stage.days} days: a TGC of {tgc:.2f} is not had where "
            f"{usual:.2f} is usual; pin another weight, or with_days({stage.rule.order}, ...)"
        )
    return tgc


def _monthly_pct(stage: StageLife) -> float:
    """Percent of the fish that die in 30 days, over the time that each container has fish."""
    began = stage.population[:, 0]
    moment = stage.last_moment
    left = stage.population[np.arange(len(began)), moment]
    share = 1.0 - float(left.sum()) / max(float(began.sum()), 1.0)
    days = max(float((moment * began).sum() / max(int(began.sum()), 1)), 1.0)
    return float(100.0 * (1.0 - (1.0 - min(share, 0.999999)) ** (30.0 / days)))


def _compounded(monthly_pct: float, times: float) -> float:
    return 100.0 * (1.0 - (1.0 - monthly_pct / 100.0) ** times)


def _told(pins: PinnedValues) -> str:
    told = [f"weight {value:g} g in stage {order}" for order, value in pins.weight_g.items()]
    told += [f"{value:g} % a month in stage {o}" for o, value in pins.monthly_mortality_pct.items()]
    told += [f"{value:,} fish into stage {order}" for order, value in pins.fish.items()]
    return ", ".join(told)
