"""Deaths: how many in every stage, how unevenly they fall, and of what."""

from __future__ import annotations

from functools import partial

import numpy as np
import sqlalchemy as sa

from ...schema import BatchContainerAssignment, Container, MortalityEvent, Treatment
from ..context import CheckContext
from ..dates import day_number
from ..model import Bound, Check, Finding
from .assignments import (
    ADULT,
    FRY,
    PARR,
    POST_SMOLT,
    SMOLT,
    AssignmentTable,
    DailyDeaths,
    load_assignments,
    load_deaths,
)
from .measure import UNSOURCED, Floats, Integers, found, need, positions, ratio, soft, sums

_SUBJECT = "mortality"
_MONTH_DAYS = 30
_EARLY_DAYS = 90
_BATCHES_OF_A_SECTOR = 10
"""An outbreak in one of fewer batches outweighs everything else."""
_CAUSES = {"infection": 38.0, "trauma": 33.0, "unknown": 20.0, "other": 9.4}
_KIND_OF_CAUSE = {
    "DISEASE": "infection",
    "HANDLING": "trauma",
    "PREDATION": "trauma",
    "UNKNOWN": "unknown",
}


def _natural(context: CheckContext) -> tuple[AssignmentTable, DailyDeaths]:
    """Stays and the deaths in them before they ended: fish missing at harvest left out."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    need(len(deaths.day) > 0, "deaths")
    kept = ~(deaths.day >= assignments.departs[deaths.assignment])
    return assignments, DailyDeaths(
        deaths.assignment[kept], deaths.day[kept], deaths.fish[kept], deaths.kg[kept]
    )


def _months(context: CheckContext, *, at_sea: bool) -> tuple[Integers, Floats, Floats]:
    """Whole container-months: the stay, fish that died and fish there at the start."""
    assignments, deaths = _natural(context)
    last = np.where(
        np.isfinite(assignments.departs), assignments.departs, _today(assignments, deaths)
    )
    whole = ((last - assignments.arrives) // _MONTH_DAYS).astype(np.int64)
    chosen = np.flatnonzero((assignments.stage > 1) & (assignments.at_sea == at_sea))
    assignment = np.repeat(chosen, whole[chosen])
    turn = np.arange(len(assignment)) - np.repeat(
        np.cumsum(whole[chosen]) - whole[chosen], whole[chosen]
    )
    first = assignments.arrives[assignment] + turn * _MONTH_DAYS
    died = deaths.during(assignment, first, first + _MONTH_DAYS)
    there = assignments.placed[assignment] - deaths.before(assignment, first)
    need(len(assignment) > 0, "whole months of containers")
    return assignment, died, there


def _today(assignments: AssignmentTable, deaths: DailyDeaths) -> int:
    """The last day anything is known of."""
    return int(max(deaths.day.max(), np.nanmax(np.append(assignments.departs, 0.0))))


def egg_loss(context: CheckContext) -> float:
    """Percent of eggs and alevins lost in the first stage."""
    assignments, deaths = _natural(context)
    here = (assignments.stage == 1) & assignments.gone
    need(here.any(), "first-stage assignments that ended")
    died = sums(deaths.assignment, deaths.fish, len(assignments))
    return float(100.0 * died[here].sum() / assignments.placed[here].sum())


def freshwater_median(context: CheckContext) -> float:
    """Percent lost in the median container-month from fry to post-smolt."""
    _, died, there = _months(context, at_sea=False)
    return float(np.median(100.0 * died / there))


def stage_median(stage: int, context: CheckContext) -> float:
    """Percent lost in the median container-month of a stage in fresh water."""
    assignment, died, there = _months(context, at_sea=False)
    here = context.get(load_assignments).stage[assignment] == stage
    need(here.any(), "whole months of this stage")
    return float(np.median(100.0 * died[here] / there[here]))


def early_sea_loss(context: CheckContext) -> float:
    """Percent lost a month in the first three months at sea."""
    return _sea_loss(context, 0, _EARLY_DAYS)


def later_over_early(context: CheckContext) -> float:
    """Monthly loss after the first three months at sea against that in them."""
    return _sea_loss(context, _EARLY_DAYS, 4 * _EARLY_DAYS) / early_sea_loss(context)


def _sea_loss(context: CheckContext, first: int, end: int) -> float:
    """Percent lost a month between two ages at sea, over all rings that reached the second."""
    assignments, deaths = _natural(context)
    last = np.where(
        np.isfinite(assignments.departs), assignments.departs, _today(assignments, deaths)
    )
    assignment = np.flatnonzero((assignments.stage == ADULT) & (last - assignments.arrives >= end))
    need(len(assignment) > 0, "rings that were at sea for long enough")
    from_day, to_day = (
        assignments.arrives[assignment] + first,
        assignments.arrives[assignment] + end,
    )
    before = assignments.placed[assignment] - deaths.before(assignment, from_day)
    after = assignments.placed[assignment] - deaths.before(assignment, to_day)
    survival = after.sum() / before.sum()
    return float(100.0 * (1.0 - survival ** (_MONTH_DAYS / (end - first))))


def _cycle_losses(context: CheckContext) -> Floats:
    """Percent lost at sea by each batch harvested whole."""
    assignments, deaths = _natural(context)
    at_sea = assignments.stage == ADULT
    here = at_sea & ~np.isin(assignments.batch, assignments.batch[~assignments.gone])
    need(here.any(), "batches harvested whole")
    died = sums(deaths.assignment, deaths.fish, len(assignments))
    batch = np.unique(assignments.batch[here], return_inverse=True)[1].astype(np.int64)
    count = int(batch.max()) + 1
    return 100.0 * ratio(
        sums(batch, died[here], count), sums(batch, assignments.placed[here], count)
    )


def cycle_median(context: CheckContext) -> float:
    """Percent lost at sea by the median batch."""
    return float(np.median(_cycle_losses(context)))


def usual_cycles(context: CheckContext) -> float:
    """Share of batches that lost 5 to 30 % at sea."""
    losses = _cycle_losses(context)
    return float(((losses >= 5.0) & (losses <= 30.0)).mean())


def skew(context: CheckContext) -> float:
    """Share of deaths that fall in the worst tenth of ring-months."""
    _, died, there = _months(context, at_sea=True)
    rate = ratio(died, there)
    worst = np.argsort(-rate)[: max(len(rate) // 10, 1)]
    return float(rate[worst].sum() / rate.sum())


def over_dispersion(context: CheckContext) -> float:
    """Variance of daily deaths over their mean within a month, in the median ring-month."""
    counts = _daily_counts(context)
    mean, variance = counts.mean(axis=1), counts.var(axis=1, ddof=1)
    return float(np.median(ratio(variance, mean)[mean > 0]))


def autocorrelation(context: CheckContext) -> float:
    """Correlation of a day's deaths with the next day's, over ring-months."""
    counts = np.log1p(_daily_counts(context))
    centred = counts - counts.mean(axis=1, keepdims=True)
    return float((centred[:, 1:] * centred[:, :-1]).mean() / (centred**2).mean())


def _daily_counts(context: CheckContext) -> Floats:
    """Deaths of each day of each of the first whole months of rings, a ring-month a row."""
    assignments, deaths = _natural(context)
    age = deaths.day - assignments.arrives[deaths.assignment]
    month = age // _MONTH_DAYS
    last = np.where(
        np.isfinite(assignments.departs), assignments.departs, _today(assignments, deaths)
    )
    ended = (
        assignments.arrives[deaths.assignment] + (month + 1) * _MONTH_DAYS
        <= last[deaths.assignment]
    )
    here = (assignments.stage[deaths.assignment] == ADULT) & ended
    need(here.any(), "whole months of rings")
    keys = deaths.assignment[here] * 1_000 + month[here]
    row = np.unique(keys, return_inverse=True)[1]
    counts = np.zeros((int(row.max()) + 1, _MONTH_DAYS))
    np.add.at(counts, (row, age[here] % _MONTH_DAYS), deaths.fish[here])
    return counts


def causes(context: CheckContext) -> Finding:
    """The greatest deviation of a cause's share of deaths at sea, in percentage points."""
    assignments = context.get(load_assignments)
    batches = len(np.unique(assignments.batch[assignments.at_sea]))
    need(batches >= _BATCHES_OF_A_SECTOR, f"batches at sea, {batches}, to speak of usual causes")
    event, one = MortalityEvent, BatchContainerAssignment
    counted = context.rows(
        sa.select(event.cause, sa.func.sum(event.count).label("fish"))
        .join_from(event, one, one.id == event.assignment_id)
        .join(Container, Container.id == one.container_id)
        .where(
            Container.area_id.is_not(None),
            sa.or_(one.departure_date.is_(None), event.event_date < one.departure_date),
        )
        .group_by(event.cause)
    )
    total = sum(float(row["fish"]) for row in counted)
    need(total > 0, "deaths at sea")
    shares = dict.fromkeys(_CAUSES, 0.0)
    for row in counted:
        kind = _KIND_OF_CAUSE.get(str(row["cause"]), "other")
        shares[kind] += 100.0 * float(row["fish"]) / total
    rows = [
        {"cause": kind, "percent": round(share, 1), "measured_percent": _CAUSES[kind]}
        for kind, share in shares.items()
    ]
    return found(max(abs(share - _CAUSES[kind]) for kind, share in shares.items()), rows)


