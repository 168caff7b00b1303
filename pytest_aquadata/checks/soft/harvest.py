"""Harvests: weights, yields, grades, and what the count finds."""

from __future__ import annotations

from functools import partial

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ...schema import HarvestEvent, HarvestLot, ProductGrade
from ..context import CheckContext
from ..dates import month_of
from ..model import Bound
from .assignments import ADULT, AssignmentTable, load_assignments, load_deaths
from .measure import UNSOURCED, Floats, Integers, need, ratio, soft, sums

_SUBJECT = "harvest"
_BEST = "SUPERIOR"
_WINTER = (1, 2, 3, 4)


def _harvested(context: CheckContext) -> tuple[AssignmentTable, Integers]:
    """The stays, and which of them were harvested."""
    assignments = context.get(load_assignments)
    rings = np.flatnonzero((assignments.harvested > 0) & assignments.gone)
    need(len(rings) > 0, "harvested rings")
    return assignments, rings


def _batch_weights(context: CheckContext) -> tuple[Floats, NDArray[np.object_]]:
    """Mean live weight in kg of each batch harvested whole, and its geography."""
    assignments, rings = _harvested(context)
    whole = rings[~np.isin(assignments.batch[rings], assignments.batch[~assignments.gone])]
    need(len(whole) > 0, "batches harvested whole")
    _, first, batch = np.unique(assignments.batch[whole], return_index=True, return_inverse=True)
    fish = sums(batch.astype(np.int64), assignments.harvested[whole], len(first))
    kg = sums(batch.astype(np.int64), assignments.harvested_kg[whole], len(first))
    return kg / fish, assignments.geography[whole][first]


def weight_in(geography: str, context: CheckContext) -> float:
    """Mean live weight in kg of the batches of a geography."""
    weights, names = _batch_weights(context)
    here = np.array([geography in name for name in names], np.bool_)
    need(here.any(), f"batches harvested in {geography}")
    return float(weights[here].mean())


def usual_weights(context: CheckContext) -> float:
    """Share of batches with a mean live weight of 4.3 to 6.6 kg."""
    weights, _ = _batch_weights(context)
    return float(((weights >= 4.3) & (weights <= 6.6)).mean())


def lot_yield(column: str, context: CheckContext) -> float:
    """Gutted or fillet weight over live weight, over all lots that have both."""
    weight = getattr(HarvestLot, column)
    (totals,) = context.rows(
        sa.select(
            sa.func.sum(weight).label("kg"), sa.func.sum(HarvestLot.live_weight_kg).label("live_kg")
        ).where(weight.is_not(None))
    )
    need(bool(totals["live_kg"]), "harvest lots with this weight")
    return float(totals["kg"]) / float(totals["live_kg"])


