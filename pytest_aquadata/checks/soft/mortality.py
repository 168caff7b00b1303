"""Deaths: how many in every stage, how unevenly they fall, and of what."""

from __future__ import annotations

from functools import partial

import numpy as np
import sqlalchemy as sa

from ...schema import BatchContainerAssignment, Container, MortalityEvent, Treatment
from ..context import CheckContext
from ..dates import day_number
from ..model import Bound, Check, Finding
from .measure import UNSOURCED, Floats, Integers, found, need, positions, ratio, soft, sums
from .stays import (
    ADULT,
    FRY,
    PARR,
    POST_SMOLT,
    SMOLT,
    Deaths,
    Stays,
    load_deaths,
    load_stays,
)

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


def _natural(evidence: CheckContext) -> tuple[Stays, Deaths]:
    """Stays and the deaths in them before they ended: fish missing at harvest left out."""
    stays, deaths = evidence.get(load_stays), evidence.get(load_deaths)
    need(len(deaths.day) > 0, "deaths")
    kept = ~(deaths.day >= stays.departs[deaths.stay])
    return stays, Deaths(deaths.stay[kept], deaths.day[kept], deaths.fish[kept], deaths.kg[kept])


def _months(evidence: CheckContext, *, at_sea: bool) -> tuple[Integers, Floats, Floats]:
    """Whole container-months: the stay, fish that died and fish there at the start."""
    stays, deaths = _natural(evidence)
    last = np.where(np.isfinite(stays.departs), stays.departs, _today(stays, deaths))
    whole = ((last - stays.arrives) // _MONTH_DAYS).astype(np.int64)
    chosen = np.flatnonzero((stays.stage > 1) & (stays.at_sea == at_sea))
    stay = np.repeat(chosen, whole[chosen])
    turn = np.arange(len(stay)) - np.repeat(np.cumsum(whole[chosen]) - whole[chosen], whole[chosen])
    first = stays.arrives[stay] + turn * _MONTH_DAYS
    died = deaths.during(stay, first, first + _MONTH_DAYS)
    there = stays.placed[stay] - deaths.before(stay, first)
    need(len(stay) > 0, "whole months of containers")
    return stay, died, there


def _today(stays: Stays, deaths: Deaths) -> int:
    """The last day anything is known of."""
    return int(max(deaths.day.max(), np.nanmax(np.append(stays.departs, 0.0))))


def egg_loss(evidence: CheckContext) -> float:
    """Percent of eggs and alevins lost in the first stage."""
    stays, deaths = _natural(evidence)
    here = (stays.stage == 1) & stays.gone
    need(here.any(), "first-stage assignments that ended")
    died = sums(deaths.stay, deaths.fish, len(stays))
    return float(100.0 * died[here].sum() / stays.placed[here].sum())


def freshwater_median(evidence: CheckContext) -> float:
    """Percent lost in the median container-month from fry to post-smolt."""
    _, died, there = _months(evidence, at_sea=False)
    return float(np.median(100.0 * died / there))


def stage_median(stage: int, evidence: CheckContext) -> float:
    """Percent lost in the median container-month of a stage in fresh water."""
    stay, died, there = _months(evidence, at_sea=False)
    here = evidence.get(load_stays).stage[stay] == stage
    need(here.any(), "whole months of this stage")
    return float(np.median(100.0 * died[here] / there[here]))


def early_sea_loss(evidence: CheckContext) -> float:
    """Percent lost a month in the first three months at sea."""
    return _sea_loss(evidence, 0, _EARLY_DAYS)


def later_over_early(evidence: CheckContext) -> float:
    """Monthly loss after the first three months at sea against that in them."""
    return _sea_loss(evidence, _EARLY_DAYS, 4 * _EARLY_DAYS) / early_sea_loss(evidence)


def _sea_loss(evidence: CheckContext, first: int, end: int) -> float:
    """Percent lost a month between two ages at sea, over all rings that reached the second."""
    stays, deaths = _natural(evidence)
    last = np.where(np.isfinite(stays.departs), stays.departs, _today(stays, deaths))
    stay = np.flatnonzero((stays.stage == ADULT) & (last - stays.arrives >= end))
    need(len(stay) > 0, "rings that were at sea for long enough")
    from_day, to_day = stays.arrives[stay] + first, stays.arrives[stay] + end
    before = stays.placed[stay] - deaths.before(stay, from_day)
    after = stays.placed[stay] - deaths.before(stay, to_day)
    survival = after.sum() / before.sum()
    return float(100.0 * (1.0 - survival ** (_MONTH_DAYS / (end - first))))


def _cycle_losses(evidence: CheckContext) -> Floats:
    """Percent lost at sea by each batch harvested whole."""
    stays, deaths = _natural(evidence)
    at_sea = stays.stage == ADULT
    here = at_sea & ~np.isin(stays.batch, stays.batch[~stays.gone])
    need(here.any(), "batches harvested whole")
    died = sums(deaths.stay, deaths.fish, len(stays))
    batch = np.unique(stays.batch[here], return_inverse=True)[1].astype(np.int64)
    count = int(batch.max()) + 1
    return 100.0 * ratio(sums(batch, died[here], count), sums(batch, stays.placed[here], count))


def cycle_median(evidence: CheckContext) -> float:
    """Percent lost at sea by the median batch."""
    return float(np.median(_cycle_losses(evidence)))


def usual_cycles(evidence: CheckContext) -> float:
    """Share of batches that lost 5 to 30 % at sea."""
    losses = _cycle_losses(evidence)
    return float(((losses >= 5.0) & (losses <= 30.0)).mean())


def skew(evidence: CheckContext) -> float:
    """Share of deaths that fall in the worst tenth of ring-months."""
    _, died, there = _months(evidence, at_sea=True)
    rate = ratio(died, there)
    worst = np.argsort(-rate)[: max(len(rate) // 10, 1)]
    return float(rate[worst].sum() / rate.sum())


def over_dispersion(evidence: CheckContext) -> float:
    """Variance of daily deaths over their mean within a month, in the median ring-month."""
    counts = _daily_counts(evidence)
    mean, variance = counts.mean(axis=1), counts.var(axis=1, ddof=1)
    return float(np.median(ratio(variance, mean)[mean > 0]))


def autocorrelation(evidence: CheckContext) -> float:
    """Correlation of a day's deaths with the next day's, over ring-months."""
    counts = np.log1p(_daily_counts(evidence))
    centred = counts - counts.mean(axis=1, keepdims=True)
    return float((centred[:, 1:] * centred[:, :-1]).mean() / (centred**2).mean())


def _daily_counts(evidence: CheckContext) -> Floats:
    """Deaths of each day of each of the first whole months of rings, a ring-month a row."""
    stays, deaths = _natural(evidence)
    age = deaths.day - stays.arrives[deaths.stay]
    month = age // _MONTH_DAYS
    last = np.where(np.isfinite(stays.departs), stays.departs, _today(stays, deaths))
    ended = stays.arrives[deaths.stay] + (month + 1) * _MONTH_DAYS <= last[deaths.stay]
    here = (stays.stage[deaths.stay] == ADULT) & ended
    need(here.any(), "whole months of rings")
    keys = deaths.stay[here] * 1_000 + month[here]
    row = np.unique(keys, return_inverse=True)[1]
    counts = np.zeros((int(row.max()) + 1, _MONTH_DAYS))
    np.add.at(counts, (row, age[here] % _MONTH_DAYS), deaths.fish[here])
    return counts


def causes(evidence: CheckContext) -> Finding:
    """The greatest deviation of a cause's share of deaths at sea, in percentage points."""
    stays = evidence.get(load_stays)
    batches = len(np.unique(stays.batch[stays.at_sea]))
    need(batches >= _BATCHES_OF_A_SECTOR, f"batches at sea, {batches}, to speak of usual causes")
    event, one = MortalityEvent, BatchContainerAssignment
    counted = evidence.rows(
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


def hard_delousings(evidence: CheckContext) -> float:
    """Share of thermal and mechanical delousings after which deaths double at once."""
    stays, deaths = _natural(evidence)
    cure = Treatment
    given = evidence.columns(
        sa.select(
            cure.batch_assignment_id.label("id"), day_number(cure.treatment_date).label("day")
        ).where(cure.treatment_type == "physical", cure.batch_assignment_id.is_not(None))
    )
    need(len(given["day"]) >= 20, "thermal and mechanical delousings")
    stay, day = positions(given["id"], stays.id), given["day"]
    usual = deaths.during(stay, day - 10, day) / 10.0
    at_once = deaths.during(stay, day, day + 2) / 2.0
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
