"""Soft checks of harvests: weights, yields, grades, and fish missing at the count."""

from __future__ import annotations

from functools import partial

import numpy as np
import sqlalchemy as sa

from ...schema import HarvestEvent, HarvestLot, ProductGrade
from ..context import CheckContext
from ..dates import month_of
from ..model import Bound
from .arrays import Floats, Integers, group_sums, ratio
from .assignments import ADULT, AssignmentTable, load_assignments, load_deaths
from .farm_geographies import FAROES, GEOGRAPHY_NAMES, SCOTLAND, assignments_with_code
from .populations import completed_batches, harvested_rings
from .soft_check import UNSOURCED, require, soft

_SUBJECT = "harvest"
_BEST = "SUPERIOR"
_WINTER = (1, 2, 3, 4)


def _harvested(context: CheckContext) -> tuple[AssignmentTable, Integers]:
    """Return all assignments, and the indices of harvested rings."""
    assignments = context.get(load_assignments)
    rings = np.flatnonzero((assignments.harvested > 0) & assignments.ended)
    require(len(rings) > 0, "harvested rings")
    return assignments, rings


def batch_weights(context: CheckContext) -> tuple[Floats, Integers]:
    """Return the mean live weight in kg of each completed batch, and one of its assignments."""
    assignments, rings = _harvested(context)
    whole = rings[assignments.of_ended_batches[rings]]
    require(len(whole) > 0, "completed batches")
    _, first, batch = np.unique(assignments.batch[whole], return_index=True, return_inverse=True)
    fish = group_sums(batch.astype(np.int64), assignments.harvested[whole], len(first))
    kg = group_sums(batch.astype(np.int64), assignments.harvested_kg[whole], len(first))
    return kg / fish, whole[first]


def weight_in(code: str, context: CheckContext) -> float:
    """Return the mean live weight in kg of the batches of the geography with this code."""
    weights, assignment = batch_weights(context)
    rows = assignments_with_code(context, code)[assignment]
    require(rows.any(), f"batches harvested in {GEOGRAPHY_NAMES[code]}")
    return float(weights[rows].mean())


def usual_weights(context: CheckContext) -> float:
    """Return the share of batches with a mean live weight of 4.3 to 6.6 kg."""
    weights, _ = batch_weights(context)
    return float(((weights >= 4.3) & (weights <= 6.6)).mean())


def lot_yield(column: str, context: CheckContext) -> float:
    """Return gutted or fillet weight over live weight, of all lots that have both."""
    weight = getattr(HarvestLot, column)
    (totals,) = context.rows(
        sa.select(
            sa.func.sum(weight).label("kg"), sa.func.sum(HarvestLot.live_weight_kg).label("live_kg")
        ).where(weight.is_not(None))
    )
    require(bool(totals["live_kg"]), "harvest lots with this weight")
    return float(totals["kg"]) / float(totals["live_kg"])


def _grades(context: CheckContext) -> tuple[Integers, Floats, Floats]:
    """Return the month of each harvest event, its fish, and its fish of the best grade."""
    best = sa.case((ProductGrade.code == _BEST, HarvestLot.unit_count), else_=0)
    month = month_of(HarvestEvent.event_date)
    columns = context.columns(
        sa.select(
            HarvestEvent.id,
            month.label("month"),
            sa.func.sum(HarvestLot.unit_count).label("fish"),
            sa.func.sum(best).label("best"),
        )
        .join_from(HarvestLot, HarvestEvent)
        .join(ProductGrade, ProductGrade.id == HarvestLot.product_grade_id)
        .group_by(HarvestEvent.id, month)
    )
    require(len(columns["fish"]) > 0, "harvest lots")
    return (
        columns["month"].astype(np.int64),
        columns["fish"].astype(np.float64),
        columns["best"].astype(np.float64),
    )


def superior_share(context: CheckContext) -> float:
    """Return the share of fish of the best grade."""
    _, fish, best = _grades(context)
    return float(best.sum() / fish.sum())


def winter_downgrading(context: CheckContext) -> float:
    """Return the drop in the share of the best grade from January to April."""
    month, fish, best = _grades(context)
    winter = np.isin(month, _WINTER)
    require(winter.sum() >= 10 and (~winter).sum() >= 10, "harvests in winter and out of it")
    shares = best / fish
    return float(shares[~winter].mean() - shares[winter].mean())


def shortfall(context: CheckContext) -> float:
    """Return the mean share of fish on the books that the count at harvest does not find."""
    assignments, rings = _harvested(context)
    missing = _missing(context)
    return float((missing[rings] / (missing[rings] + assignments.harvested[rings])).mean())


