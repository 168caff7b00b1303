"""Soft checks of feed: conversion, ration and pellet size."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..context import CheckContext
from ..model import Bound, Check
from .arrays import Floats, Mask, group_sums
from .assignments import ADULT, FRY, PARR, POST_SMOLT, SMOLT, dead_kg, load_assignments
from .populations import batches_at_sea, batches_of_stage, completed_batches, fed_weeks
from .soft_check import UNSOURCED, require, soft
from .weekly_weights import load_weights

_SUBJECT = "feed"
_RATIOS = (
    ("fry", FRY, 0.7, 0.9),
    ("parr", PARR, 0.8, 1.0),
    ("smolt", SMOLT, 0.9, 1.0),
    ("post-smolt", POST_SMOLT, 0.9, 1.1),
    ("adults", ADULT, 1.05, 1.25),
)
_WASTE = (1.01, 1.05)
"""Feed given over feed eaten; 1 to 5 % is wasted."""
_PELLETS = (
    (0.3, 0.3),
    (0.8, 0.5),
    (1.5, 0.8),
    (5.0, 1.0),
    (10.0, 1.5),
    (30.0, 2.0),
    (100.0, 3.0),
    (250.0, 4.0),
    (500.0, 5.0),
    (1000.0, 6.0),
    (2000.0, 7.0),
    (3000.0, 9.0),
    (np.inf, 11.0),
)
"""Pellet size in mm for fish below a weight in g."""


def _with_growth(context: CheckContext) -> Mask:
    assignments = context.get(load_assignments)
    return (assignments.fed_kg > 0) & np.isfinite(assignments.placed_kg) & (assignments.stage > 1)


def _net_gain_kg(context: CheckContext) -> Floats:
    assignments = context.get(load_assignments)
    return assignments.biomass_kg - assignments.placed_kg


def _biological_fcr(context: CheckContext, rows: Mask) -> float:
    """Return feed over growth of some assignments; the growth of fish that died counts."""
    gain = _net_gain_kg(context) + context.get(dead_kg)
    return float(context.get(load_assignments).fed_kg[rows].sum() / gain[rows].sum())


def stage_fcr(stage: int, context: CheckContext) -> float:
    """Return the biological FCR of a stage."""
    rows = _with_growth(context) & (context.get(load_assignments).stage == stage)
    require(rows.any(), "fed assignments of this stage")
    return _biological_fcr(context, rows)


def economic_over_biological(context: CheckContext) -> float:
    """Return the smallest difference of economic and biological FCR over batches at sea."""
    assignments = context.get(load_assignments)
    rows = _with_growth(context) & (assignments.stage == ADULT) & assignments.ended
    require(rows.any(), "harvested rings")
    batch = np.unique(assignments.batch[rows], return_inverse=True)[1].astype(np.int64)
    count = int(batch.max()) + 1
    fed = group_sums(batch, assignments.fed_kg[rows], count)
    sold = group_sums(batch, (assignments.harvested_kg - assignments.placed_kg)[rows], count)
    grown = group_sums(batch, (_net_gain_kg(context) + context.get(dead_kg))[rows], count)
    return float((fed / sold - fed / grown).min())


def farm_fcr(context: CheckContext) -> float:
    """Return the biological FCR of completed batches over all stages."""
    rows = _with_growth(context) & context.get(load_assignments).of_ended_batches
    require(rows.any(), "completed batches")
    return _biological_fcr(context, rows)


def fitting_pellets(context: CheckContext) -> float:
    """Return the share of feed with the pellet size for the fish, or the next smaller or larger."""
    weights = context.get(load_weights)
    require(len(weights) > 0, "fed days")
    with_size = np.isfinite(weights.pellet_mm)
    require(with_size.any(), "feeds with a pellet size")
    limits, sizes = (np.array(column) for column in zip(*_PELLETS, strict=True))
    right_size = np.searchsorted(limits, weights.weight_g[with_size], side="right")
    fed_size = np.argmin(np.abs(sizes - weights.pellet_mm[with_size][:, None]), axis=1)
    fits = np.abs(fed_size - right_size) <= 1
    return float(weights.fed_kg[with_size][fits].sum() / weights.fed_kg[with_size].sum())


def ration_of_large_fish(context: CheckContext) -> float:
    """Return the daily ration, in % of biomass, of fish of 4 to 6 kg over that at 0.4 to 0.6 kg.

    Both are means over all seasons.
    """
    weights, assignments = context.get(load_weights), context.get(load_assignments)
    sea = assignments.stage[weights.assignment] == ADULT
    small = sea & (weights.weight_g >= 400.0) & (weights.weight_g < 600.0)
    large = sea & (weights.weight_g >= 4000.0) & (weights.weight_g < 6000.0)
    require(small.any() and large.any(), "small and large fish at sea")
    percent = weights.fed_kg / weights.biomass_kg
    return float(percent[large].mean() / percent[small].mean())


def _ratio_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"feed-conversion-of-{name}",
            f"The biological feed conversion ratio of {name} is as published.",
            partial(stage_fcr, stage),
            Bound(round(low * _WASTE[0], 3), round(high * _WASTE[1], 3), "kg a kg"),
            f"biological FCR {low} to {high}, and 1 to 5 % waste; " + UNSOURCED,
            needs=batches_of_stage(stage, 3),
        )
        for name, stage, low, high in _RATIOS
    )


CHECKS = (
    *_ratio_checks(),
    soft(
        _SUBJECT,
        "economic-above-biological-conversion",
        "The economic feed conversion is never below the biological one.",
        economic_over_biological,
        Bound(low=0.0, unit="kg a kg"),
        "by definition: net production leaves out the fish that died",
        needs=completed_batches(1),
    ),
    soft(
        _SUBJECT,
        "feed-conversion-of-the-farm",
        "Completed batches need as much feed for a kg of growth as on real farms.",
        farm_fcr,
        Bound(1.1, 1.2, "kg a kg"),
        "Mowi [M]: 1.1 to 1.2; Faroe Islands, 2008 generation [M]: 1.11",
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "pellets-fit-the-fish",
        "Fish get the pellet size for their weight, or the next smaller or larger one.",
        fitting_pellets,
        Bound(low=0.95, unit="of the feed"),
        "FAO, Lall 2009 [M]",
        needs=fed_weeks(40),
    ),
    soft(
        _SUBJECT,
        "ration-falls-with-size",
        "Large fish eat a smaller share of their weight than small fish.",
        ration_of_large_fish,
        Bound(0.3, 0.75, "times the ration at 500 g"),
        "0.54 % a day at 5 kg against 1.17 at 500 g, at 10 °C, by the growth formula",
        needs=batches_at_sea(3),
    ),
)
