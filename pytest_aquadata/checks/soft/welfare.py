"""Welfare scores: good for most fish, worse for some, and worse after delousing."""

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
from ..model import Bound
from .assignments import load_assignments
from .lice_counts import last_place, load_delousings
from .measure import UNSOURCED, Floats, Integers, month_index, need, positions, soft

_SUBJECT = "welfare"
_RECENT_DAYS = 14
_WINTER, _SUMMER = (11, 0, 1, 2), (5, 6, 7, 8)


@dataclass(frozen=True)
class HealthSamplings:
    """Health samplings with sums over the scores of their fish.

    Attributes:
        stay: position among the stays.
        day: day number.
        fish: fish scored.
        scores: scores given.
        good: scores of 0.
        total: sum of all scores.
        squares: sum of their squares.
        totals_squared: sum over fish of the square of the fish's own sum.
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
    """All health samplings with scores."""
    assignments = context.get(load_assignments)
    score, fish, event = FishParameterScore, IndividualFishObservation, HealthSamplingEvent
    of_fish = (
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
    found = context.columns(
        sa.select(
            event.assignment_id,
            day_number(event.sampling_date).label("day"),
            sa.func.count().label("fish"),
            *(sa.func.sum(of_fish.c[name]).label(name) for name in summed),
            sa.func.sum(of_fish.c.total * of_fish.c.total).label("totals_squared"),
        )
        .join_from(of_fish, fish, fish.id == of_fish.c.fish_id)
        .join(event, event.id == fish.sampling_event_id)
        .group_by(event.id, event.assignment_id, event.sampling_date)
    )
    amounts = {name: found[name].astype(np.float64) for name in ("fish", *summed, "totals_squared")}
    return HealthSamplings(
        assignment=positions(found["assignment_id"].astype(np.int64), assignments.id),
        day=found["day"].astype(np.int64),
        **amounts,
    )


def _samplings(context: CheckContext) -> HealthSamplings:
    samplings = context.get(load_samplings)
    need(len(samplings.day) >= 10, "health samplings with scores")
    return samplings


def good_scores(context: CheckContext) -> float:
    """Share of scores of 0."""
    samplings = _samplings(context)
    return float(samplings.good.sum() / samplings.scores.sum())


def correlated_scores(context: CheckContext) -> float:
    """Mean correlation between the scores of one fish, within samplings.

    Were the scores of a fish independent, the variance of its sum would be that of its scores
    times their number.
    """
    samplings = _samplings(context)
    each = samplings.scores / samplings.fish
    variance = samplings.squares / samplings.scores - samplings.mean**2
    of_sums = samplings.totals_squared / samplings.fish - (samplings.total / samplings.fish) ** 2
    known = (variance > 0) & (each > 1)
    need(known.any(), "samplings of fish with several scores")
    shared = (of_sums - each * variance)[known].sum()
    return float(shared / (each * (each - 1) * variance)[known].sum())


def after_delousing(context: CheckContext) -> float:
    """Mean score at sea within two weeks of a delousing, against that at other times."""
    samplings, assignments = _samplings(context), context.get(load_assignments)
    given = context.get(load_delousings)
    need(len(given) > 0, "delousings")
    place = last_place(samplings.assignment, samplings.day, given)
    recent = (place >= 0) & (samplings.day - given.day[place] <= _RECENT_DAYS)
    other = assignments.at_sea[samplings.assignment] & ~recent
    need(
        recent.sum() >= 5 and other.sum() >= 5, "samplings soon after delousing and at other times"
    )
    return float(samplings.mean[recent].mean() / samplings.mean[other].mean())


def in_winter(context: CheckContext) -> float:
    """Mean score at sea from December to March, against that from June to September."""
    samplings, assignments = _samplings(context), context.get(load_assignments)
    month, sea = month_index(samplings.day), assignments.at_sea[samplings.assignment]
    winter, summer = sea & np.isin(month, _WINTER), sea & np.isin(month, _SUMMER)
    need(winter.sum() >= 5 and summer.sum() >= 5, "samplings in winter and summer")
    return float(samplings.mean[winter].mean() / samplings.mean[summer].mean())


CHECKS = (
    soft(
        _SUBJECT,
        "most-scores-good",
        "Most welfare scores are 0, and not all.",
        good_scores,
        Bound(0.6, 0.98, "of scores"),
        "mostly 0; the share is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "scores-of-a-fish-belong-together",
        "A fish in a bad way is so in several respects.",
        correlated_scores,
        Bound(0.05, 0.8, "correlation"),
        "correlated within a fish; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "worse-scores-after-delousing",
        "Delousing shows in the scores of the weeks after it.",
        after_delousing,
        Bound(low=1.05, unit="times the score at other times"),
        "worse after delousing; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "worse-scores-in-winter",
        "Scores at sea are worse in winter than in summer.",
        in_winter,
        Bound(low=1.0, unit="times the score in summer"),
        "worse in winter; " + UNSOURCED,
    ),
)
