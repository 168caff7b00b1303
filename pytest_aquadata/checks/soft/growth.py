"""Growth: its level in every stage, how it answers to temperature, where it slows down."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..context import CheckContext
from ..model import Bound, Check, Finding
from .assignments import ADULT, FRY, PARR, POST_SMOLT, SMOLT, load_assignments
from .measure import UNSOURCED, Floats, found, need, soft
from .weekly_weights import GrowthWeeks, load_weeks, load_weights

_SUBJECT = "growth"
_LEVELS = (
    ("fry", FRY, 1.07),
    ("parr", PARR, 1.71),
    ("smolt", SMOLT, 1.40),
    ("post-smolt", POST_SMOLT, 2.13),
)
_TOLERANCE = 0.15
_SETTLED_WEEKS = 9
"""Weeks after which fish at sea grow at their normal rate."""
_WINDOW_C = 1.0
_WEEKS_A_DEGREE = 40
_FLAT = 0.001
_COMPARED_WEEK = 40
"""The week at sea in which the rings of a batch are compared."""


def tgc(stage: int, context: CheckContext) -> float:
    """Mean thermal growth coefficient of a stage, over all its degree-days."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    here = weeks.where(
        (assignments.stage[weeks.assignment] == stage) & np.isfinite(weeks.tgc_per_1000)
    )
    need(len(here.assignment) > 0, "weeks of known weight and temperature in this stage")
    return float(np.average(here.tgc_per_1000, weights=here.degree_days))


def _settled(context: CheckContext) -> GrowthWeeks:
    """Weeks at sea at the normal rate, at a known temperature."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    late = weeks.week >= _SETTLED_WEEKS
    return weeks.where(
        (assignments.stage[weeks.assignment] == ADULT) & late & np.isfinite(weeks.tgc_per_1000)
    )


def _efficiency(context: CheckContext, around_c: float) -> float:
    """Growth per degree-day near a temperature, against the mean of the same fish.

    Raises:
        LacksDataError: when too few weeks were that warm.
    """
    weeks = _settled(context)
    own = _mean_of_stay(weeks)
    near = np.abs(weeks.degree_days / 7.0 - around_c) <= _WINDOW_C
    need(near.sum() >= _WEEKS_A_DEGREE, f"weeks at sea near {around_c:g} °C")
    return float((weeks.tgc_per_1000[near] / own[near]).mean())


def _mean_of_stay(weeks: GrowthWeeks) -> Floats:
    assignment = np.unique(weeks.assignment, return_inverse=True)[1]
    count = np.bincount(assignment)
    return np.asarray((np.bincount(assignment, weeks.tgc_per_1000) / count)[assignment], np.float64)


def best_temperature(context: CheckContext) -> Finding:
    """The temperature at which fish at sea grow most per degree-day."""
    weeks = _settled(context)
    temperatures = weeks.degree_days / 7.0
    need(len(temperatures) > 0, "weeks at sea of known temperature")
    tried = np.arange(4.0, 18.5, 0.5)
    enough = [
        around
        for around in tried.tolist()
        if (np.abs(temperatures - around) <= _WINDOW_C).sum() >= _WEEKS_A_DEGREE
    ]
    need(len(enough) >= 4 and enough[-1] - enough[0] >= 3.0, "temperatures to compare")
    growth = [_efficiency(context, around) for around in enough]
    return found(
        enough[int(np.argmax(growth))],
        [
            {"temperature_c": around, "relative_growth": round(level, 3)}
            for around, level in zip(enough, growth, strict=True)
        ],
    )


def weak_when_warm(context: CheckContext) -> float:
    """Growth per degree-day near 14 °C against 10 °C."""
    return _efficiency(context, 14.0) / _efficiency(context, 10.0)


def flat_weeks(context: CheckContext) -> Finding:
    """Share of fed weeks without growth."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    need(len(weeks.gain) > 0, "weeks between two fed days")
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
    return found(len(flat) / len(weeks.gain), rows)


def slow_start(context: CheckContext) -> float:
    """Growth coefficient of the first three weeks at sea against that once settled."""
    weeks, assignments = context.get(load_weeks), context.get(load_assignments)
    here = weeks.where(
        (assignments.stage[weeks.assignment] == ADULT) & np.isfinite(weeks.tgc_per_1000)
    )
    early = here.tgc_per_1000[here.week < 3]
    later = here.tgc_per_1000[(here.week >= _SETTLED_WEEKS) & (here.week < _SETTLED_WEEKS + 8)]
    need(len(early) > 0 and len(later) > 0, "weeks at sea of known temperature")
    return float(early.mean() / later.mean())


def spread_between_rings(context: CheckContext) -> float:
    """Coefficient of variation of weight between the rings of a batch, in the median batch."""
    weights, assignments = context.get(load_weights), context.get(load_assignments)
    here = (assignments.stage[weights.assignment] == ADULT) & (weights.week == _COMPARED_WEEK)
    weight, batch = weights.weight_g[here], assignments.batch[weights.assignment[here]]
    spreads = [
        float(weight[batch == one].std(ddof=1) / weight[batch == one].mean())
        for one in np.unique(batch)
        if (batch == one).sum() >= 3
    ]
    need(len(spreads) > 0, f"batches with three rings in week {_COMPARED_WEEK} at sea")
    return float(np.median(spreads))


def _tgc_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"growth-of-{name}",
            f"The thermal growth coefficient of {name} takes them through the stage in time.",
            partial(tgc, stage),
            Bound(
                round(level * (1 - _TOLERANCE), 2),
                round(level * (1 + _TOLERANCE), 2),
                "g^(1/3) per 1000 °C·d",
            ),
            f"follows from AquaMind's stage weights and 90 days at 12 °C: {level}; 15 % allowed",
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
    ),
    soft(
        _SUBJECT,
        "best-temperature-for-growth",
        "Growth per degree-day is best near 10 °C, not ever better in warmer water.",
        best_temperature,
        Bound(8.0, 12.0, "°C"),
        "Jobling 2003; Handeland et al. 2008: a dome around 10 °C",
    ),
    soft(
        _SUBJECT,
        "weaker-growth-in-warm-water",
        "Growth per degree-day is clearly weaker at 14 °C than at 10 °C.",
        weak_when_warm,
        Bound(high=0.95, unit="times that at 10 °C"),
        "Jobling 2003; Handeland et al. 2008: a dome around 10 °C",
    ),
    soft(
        _SUBJECT,
        "no-growth-plateaus",
        "Fed fish grow: next to no week passes without growth.",
        flat_weeks,
        Bound(high=0.01, unit="of fed weeks"),
        "no fed fish shows weeks of flat weight, as a cap on weights does; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "slow-start-at-sea",
        "Fish newly put to sea grow slowly before they catch up.",
        slow_start,
        Bound(0.3, 0.9, "times the later rate"),
        "osmotic adaptation of smolts; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "spread-between-rings",
        "The rings of a batch do not all grow alike.",
        spread_between_rings,
        Bound(0.08, 0.20, "CV of weight"),
        "between-ring CV of one batch 8 to 20 %; " + UNSOURCED,
    ),
)
