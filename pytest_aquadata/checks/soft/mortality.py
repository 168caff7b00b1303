"""Soft checks of deaths: losses of each stage, their variation, and their causes."""

from __future__ import annotations

from functools import partial

import numpy as np
import sqlalchemy as sa

from ...schema import BatchContainerAssignment, Container, MortalityEvent, Treatment
from ..context import CheckContext
from ..dates import day_number
from ..model import Bound, Check, Finding
from .arrays import Floats, Integers, group_sums, index_of, ratio
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
from .populations import batches_at_sea, batches_of_stage, completed_batches, delousings
from .soft_check import UNSOURCED, require, soft, with_rows

_SUBJECT = "mortality"
_MONTH_DAYS = 30
_EARLY_DAYS = 90
_CAUSES = {"infection": 38.0, "trauma": 33.0, "unknown": 20.0, "other": 9.4}
_KIND_OF_CAUSE = {
    "DISEASE": "infection",
    "HANDLING": "trauma",
    "PREDATION": "trauma",
    "UNKNOWN": "unknown",
}


def _natural(context: CheckContext) -> tuple[AssignmentTable, DailyDeaths]:
    """Return assignments, and deaths before their last day, when the harvest count adds deaths."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    require(len(deaths.day) > 0, "deaths")
    kept = ~(deaths.day >= assignments.departs[deaths.assignment])
    return assignments, DailyDeaths(
        deaths.assignment[kept], deaths.day[kept], deaths.fish[kept], deaths.kg[kept]
    )


def _months(context: CheckContext, *, at_sea: bool) -> tuple[Integers, Floats, Floats]:
    """Return the assignment of each whole month, its deaths, and its living fish at the start."""
    assignments, deaths = _natural(context)
    last = np.where(
        np.isfinite(assignments.departs), assignments.departs, _last_day(assignments, deaths)
    )
    months = ((last - assignments.arrives) // _MONTH_DAYS).astype(np.int64)
    stage_rows = np.flatnonzero((assignments.stage > 1) & (assignments.at_sea == at_sea))
    assignment = np.repeat(stage_rows, months[stage_rows])
    month = np.arange(len(assignment)) - np.repeat(
        np.cumsum(months[stage_rows]) - months[stage_rows], months[stage_rows]
    )
    first = assignments.arrives[assignment] + month * _MONTH_DAYS
    died = deaths.during(assignment, first, first + _MONTH_DAYS)
    alive = assignments.placed[assignment] - deaths.before(assignment, first)
    require(len(assignment) > 0, "whole months of containers")
    return assignment, died, alive


def _last_day(assignments: AssignmentTable, deaths: DailyDeaths) -> int:
    """Return the last day with a death or a departure."""
    return int(max(deaths.day.max(), np.nanmax(np.append(assignments.departs, 0.0))))


def egg_loss(context: CheckContext) -> float:
    """Return the percentage of eggs and alevins lost in the first stage."""
    assignments, deaths = _natural(context)
    eggs = (assignments.stage == 1) & assignments.ended
    require(eggs.any(), "first-stage assignments that ended")
    died = group_sums(deaths.assignment, deaths.fish, len(assignments))
    return float(100.0 * died[eggs].sum() / assignments.placed[eggs].sum())


def freshwater_median(context: CheckContext) -> float:
    """Return the percentage lost in the median month of a container, fry to post-smolt."""
    _, died, alive = _months(context, at_sea=False)
    return float(np.median(100.0 * died / alive))


def stage_median(stage: int, context: CheckContext) -> float:
    """Return the percentage lost in the median month of a container of a freshwater stage."""
    assignment, died, alive = _months(context, at_sea=False)
    rows = context.get(load_assignments).stage[assignment] == stage
    require(rows.any(), "whole months of this stage")
    return float(np.median(100.0 * died[rows] / alive[rows]))


def early_sea_loss(context: CheckContext) -> float:
    """Return the percentage lost per month in the first three months at sea."""
    return _sea_loss(context, 0, _EARLY_DAYS)


def later_over_early(context: CheckContext) -> float:
    """Return the monthly loss from the fourth month at sea over that of the first three."""
    early = early_sea_loss(context)
    require(early > 0, "deaths in the first three months at sea")
    return _sea_loss(context, _EARLY_DAYS, 4 * _EARLY_DAYS) / early


def _sea_loss(context: CheckContext, first: int, end: int) -> float:
    """Return the percentage lost per month between two ages, of rings that reached the second."""
    assignments, deaths = _natural(context)
    last = np.where(
        np.isfinite(assignments.departs), assignments.departs, _last_day(assignments, deaths)
    )
    assignment = np.flatnonzero((assignments.stage == ADULT) & (last - assignments.arrives >= end))
    require(len(assignment) > 0, "rings that were at sea for long enough")
    from_day, to_day = (
        assignments.arrives[assignment] + first,
        assignments.arrives[assignment] + end,
    )
    before = assignments.placed[assignment] - deaths.before(assignment, from_day)
    after = assignments.placed[assignment] - deaths.before(assignment, to_day)
    survival = after.sum() / before.sum()
    return float(100.0 * (1.0 - survival ** (_MONTH_DAYS / (end - first))))


def _cycle_losses(context: CheckContext) -> Floats:
    """Return the percentage that each completed batch lost at sea."""
    assignments, deaths = _natural(context)
    at_sea = assignments.stage == ADULT
    rows = at_sea & assignments.of_ended_batches
    require(rows.any(), "completed batches")
    died = group_sums(deaths.assignment, deaths.fish, len(assignments))
    batch = np.unique(assignments.batch[rows], return_inverse=True)[1].astype(np.int64)
    count = int(batch.max()) + 1
    return 100.0 * ratio(
        group_sums(batch, died[rows], count), group_sums(batch, assignments.placed[rows], count)
    )


def cycle_median(context: CheckContext) -> float:
    """Return the percentage that the median batch lost at sea."""
    return float(np.median(_cycle_losses(context)))


def usual_cycles(context: CheckContext) -> float:
    """Return the share of batches that lost 5 to 30 % at sea."""
    losses = _cycle_losses(context)
    return float(((losses >= 5.0) & (losses <= 30.0)).mean())


def skew(context: CheckContext) -> float:
    """Return the worst tenth of ring-months' share of all monthly loss rates."""
    _, died, alive = _months(context, at_sea=True)
    rate = ratio(died, alive)
    worst = np.argsort(-rate)[: max(len(rate) // 10, 1)]
    return float(rate[worst].sum() / rate.sum())


def over_dispersion(context: CheckContext) -> float:
    """Return the variance of daily deaths over their mean, in the median ring-month."""
    counts = _daily_counts(context)
    mean, variance = counts.mean(axis=1), counts.var(axis=1, ddof=1)
    return float(np.median(ratio(variance, mean)[mean > 0]))


def autocorrelation(context: CheckContext) -> float:
    """Return the correlation of a day's deaths with the next day's, within ring-months."""
    counts = np.log1p(_daily_counts(context))
    centred = counts - counts.mean(axis=1, keepdims=True)
    return float((centred[:, 1:] * centred[:, :-1]).mean() / (centred**2).mean())


def _daily_counts(context: CheckContext) -> Floats:
    """Return daily deaths of whole months of rings that have any, shape (ring-months, 30)."""
    assignments, deaths = _natural(context)
    age = deaths.day - assignments.arrives[deaths.assignment]
    month = age // _MONTH_DAYS
    last = np.where(
        np.isfinite(assignments.departs), assignments.departs, _last_day(assignments, deaths)
    )
    ended = (
        assignments.arrives[deaths.assignment] + (month + 1) * _MONTH_DAYS
        <= last[deaths.assignment]
    )
    rows = (assignments.stage[deaths.assignment] == ADULT) & ended
    require(rows.any(), "whole months of rings")
    keys = deaths.assignment[rows] * 1_000 + month[rows]
    row = np.unique(keys, return_inverse=True)[1]
    counts = np.zeros((int(row.max()) + 1, _MONTH_DAYS))
    np.add.at(counts, (row, age[rows] % _MONTH_DAYS), deaths.fish[rows])
    return counts


def causes(context: CheckContext) -> Finding:
    """Return the largest deviation of a cause's share of deaths at sea, in percentage points."""
    event, assignment = MortalityEvent, BatchContainerAssignment
    counted = context.rows(
        sa.select(event.cause, sa.func.sum(event.count).label("fish"))
        .join_from(event, assignment, assignment.id == event.assignment_id)
        .join(Container, Container.id == assignment.container_id)
        .where(
            Container.area_id.is_not(None),
            sa.or_(
                assignment.departure_date.is_(None), event.event_date < assignment.departure_date
            ),
        )
        .group_by(event.cause)
    )
    total = sum(float(row["fish"]) for row in counted)
    require(total > 0, "deaths at sea")
    shares = dict.fromkeys(_CAUSES, 0.0)
    for row in counted:
        kind = _KIND_OF_CAUSE.get(str(row["cause"]), "other")
        shares[kind] += 100.0 * float(row["fish"]) / total
    rows = [
        {"cause": kind, "percent": round(share, 1), "measured_percent": _CAUSES[kind]}
        for kind, share in shares.items()
    ]
    return with_rows(max(abs(share - _CAUSES[kind]) for kind, share in shares.items()), rows)


def hard_delousings(context: CheckContext) -> float:
    """Return the share of thermal and mechanical delousings after which deaths double at once."""
    assignments, deaths = _natural(context)
    treatment = Treatment
    columns = context.columns(
        sa.select(
            treatment.batch_assignment_id.label("id"),
            day_number(treatment.treatment_date).label("day"),
        ).where(treatment.treatment_type == "physical", treatment.batch_assignment_id.is_not(None))
    )
    require(len(columns["day"]) >= 20, "thermal and mechanical delousings")
    assignment, day = index_of(columns["id"], assignments.id), columns["day"]
    usual = deaths.during(assignment, day - 10, day) / 10.0
    at_once = deaths.during(assignment, day, day + 2) / 2.0
    with_deaths = usual > 0
    return float((at_once[with_deaths] > 2.0 * usual[with_deaths]).mean())


def _stage_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"loss-of-{name}",
            f"The monthly loss of the median tank of {name} is as published.",
            partial(stage_median, stage),
            Bound(0.06, 0.67, "% a month"),
            "Norway 2011-2019 [M]: half of the farms between 0.06 and 0.67",
            needs=batches_of_stage(stage, 3),
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
        "Few eggs and alevins are lost.",
        egg_loss,
        Bound(high=5.0, unit="%"),
        "eggs above 4 °C lose at most 5 % [M]",
        needs=batches_of_stage(1, 3),
    ),
    soft(
        _SUBJECT,
        "loss-in-fresh-water",
        "The monthly loss of the median tank in fresh water is as published.",
        freshwater_median,
        Bound(0.15, 0.31, "% a month"),
        "Norway 2011-2019 [M]: median 0.15 to 0.25, 0.31 at 3 to 12 g",
        needs=batches_of_stage(FRY, 3),
    ),
    *_stage_checks(),
    soft(
        _SUBJECT,
        "early-loss-at-sea",
        "The monthly loss in the first three months at sea is as published.",
        early_sea_loss,
        Bound(1.0, 2.0, "% a month"),
        "Bang Jensen et al. 2020 [M]: about 1.5 % a month; a third allowed",
        needs=batches_at_sea(5),
    ),
    soft(
        _SUBJECT,
        "lower-loss-later",
        "The monthly loss is lower after the first three months at sea.",
        later_over_early,
        Bound(high=0.9, unit="times the early loss"),
        "Bang Jensen et al. 2020 [M]: lower and stable after the third month",
        needs=batches_at_sea(5),
    ),
    soft(
        _SUBJECT,
        "loss-of-a-sea-cycle",
        "The loss at sea of the median batch is as published.",
        cycle_median,
        Bound(5.0, 30.0, "%"),
        "median near 13, mostly 5 to 30; Scotland 74 to 78 % survival [M], Faroe Islands more",
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "usual-sea-cycles",
        "Most batches lose between 5 and 30 % at sea.",
        usual_cycles,
        Bound(low=0.8, unit="of batches"),
        "sea cycles mostly lose 5 to 30 %; the share is a " + UNSOURCED,
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "skewed-losses",
        "Few months of rings have a large share of the losses.",
        skew,
        Bound(0.2, 0.8, "of all losses in the worst tenth"),
        "heavily skewed, measured in Norway; the share is a " + UNSOURCED,
        needs=batches_at_sea(5),
    ),
    soft(
        _SUBJECT,
        "over-dispersed-deaths",
        "Daily deaths vary far more than in a Poisson distribution.",
        over_dispersion,
        Bound(low=2.0, unit="times the mean"),
        "over-dispersed, not Poisson, where it is 1; the amount is a " + UNSOURCED,
        needs=batches_at_sea(3),
    ),
    soft(
        _SUBJECT,
        "autocorrelated-deaths",
        "A day with many deaths is usually followed by another.",
        autocorrelation,
        Bound(low=0.1, unit="correlation"),
        "autocorrelated daily counts; the amount is a " + UNSOURCED,
        needs=batches_at_sea(3),
    ),
    soft(
        _SUBJECT,
        "causes-of-death-at-sea",
        "The shares of causes of death at sea are as published.",
        causes,
        Bound(high=10.0, unit="percentage points off"),
        "AquaCloud 2023 [M]: infection 38 %, trauma 33, unknown 20; 10 points allowed",
        needs=batches_at_sea(10),
    ),
    soft(
        _SUBJECT,
        "deaths-after-delousing",
        "Deaths rise after some thermal and mechanical delousings, not after most.",
        hard_delousings,
        Bound(0.1, 0.6, "of operations"),
        "about 30 % of operations show higher deaths; " + UNSOURCED,
        needs=(*batches_at_sea(5), *delousings(20)),
    ),
)
