"""Soft checks of density: biomass over volume when a container is emptied, and fish in a ring."""

from __future__ import annotations

import numpy as np

from ..context import CheckContext
from ..model import Bound, Finding
from .assignments import FRY, PARR, POST_SMOLT, SMOLT, load_assignments
from .populations import batches_at_sea, emptied_tanks, harvested_rings, stays
from .soft_check import UNSOURCED, require, soft, with_rows

_SUBJECT = "density"
_HALL_KG_M3 = {FRY: 30.0, PARR: 50.0, SMOLT: 60.0, POST_SMOLT: 75.0}
"""Highest density of each stage in halls."""
_SEA_KG_M3 = 25.0
"""Highest density at sea."""
_FISH_IN_A_RING = 200_000.0
_MARGIN = 0.10
"""Share by which fish that grow well may exceed the density the planner expects."""


def ring_density(context: CheckContext) -> float:
    """Return the 90th percentile of the density of rings when emptied, in kg/m³."""
    assignments = context.get(load_assignments)
    emptied = assignments.at_sea & assignments.ended
    require(emptied.any(), "rings that were emptied")
    return float(np.quantile((assignments.biomass_kg / assignments.volume_m3)[emptied], 0.9))


def crowded_rings(context: CheckContext) -> Finding:
    """Return the share of rings over 25 kg/m³ by more than the planner's margin."""
    assignments = context.get(load_assignments)
    emptied = assignments.at_sea & assignments.ended
    require(emptied.any(), "rings that were emptied")
    density = assignments.biomass_kg / assignments.volume_m3
    crowded = np.flatnonzero(emptied & (density > _SEA_KG_M3 * (1 + _MARGIN)))
    rows = [
        {"assignment": int(assignments.id[row]), "kg_m3": round(float(density[row]), 1)}
        for row in crowded.tolist()
    ]
    return with_rows(len(crowded) / int(emptied.sum()), rows)


def fish_in_a_ring(context: CheckContext) -> Finding:
    """Return the most fish put into one ring, with the rings over the legal limit."""
    assignments = context.get(load_assignments)
    require(assignments.at_sea.any(), "rings with fish")
    crowded = np.flatnonzero(assignments.at_sea & (assignments.placed > _FISH_IN_A_RING))
    rows = [
        {"assignment": int(assignments.id[row]), "fish": int(assignments.placed[row])}
        for row in crowded
    ]
    return with_rows(float(assignments.placed[assignments.at_sea].max()), rows)


def hall_density(context: CheckContext) -> Finding:
    """Return the highest ratio of a stage's 90th percentile of density to its limit."""
    assignments = context.get(load_assignments)
    density = assignments.biomass_kg / assignments.volume_m3
    rows = []
    for stage, most in _HALL_KG_M3.items():
        emptied = (assignments.stage == stage) & assignments.ended & ~assignments.at_sea
        if emptied.any():
            dense = float(np.quantile(density[emptied], 0.9))
            rows.append({"stage": stage, "kg_m3": round(dense, 1), "most_kg_m3": most})
    require(len(rows) > 0, "tanks that were emptied")
    return with_rows(max(row["kg_m3"] / row["most_kg_m3"] for row in rows), rows)


def over_container_limits(context: CheckContext) -> Finding:
    """Return the share of assignments over their container's limit by more than the margin."""
    assignments = context.get(load_assignments)
    crowded = np.flatnonzero(assignments.biomass_kg > assignments.limit_kg * (1 + _MARGIN))
    require(len(assignments) > 0, "assignments")
    rows = [
        {
            "assignment": int(assignments.id[row]),
            "stage": int(assignments.stage[row]),
            "biomass_kg": round(float(assignments.biomass_kg[row])),
            "limit_kg": float(assignments.limit_kg[row]),
        }
        for row in crowded.tolist()
    ]
    return with_rows(len(crowded) / len(assignments), rows)


CHECKS = (
    soft(
        _SUBJECT,
        "density-of-rings",
        "The density of rings at harvest is within the limit.",
        ring_density,
        Bound(8.0, _SEA_KG_M3 * (1 + _MARGIN), "kg/m³"),
        "at most 25 kg/m³ at sea, a tenth allowed for rings that grow well; " + UNSOURCED,
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "crowded-rings",
        "Few rings are clearly over 25 kg/m³.",
        crowded_rings,
        Bound(high=0.10, unit="of rings"),
        "at most 25 kg/m³ at sea; the share is a " + UNSOURCED,
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "fish-in-a-ring",
        "No ring holds more fish than the law allows.",
        fish_in_a_ring,
        Bound(high=_FISH_IN_A_RING, unit="fish"),
        "at most 200,000 fish a ring, official",
        needs=batches_at_sea(1),
    ),
    soft(
        _SUBJECT,
        "density-of-halls",
        "The density of tanks, when emptied, is near the limit of their stage and not above it.",
        hall_density,
        Bound(0.3, 1 + _MARGIN, "times the most of the stage"),
        "fry to 30, parr 50, smolt 60, post-smolt 75 kg/m³; " + UNSOURCED,
        needs=emptied_tanks(10),
    ),
    soft(
        _SUBJECT,
        "container-limits",
        "Few containers hold more than their limit and the planner's margin.",
        over_container_limits,
        Bound(high=0.05, unit="of assignments"),
        "each container's own limit, a tenth allowed for fish that grow well; " + UNSOURCED,
        needs=stays(10),
    ),
)
