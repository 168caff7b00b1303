"""Soft checks of welfare scores: mostly good, worse after delousing and in winter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from ...schema import (
    FishParameterScore,
    HealthSamplingEvent,
    IndividualFishObservation,
)
from ..context import CheckContext
from ..dates import day_number
from ..model import Bound, Population
from .arrays import Floats, Integers, index_of, month_index
from .assignments import load_assignments
from .lice_counts import last_event, load_delousings
from .populations import batches_at_sea
from .soft_check import UNSOURCED, require, soft

_SUBJECT = "welfare"
_RECENT_DAYS = 14
_WINTER, _SUMMER = (11, 0, 1, 2), (5, 6, 7, 8)


@dataclass(frozen=True)
class HealthSamplings:
    """Sums of welfare scores of each health sampling.

    Attributes:
        assignment: index of the assignment.
        day: day number.
        fish: number of fish.
        scores: number of scores.
        good: number of scores of 0.
        total: sum of all scores.
        squares: sum of the squares of all scores.
        totals_squared: sum over the fish of the squared sum of a fish's scores.
    """

    assignment: Integers
    day: Integers
    fish: Floats
    scores: Floats
    good: Floats
    total: Floats
    squares: Floats
    totals_squared: Floats

    @property
    def mean(self) -> Floats:
        """Mean score of each sampling."""
        return self.total / self.scores


def load_samplings(context: CheckContext) -> HealthSamplings:
    """Load all health samplings with scores."""
    assignments = context.get(load_assignments)
    score, fish, event = FishParameterScore, IndividualFishObservation, HealthSamplingEvent
    per_fish = (
        sa.select(
            score.individual_fish_observation_id.label("fish_id"),
            sa.func.count().label("scores"),
            sa.func.sum(sa.case((score.score == 0, 1), else_=0)).label("good"),
            sa.func.sum(score.score).label("total"),
            sa.func.sum(score.score * score.score).label("squares"),
        )
        .group_by(score.individual_fish_observation_id)
        .subquery("of_fish")
    )
    summed = ("scores", "good", "total", "squares")
    columns = context.columns(
        sa.select(
            event.assignment_id,
            day_number(event.sampling_date).label("day"),
            sa.func.count().label("fish"),
            *(sa.func.sum(per_fish.c[name]).label(name) for name in summed),
            sa.func.sum(per_fish.c.total * per_fish.c.total).label("totals_squared"),
        )
        .join_from(per_fish, fish, fish.id == per_fish.c.fish_id)
        .join(event, event.id == fish.sampling_event_id)
        .group_by(event.id, event.assignment_id, event.sampling_date)
    )
    amounts = {
        name: columns[name].astype(np.float64) for name in ("fish", *summed, "totals_squared")
    }
    return HealthSamplings(
        assignment=index_of(columns["assignment_id"].astype(np.int64), assignments.id),
        day=columns["day"].astype(np.int64),
        **amounts,
    )


def _samplings(context: CheckContext) -> HealthSamplings:
    samplings = context.get(load_samplings)
    require(len(samplings.day) > 0, "health samplings with scores")
    return samplings


def _samplings_of(least: int) -> tuple[Population, ...]:
    def count(context: CheckContext) -> int:
        return len(context.get(load_samplings).day)

    return (Population(least, "health samplings with scores", count),)


def good_scores(context: CheckContext) -> float:
    """Return the share of scores of 0."""
    samplings = _samplings(context)
    return float(samplings.good.sum() / samplings.scores.sum())


def correlated_scores(context: CheckContext) -> float:
    """Return the mean correlation of two scores of one fish, within samplings.

    It follows from the variance of a fish's sum: of independent scores, that is the variance of a
    score times their number.
    """
    samplings = _samplings(context)
    each = samplings.scores / samplings.fish
    variance = samplings.squares / samplings.scores - samplings.mean**2
    of_sums = samplings.totals_squared / samplings.fish - (samplings.total / samplings.fish) ** 2
    usable = (variance > 0) & (each > 1)
    require(usable.any(), "samplings of fish with several scores")
    shared = (of_sums - each * variance)[usable].sum()
    return float(shared / (each * (each - 1) * variance)[usable].sum())


def after_delousing(context: CheckContext) -> float:
    """Return the mean score at sea in the two weeks after a delousing over that at other times."""
    samplings, assignments = _samplings(context), context.get(load_assignments)
    treatments = context.get(load_delousings)
    require(len(treatments) > 0, "delousings")
    previous = last_event(samplings.assignment, samplings.day, treatments)
    recent = (previous >= 0) & (samplings.day - treatments.day[previous] <= _RECENT_DAYS)
    other = assignments.at_sea[samplings.assignment] & ~recent
    require(
        recent.sum() >= 5 and other.sum() >= 5, "samplings soon after delousing and at other times"
    )
    return float(samplings.mean[recent].mean() / samplings.mean[other].mean())


def in_winter(context: CheckContext) -> float:
    """Return the mean score at sea from December to March over that from June to September."""
    samplings, assignments = _samplings(context), context.get(load_assignments)
    month, sea = month_index(samplings.day), assignments.at_sea[samplings.assignment]
    winter, summer = sea & np.isin(month, _WINTER), sea & np.isin(month, _SUMMER)
    require(winter.sum() >= 5 and summer.sum() >= 5, "samplings in winter and summer")
    return float(samplings.mean[winter].mean() / samplings.mean[summer].mean())


CHECKS = (
    soft(
        _SUBJECT,
        "most-scores-good",
        "Most welfare scores, not all, are 0.",
        good_scores,
        Bound(0.6, 0.98, "of scores"),
        "mostly 0; the share is a " + UNSOURCED,
        needs=_samplings_of(10),
    ),
    soft(
        _SUBJECT,
        "scores-of-a-fish-belong-together",
        "The scores of one fish are correlated.",
        correlated_scores,
        Bound(0.05, 0.8, "correlation"),
        "correlated within a fish; the amount is a " + UNSOURCED,
        needs=_samplings_of(10),
    ),
    soft(
        _SUBJECT,
        "worse-scores-after-delousing",
        "Scores are worse in the two weeks after a delousing.",
        after_delousing,
        Bound(low=1.05, unit="times the score at other times"),
        "worse after delousing; the amount is a " + UNSOURCED,
        needs=batches_at_sea(5),
    ),
    soft(
        _SUBJECT,
        "worse-scores-in-winter",
        "Scores at sea are worse in winter than in summer.",
        in_winter,
        Bound(low=1.0, unit="times the score in summer"),
        "worse in winter; " + UNSOURCED,
        needs=batches_at_sea(5),
    ),
)