def _missing(context: CheckContext) -> Floats:
    """Return the fish written off on the last day of each assignment."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    last = deaths.day == assignments.departs[deaths.assignment]
    return group_sums(deaths.assignment[last], deaths.fish[last], len(assignments))


def worst_shortfall(context: CheckContext) -> float:
    """Return the largest share of fish on the books that a count at harvest does not find."""
    assignments, rings = _harvested(context)
    missing = _missing(context)[rings]
    return float((missing / (missing + assignments.harvested[rings])).max())


def weighed_against_book(context: CheckContext) -> float:
    """Return the root mean square difference of mean weight at harvest and on the books."""
    assignments, rings = _harvested(context)
    weighed = 1000.0 * ratio(assignments.harvested_kg[rings], assignments.harvested[rings])
    return float(np.sqrt(((weighed / assignments.weight_g[rings] - 1.0) ** 2).mean()))


def days_of_harvest(context: CheckContext) -> float:
    """Return the days from the first to the last harvest of the median batch."""
    assignments, rings = _harvested(context)
    whole = rings[assignments.of_ended_batches[rings]]
    require(len(whole) > 0, "completed batches")
    spans = [np.ptp(assignments.departs[whole][assignments.batch[whole] == batch_id])
             for batch_id in np.unique(assignments.batch[whole])]  # fmt: skip
    return float(np.median(spans))


def fasting(context: CheckContext) -> float:
    """Return the days without feed before harvest of the median ring."""
    assignments, rings = _harvested(context)
    days = assignments.departs[rings] - assignments.last_meal[rings] - 1
    require(bool(np.isfinite(days).any()), "harvested rings that were fed")
    return float(np.nanmedian(days))


def days_at_sea(context: CheckContext) -> float:
    """Return the days from transfer to harvest of the median ring stocked at 300 to 500 g."""
    assignments, rings = _harvested(context)
    start = assignments.start_weight_g[rings]
    usual = (assignments.stage[rings] == ADULT) & (start >= 300.0) & (start <= 500.0)
    require(usual.any(), "rings put to sea at 300 to 500 g")
    return float(np.median((assignments.departs - assignments.arrives)[rings][usual]))


CHECKS = (
    soft(
        _SUBJECT,
        "harvest-weight-in-scotland",
        "The mean harvest weight of batches in Scotland is as published.",
        partial(weight_in, SCOTLAND),
        Bound(4.5, 5.1, "kg live"),
        "Scotland 4.5 to 5.1 kg [M]",
        needs=completed_batches(5, SCOTLAND),
    ),
    soft(
        _SUBJECT,
        "harvest-weight-in-the-faroes",
        "The mean harvest weight of batches in the Faroe Islands is as published.",
        partial(weight_in, FAROES),
        Bound(5.4, 6.6, "kg live"),
        "Faroe Islands about 6 kg [M]; a tenth allowed",
        needs=completed_batches(5, FAROES),
    ),
    soft(
        _SUBJECT,
        "usual-harvest-weights",
        "Batches are harvested at weights that the market buys.",
        usual_weights,
        Bound(low=0.95, unit="of batches"),
        "batch means 4.3 to 6.6 kg [M]",
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "days-at-sea",
        "Large smolts are harvested after a little over a year at sea.",
        days_at_sea,
        Bound(330.0, 480.0, "days"),
        "400 to 5500 g in 400 to 450 days at 8.5 °C; less in warmer water and to lower weights; "
        + UNSOURCED,
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "gutted-yield",
        "Gutted weight over live weight is as on real farms.",
        partial(lot_yield, "gutted_weight_kg"),
        Bound(0.82, 0.86, "of live weight"),
        "0.82 to 0.86; " + UNSOURCED,
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "fillet-yield",
        "Fillet weight over live weight is as on real farms.",
        partial(lot_yield, "fillet_weight_kg"),
        Bound(0.52, 0.62, "of live weight"),
        "0.52 to 0.62; " + UNSOURCED,
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "superior-share",
        "Most harvested fish are of the superior grade.",
        superior_share,
        Bound(0.80, 0.96, "of fish"),
        "superior 80 to 96 % of fish; " + UNSOURCED,
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "worse-grades-in-winter",
        "Fewer fish are superior from January to April, when wounds heal slowly.",
        winter_downgrading,
        Bound(low=0.01, unit="of fish fewer"),
        "worse January to April; the amount is a " + UNSOURCED,
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "harvest-count-shortfall",
        "The count at harvest finds slightly fewer fish than on the books.",
        shortfall,
        Bound(0.0, 0.04, "of the book"),
        "0 to 4 % fewer; 1.3 to 2.3 % of a generation in Norway [M]",
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "worst-harvest-count-shortfall",
        "No count at harvest finds far fewer fish than on the books.",
        worst_shortfall,
        Bound(0.0, 0.04, "of the book"),
        "0 to 4 % fewer; " + UNSOURCED,
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "harvest-weighed-against-book",
        "Mean weight at harvest differs from the books by a few percent.",
        weighed_against_book,
        Bound(0.002, 0.05, "of the weight"),
        "differs by a few percent; the amount is a " + UNSOURCED,
        needs=harvested_rings(10),
    ),
    soft(
        _SUBJECT,
        "days-of-harvest",
        "The rings of a batch are harvested over days to weeks.",
        days_of_harvest,
        Bound(1.0, 60.0, "days"),
        "days to weeks; " + UNSOURCED,
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "fasting-before-harvest",
        "Fish are fasted before harvest.",
        fasting,
        Bound(2.0, 5.0, "days"),
        "2 to 5 days [U]",
        needs=harvested_rings(10),
    ),
)
