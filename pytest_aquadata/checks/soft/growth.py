"""Soft checks of growth: its level in each stage, its response to temperature, its variation."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..context import CheckContext
from ..model import Bound, Check, Finding
from .arrays import Floats
from .assignments import ADULT, FRY, PARR, POST_SMOLT, SMOLT, load_assignments
from .populations import batches_at_sea, batches_of_stage, fed_weeks
from .soft_check import UNSOURCED, require, soft, with_rows
from .weekly_weights import GrowthWeeks, load_weeks, load_weights

_SUBJECT = "growth"
_LEVELS = (
    ("fry", FRY, 1.07),
    ("parr", PARR, 1.71),
    ("smolt", SMOLT, 1.40),
    ("post-smolt", POST_SMOLT, 2.13),
)
"""Stage, its order, and its thermal growth coefficient, g^(1/3) per 1000 °C·d."""
_TOLERANCE = 0.15
_SETTLED_WEEKS = 9
"""Weeks at sea until fish grow at their normal rate."""
_WINDOW_C = 1.0
"""Largest difference of a week from a temperature that counts as near it."""
_LEAST_WEEKS = 40
"""Weeks near a temperature that are enough to compare it."""
_FLAT = 0.001
"""Gain in a week, as a share of weight, that counts as none."""
_COMPARED_WEEK = 40
"""Week at sea in which the rings of a batch are compared."""


def tgc(stage: int, context: CheckContext) -> float:
    """Return the thermal growth coefficient of a stage, its mean over degree-days."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    of_stage = weeks.where(
        (assignments.stage[weeks.assignment] == stage) & np.isfinite(weeks.tgc_per_1000)
    )
    require(len(of_stage.assignment) > 0, "weeks with weight and temperature in this stage")
    return float(np.average(of_stage.tgc_per_1000, weights=of_stage.degree_days))


def _settled(context: CheckContext) -> GrowthWeeks:
    """Return weeks at sea with a temperature, after the slow start."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    late = weeks.week >= _SETTLED_WEEKS
    return weeks.where(
        (assignments.stage[weeks.assignment] == ADULT) & late & np.isfinite(weeks.tgc_per_1000)
    )


def _efficiency(context: CheckContext, around_c: float) -> float:
    """Return growth per degree-day near a temperature, over the mean of the same assignments.

    Raises:
        LacksDataError: when too few weeks are near it.
    """
    weeks = _settled(context)
    own = _mean_of_assignment(weeks)
    near = np.abs(weeks.degree_days / 7.0 - around_c) <= _WINDOW_C
    require(near.sum() >= _LEAST_WEEKS, f"weeks at sea near {around_c:g} °C")
    return float((weeks.tgc_per_1000[near] / own[near]).mean())


def _mean_of_assignment(weeks: GrowthWeeks) -> Floats:
    assignment = np.unique(weeks.assignment, return_inverse=True)[1]
    count = np.bincount(assignment)
    return np.asarray((np.bincount(assignment, weeks.tgc_per_1000) / count)[assignment], np.float64)


def best_temperature(context: CheckContext) -> Finding:
    """Return the temperature at which fish at sea grow most per degree-day."""
    weeks = _settled(context)
    temperatures = weeks.degree_days / 7.0
    require(len(temperatures) > 0, "weeks at sea with temperature")
    centres = np.arange(4.0, 18.5, 0.5)
    compared = [
        centre
        for centre in centres.tolist()
        if (np.abs(temperatures - centre) <= _WINDOW_C).sum() >= _LEAST_WEEKS
    ]
    require(len(compared) >= 4 and compared[-1] - compared[0] >= 3.0, "temperatures to compare")
    growth = [_efficiency(context, centre) for centre in compared]
    return with_rows(
        compared[int(np.argmax(growth))],
        [
            {"temperature_c": centre, "relative_growth": round(level, 3)}
            for centre, level in zip(compared, growth, strict=True)
        ],
    )


def weak_when_warm(context: CheckContext) -> float:
    """Return growth per degree-day near 14 °C over that near 10 °C."""
    return _efficiency(context, 14.0) / _efficiency(context, 10.0)


def flat_weeks(context: CheckContext) -> Finding:
    """Return the share of weeks with meals and without growth."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    require(len(weeks.gain) > 0, "weeks between two fed days")
    flat = np.flatnonzero(weeks.gain <= _FLAT)
    rows = [
        {
            "assignment": int(assignments.id[weeks.assignment[row]]),
            "week": int(weeks.week[row]),
            "weight_g": float(weeks.weight_g[row]),
            "gain": float(weeks.gain[row]),
        }
        for row in flat.tolist()
    ]
    return with_rows(len(flat) / len(weeks.gain), rows)