def _grades(context: CheckContext) -> tuple[Integers, Floats, Floats]:
    """Month of each harvest event, its fish, and those of the best grade."""
    best = sa.case((ProductGrade.code == _BEST, HarvestLot.unit_count), else_=0)
    month = month_of(HarvestEvent.event_date)
    found = context.columns(
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
    need(len(found["fish"]) > 0, "harvest lots")
    return (
        found["month"].astype(np.int64),
        found["fish"].astype(np.float64),
        found["best"].astype(np.float64),
    )


def superior_share(context: CheckContext) -> float:
    """Share of fish of the best grade."""
    _, fish, best = _grades(context)
    return float(best.sum() / fish.sum())


def winter_downgrading(context: CheckContext) -> float:
    """How much the share of the best grade is lower from January to April."""
    month, fish, best = _grades(context)
    winter = np.isin(month, _WINTER)
    need(winter.sum() >= 10 and (~winter).sum() >= 10, "harvests in winter and out of it")
    shares = best / fish
    return float(shares[~winter].mean() - shares[winter].mean())


def shortfall(context: CheckContext) -> float:
    """Fish that the count at harvest does not find, as a share of the book, on average."""
    assignments, rings = _harvested(context)
    missing = _missing(context)
    return float((missing[rings] / (missing[rings] + assignments.harvested[rings])).mean())


def _missing(context: CheckContext) -> Floats:
    """Fish written off on the day each stay ended."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    last = deaths.day == assignments.departs[deaths.assignment]
    return sums(deaths.assignment[last], deaths.fish[last], len(assignments))


def worst_shortfall(context: CheckContext) -> float:
    """The greatest share of the book that the count at a harvest does not find."""
    assignments, rings = _harvested(context)
    missing = _missing(context)[rings]
    return float((missing / (missing + assignments.harvested[rings])).max())


def weighed_against_book(context: CheckContext) -> float:
    """Root mean square of the mean weight at harvest against the book."""
    assignments, rings = _harvested(context)
    weighed = 1000.0 * ratio(assignments.harvested_kg[rings], assignments.harvested[rings])
    return float(np.sqrt(((weighed / assignments.weight_g[rings] - 1.0) ** 2).mean()))


def days_of_harvest(context: CheckContext) -> float:
    """Days from the first to the last ring of a batch, in the median batch."""
    assignments, rings = _harvested(context)
    whole = rings[~np.isin(assignments.batch[rings], assignments.batch[~assignments.gone])]
    need(len(whole) > 0, "batches harvested whole")
    spans = [np.ptp(assignments.departs[whole][assignments.batch[whole] == one])
             for one in np.unique(assignments.batch[whole])]  # fmt: skip
    return float(np.median(spans))


def fasting(context: CheckContext) -> float:
    """Days without feed before harvest, in the median ring."""
    assignments, rings = _harvested(context)
    days = assignments.departs[rings] - assignments.last_meal[rings] - 1
    need(bool(np.isfinite(days).any()), "harvested rings that were fed")
    return float(np.nanmedian(days))


def months_at_sea(context: CheckContext) -> float:
    """Days from transfer to harvest of fish put to sea at 300 to 500 g, in the median ring."""
    assignments, rings = _harvested(context)
    start = assignments.start_weight_g[rings]
    usual = (assignments.stage[rings] == ADULT) & (start >= 300.0) & (start <= 500.0)
    need(usual.any(), "rings put to sea at 300 to 500 g")
    return float(np.median((assignments.departs - assignments.arrives)[rings][usual]))


CHECKS = (
    soft(
        _SUBJECT,
        "harvest-weight-in-scotland",
        "Scottish fish are harvested at the weight real ones are.",
        partial(weight_in, "Scotland"),
        Bound(4.5, 5.1, "kg live"),
        "Scotland 4.5 to 5.1 kg [M]",
    ),
    soft(
        _SUBJECT,
        "harvest-weight-in-the-faroes",
        "Faroese fish are harvested heavy.",
        partial(weight_in, "Faroe"),
        Bound(5.4, 6.6, "kg live"),
        "Faroe Islands about 6 kg [M]; a tenth allowed",
    ),
    soft(
        _SUBJECT,
        "usual-harvest-weights",
        "Every batch is harvested at a weight the market takes.",
        usual_weights,
        Bound(low=0.95, unit="of batches"),
        "batch means 4.3 to 6.6 kg [M]",
    ),
    soft(
        _SUBJECT,
        "days-at-sea",
        "Large smolts take a little over a year at sea.",
        months_at_sea,
        Bound(330.0, 480.0, "days"),
        "400 to 5500 g in 400 to 450 days at 8.5 °C; less in warmer water and to lower weights; "
        + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "gutted-yield",
        "Gutting takes off as much as it does.",
        partial(lot_yield, "gutted_weight_kg"),
        Bound(0.82, 0.86, "of live weight"),
        "0.82 to 0.86; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "fillet-yield",
        "Fillets are as much of a fish as they are.",
        partial(lot_yield, "fillet_weight_kg"),
        Bound(0.52, 0.62, "of live weight"),
        "0.52 to 0.62; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "superior-share",
        "Superior fish are the bulk of the harvest.",
        superior_share,
        Bound(0.80, 0.96, "of fish"),
        "superior 80 to 96 % of fish; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "worse-grades-in-winter",
        "Fewer fish are superior from January to April, when wounds heal slowly.",
        winter_downgrading,
        Bound(low=0.01, unit="of fish fewer"),
        "worse January to April; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "harvest-count-shortfall",
        "The count at harvest finds a little fewer fish than the book.",
        shortfall,
        Bound(0.0, 0.04, "of the book"),
        "0 to 4 % fewer; 1.3 to 2.3 % of a generation in Norway [M]",
    ),
    soft(
        _SUBJECT,
        "worst-harvest-count-shortfall",
        "No count at harvest finds far fewer fish than the book.",
        worst_shortfall,
        Bound(0.0, 0.04, "of the book"),
        "0 to 4 % fewer; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "harvest-weighed-against-book",
        "The weight at harvest differs from the book by a few percent.",
        weighed_against_book,
        Bound(0.002, 0.05, "of the weight"),
        "differs by a few percent; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "days-of-harvest",
        "A batch is harvested ring by ring over days to weeks.",
        days_of_harvest,
        Bound(1.0, 60.0, "days"),
        "days to weeks; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "fasting-before-harvest",
        "Fish are fasted before harvest.",
        fasting,
        Bound(2.0, 5.0, "days"),
        "2 to 5 days [U]",
    ),
)
