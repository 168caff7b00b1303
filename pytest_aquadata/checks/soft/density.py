"""How densely fish are kept, at their heaviest."""

from __future__ import annotations

import numpy as np

from ..context import CheckContext
from ..model import Bound, Finding
from .assignments import load_assignments
from .measure import UNSOURCED, found, need, soft

_SUBJECT = "density"
_HALL_KG_M3 = {2: 30.0, 3: 50.0, 4: 60.0, 5: 75.0}
_FISH_IN_A_RING = 200_000.0
_MARGIN = 0.10
"""How far the planner's expectation of a container may be passed by fish that grow well."""


def ring_density(context: CheckContext) -> float:
    """Biomass over volume of the densest tenth of rings at their heaviest, at its lower end."""
    assignments = context.get(load_assignments)
    here = assignments.at_sea & assignments.gone
    need(here.any(), "rings that were emptied")
    return float(np.quantile((assignments.biomass_kg / assignments.volume_m3)[here], 0.9))


def crowded_rings(context: CheckContext) -> Finding:
    """Share of rings over 25 kg/m³ by more than the planner's margin."""
    assignments = context.get(load_assignments)
    here = assignments.at_sea & assignments.gone
    need(here.any(), "rings that were emptied")
    density = assignments.biomass_kg / assignments.volume_m3
    over = np.flatnonzero(here & (density > 25.0 * (1 + _MARGIN)))
    rows = [
        {"assignment": int(assignments.id[one]), "kg_m3": round(float(density[one]), 1)}
        for one in over.tolist()
    ]
    return found(len(over) / int(here.sum()), rows)


def fish_in_a_ring(context: CheckContext) -> Finding:
    """The most fish ever in one ring, and the rings that held more than they may."""
    assignments = context.get(load_assignments)
    need(assignments.at_sea.any(), "rings with fish")
    over = np.flatnonzero(assignments.at_sea & (assignments.placed > _FISH_IN_A_RING))
    rows = [
        {"assignment": int(assignments.id[one]), "fish": int(assignments.placed[one])}
        for one in over
    ]
    return found(float(assignments.placed[assignments.at_sea].max()), rows)


def hall_density(context: CheckContext) -> Finding:
    """Density of the densest tenth of tanks when emptied, against the most of their stage."""
    assignments = context.get(load_assignments)
    density = assignments.biomass_kg / assignments.volume_m3
    rows = []
    for stage, most in _HALL_KG_M3.items():
        here = (assignments.stage == stage) & assignments.gone & ~assignments.at_sea
        if here.any():
            dense = float(np.quantile(density[here], 0.9))
            rows.append({"stage": stage, "kg_m3": round(dense, 1), "most_kg_m3": most})
    need(len(rows) > 0, "tanks that were emptied")
    return found(max(row["kg_m3"] / row["most_kg_m3"] for row in rows), rows)


def over_container_limits(context: CheckContext) -> Finding:
    """Share of containers that held more than their limit and the planner's margin."""
    assignments = context.get(load_assignments)
    over = np.flatnonzero(assignments.biomass_kg > assignments.limit_kg * (1 + _MARGIN))
    need(len(assignments) > 0, "assignments")
    rows = [
        {
            "assignment": int(assignments.id[one]),
            "stage": int(assignments.stage[one]),
            "biomass_kg": round(float(assignments.biomass_kg[one])),
            "limit_kg": float(assignments.limit_kg[one]),
        }
        for one in over.tolist()
    ]
    return found(len(over) / len(assignments), rows)


CHECKS = (
    soft(
        _SUBJECT,
        "density-of-rings",
        "Rings hold no more fish than the water takes, even at harvest.",
        ring_density,
        Bound(8.0, 25.0 * (1 + _MARGIN), "kg/m³"),
        "at most 25 kg/m³ at sea, a tenth allowed for rings that grow well; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "crowded-rings",
        "Hardly a ring is clearly over 25 kg/m³.",
        crowded_rings,
        Bound(high=0.10, unit="of rings"),
        "at most 25 kg/m³ at sea; the share is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "fish-in-a-ring",
        "No ring holds more fish than the law allows.",
        fish_in_a_ring,
        Bound(high=_FISH_IN_A_RING, unit="fish"),
        "at most 200,000 fish a ring, official",
    ),
    soft(
        _SUBJECT,
        "density-of-halls",
        "Tanks are as dense when emptied as real ones, and no denser.",
        hall_density,
        Bound(0.3, 1 + _MARGIN, "times the most of the stage"),
        "fry to 30, parr 50, smolt 60, post-smolt 75 kg/m³; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "container-limits",
        "Hardly a container holds more than its limit and the planner's margin.",
        over_container_limits,
        Bound(high=0.05, unit="of assignments"),
        "each container's own limit, a tenth allowed for fish that grow well; " + UNSOURCED,
    ),
)
