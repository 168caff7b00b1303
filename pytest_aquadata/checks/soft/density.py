"""How densely fish are kept, at their heaviest."""

from __future__ import annotations

import numpy as np

from ..context import CheckContext
from ..model import Bound, Finding
from .measure import UNSOURCED, found, need, soft
from .stays import load_stays

_SUBJECT = "density"
_HALL_KG_M3 = {2: 30.0, 3: 50.0, 4: 60.0, 5: 75.0}
_FISH_IN_A_RING = 200_000.0
_MARGIN = 0.10
"""How far the planner's expectation of a container may be passed by fish that grow well."""


def ring_density(evidence: CheckContext) -> float:
    """Biomass over volume of the densest tenth of rings at their heaviest, at its lower end."""
    stays = evidence.get(load_stays)
    here = stays.at_sea & stays.gone
    need(here.any(), "rings that were emptied")
    return float(np.quantile((stays.biomass_kg / stays.volume_m3)[here], 0.9))


def crowded_rings(evidence: CheckContext) -> Finding:
    """Share of rings over 25 kg/m³ by more than the planner's margin."""
    stays = evidence.get(load_stays)
    here = stays.at_sea & stays.gone
    need(here.any(), "rings that were emptied")
    density = stays.biomass_kg / stays.volume_m3
    over = np.flatnonzero(here & (density > 25.0 * (1 + _MARGIN)))
    rows = [
        {"assignment": int(stays.id[one]), "kg_m3": round(float(density[one]), 1)}
        for one in over.tolist()
    ]
    return found(len(over) / int(here.sum()), rows)


def fish_in_a_ring(evidence: CheckContext) -> Finding:
    """The most fish ever in one ring, and the rings that held more than they may."""
    stays = evidence.get(load_stays)
    need(stays.at_sea.any(), "rings with fish")
    over = np.flatnonzero(stays.at_sea & (stays.placed > _FISH_IN_A_RING))
    rows = [{"assignment": int(stays.id[one]), "fish": int(stays.placed[one])} for one in over]
    return found(float(stays.placed[stays.at_sea].max()), rows)


def hall_density(evidence: CheckContext) -> Finding:
    """Density of the densest tenth of tanks when emptied, against the most of their stage."""
    stays = evidence.get(load_stays)
    density = stays.biomass_kg / stays.volume_m3
    rows = []
    for stage, most in _HALL_KG_M3.items():
        here = (stays.stage == stage) & stays.gone & ~stays.at_sea
        if here.any():
            dense = float(np.quantile(density[here], 0.9))
            rows.append({"stage": stage, "kg_m3": round(dense, 1), "most_kg_m3": most})
    need(len(rows) > 0, "tanks that were emptied")
    return found(max(row["kg_m3"] / row["most_kg_m3"] for row in rows), rows)


def over_container_limits(evidence: CheckContext) -> Finding:
    """Share of containers that held more than their limit and the planner's margin."""
    stays = evidence.get(load_stays)
    over = np.flatnonzero(stays.biomass_kg > stays.limit_kg * (1 + _MARGIN))
    need(len(stays) > 0, "assignments")
    rows = [
        {
            "assignment": int(stays.id[one]),
            "stage": int(stays.stage[one]),
            "biomass_kg": round(float(stays.biomass_kg[one])),
            "limit_kg": float(stays.limit_kg[one]),
        }
        for one in over.tolist()
    ]
    return found(len(over) / len(stays), rows)


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