def hard_delousings(context: CheckContext) -> float:
    """Share of thermal and mechanical delousings after which deaths double at once."""
    assignments, deaths = _natural(context)
    treatment = Treatment
    given = context.columns(
        sa.select(
            treatment.batch_assignment_id.label("id"),
            day_number(treatment.treatment_date).label("day"),
        ).where(treatment.treatment_type == "physical", treatment.batch_assignment_id.is_not(None))
    )
    need(len(given["day"]) >= 20, "thermal and mechanical delousings")
    assignment, day = positions(given["id"], assignments.id), given["day"]
    usual = deaths.during(assignment, day - 10, day) / 10.0
    at_once = deaths.during(assignment, day, day + 2) / 2.0
    known = usual > 0
    return float((at_once[known] > 2.0 * usual[known]).mean())


def _stage_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"loss-of-{name}",
            f"The median tank of {name} loses as many fish in a month as real ones.",
            partial(stage_median, stage),
            Bound(0.06, 0.67, "% a month"),
            "Norway 2011-2019 [M]: half of the farms between 0.06 and 0.67",
        )
        for name, stage in (
            ("fry", FRY),
            ("parr", PARR),
            ("smolt", SMOLT),
            ("post-smolt", POST_SMOLT),
        )
    )


CHECKS = (
    soft(
        _SUBJECT,
        "loss-of-eggs",
        "Few eggs and alevins die in water of the right temperature.",
        egg_loss,
        Bound(high=5.0, unit="%"),
        "eggs above 4 °C lose at most 5 % [M]",
    ),
    soft(
        _SUBJECT,
        "loss-in-fresh-water",
        "The median tank loses as little in a month as real ones.",
        freshwater_median,
        Bound(0.15, 0.31, "% a month"),
        "Norway 2011-2019 [M]: median 0.15 to 0.25, 0.31 at 3 to 12 g",
    ),
    *_stage_checks(),
    soft(
        _SUBJECT,
        "early-loss-at-sea",
        "Losses are heavy in the first three months at sea.",
        early_sea_loss,
        Bound(1.0, 2.0, "% a month"),
        "Bang Jensen et al. 2020 [M]: about 1.5 % a month; a third allowed",
    ),
    soft(
        _SUBJECT,
        "lower-loss-later",
        "After the first three months at sea losses are lower.",
        later_over_early,
        Bound(high=0.9, unit="times the early loss"),
        "Bang Jensen et al. 2020 [M]: lower and stable after the third month",
    ),
    soft(
        _SUBJECT,
        "loss-of-a-sea-cycle",
        "The median batch loses as many fish at sea as real ones.",
        cycle_median,
        Bound(5.0, 30.0, "%"),
        "median near 13, mostly 5 to 30; Scotland 74 to 78 % survival [M], Faroe Islands more",
    ),
    soft(
        _SUBJECT,
        "usual-sea-cycles",
        "Most batches lose between 5 and 30 % at sea.",
        usual_cycles,
        Bound(low=0.8, unit="of batches"),
        "sea cycles mostly lose 5 to 30 %; the share is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "skewed-losses",
        "Most ring-months lose little and a few lose a lot.",
        skew,
        Bound(0.2, 0.8, "of all losses in the worst tenth"),
        "heavily skewed, measured in Norway; the share is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "over-dispersed-deaths",
        "Daily deaths vary far more than chance alone would have them.",
        over_dispersion,
        Bound(low=2.0, unit="times the mean"),
        "over-dispersed, not Poisson, where it is 1; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "autocorrelated-deaths",
        "Bad days follow bad days.",
        autocorrelation,
        Bound(low=0.1, unit="correlation"),
        "autocorrelated daily counts; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "causes-of-death-at-sea",
        "Fish at sea die of what real ones die of.",
        causes,
        Bound(high=10.0, unit="percentage points off"),
        "AquaCloud 2023 [M]: infection 38 %, trauma 33, unknown 20; 10 points allowed",
    ),
    soft(
        _SUBJECT,
        "deaths-after-delousing",
        "Some thermal and mechanical delousings kill, most do not.",
        hard_delousings,
        Bound(0.1, 0.6, "of operations"),
        "about 30 % of operations show higher deaths; " + UNSOURCED,
    ),
)