def slow_start(context: CheckContext) -> float:
    """Return the growth coefficient of the first three weeks at sea over the later one."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    at_sea = weeks.where(
        (assignments.stage[weeks.assignment] == ADULT) & np.isfinite(weeks.tgc_per_1000)
    )
    early = at_sea.tgc_per_1000[at_sea.week < 3]
    later = at_sea.tgc_per_1000[
        (at_sea.week >= _SETTLED_WEEKS) & (at_sea.week < _SETTLED_WEEKS + 8)
    ]
    require(len(early) > 0 and len(later) > 0, "weeks at sea with temperature")
    return float(early.mean() / later.mean())


def spread_between_rings(context: CheckContext) -> float:
    """Return the coefficient of variation of weight between the rings of the median batch."""
    weights, assignments = context.get(load_weights), context.get(load_assignments)
    rows = (assignments.stage[weights.assignment] == ADULT) & (weights.week == _COMPARED_WEEK)
    weight, batch = weights.weight_g[rows], assignments.batch[weights.assignment[rows]]
    spreads = [
        float(weight[batch == key].std(ddof=1) / weight[batch == key].mean())
        for key in np.unique(batch)
        if (batch == key).sum() >= 3
    ]
    require(len(spreads) > 0, f"batches with three rings in week {_COMPARED_WEEK} at sea")
    return float(np.median(spreads))


def _tgc_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"growth-of-{name}",
            f"The thermal growth coefficient of {name} leads to the end weight in 90 days.",
            partial(tgc, stage),
            Bound(
                round(level * (1 - _TOLERANCE), 2),
                round(level * (1 + _TOLERANCE), 2),
                "g^(1/3) per 1000 °C·d",
            ),
            f"follows from AquaMind's stage weights and 90 days at 12 °C: {level}; 15 % allowed",
            needs=batches_of_stage(stage, 3),
        )
        for name, stage, level in _LEVELS
    )


CHECKS = (
    *_tgc_checks(),
    soft(
        _SUBJECT,
        "growth-at-sea",
        "The thermal growth coefficient at sea is that of farmed salmon.",
        partial(tgc, ADULT),
        Bound(2.19, 3.5, "g^(1/3) per 1000 °C·d"),
        "Bailey et al. 2003 [M]: 2.68 ± 0.49; Dempsey et al. 2023 [M]: 2.5 to 3.5",
        needs=batches_at_sea(3),
    ),
    soft(
        _SUBJECT,
        "best-temperature-for-growth",
        "Growth per degree-day is best near 10 °C and falls in warmer water.",
        best_temperature,
        Bound(8.0, 12.0, "°C"),
        "Jobling 2003; Handeland et al. 2008: a dome around 10 °C",
        needs=batches_at_sea(3),
    ),
    soft(
        _SUBJECT,
        "weaker-growth-in-warm-water",
        "Growth per degree-day is clearly weaker at 14 °C than at 10 °C.",
        weak_when_warm,
        Bound(high=0.95, unit="times that at 10 °C"),
        "Jobling 2003; Handeland et al. 2008: a dome around 10 °C",
        needs=batches_at_sea(3),
    ),
    soft(
        _SUBJECT,
        "no-growth-plateaus",
        "Fed fish grow: almost no week is without growth.",
        flat_weeks,
        Bound(high=0.01, unit="of fed weeks"),
        "no fed fish shows weeks of flat weight, as a cap on weights does; " + UNSOURCED,
        needs=fed_weeks(40),
    ),
    soft(
        _SUBJECT,
        "slow-start-at-sea",
        "Fish grow slowly in their first weeks at sea.",
        slow_start,
        Bound(0.3, 0.9, "times the later rate"),
        "osmotic adaptation of smolts; the amount is a " + UNSOURCED,
        needs=batches_at_sea(3),
    ),
    soft(
        _SUBJECT,
        "spread-between-rings",
        "The rings of a batch differ in mean weight.",
        spread_between_rings,
        Bound(0.08, 0.20, "CV of weight"),
        "between-ring CV of one batch 8 to 20 %; " + UNSOURCED,
        needs=batches_at_sea(3),
    ),
)
