"""Lice: few most of the time, many in late summer, and treated when they are."""

from __future__ import annotations

import numpy as np

from ..context import CheckContext
from ..model import Bound
from .assignments import ADULT, load_assignments, load_deaths
from .lice_counts import (
    LiceCounts,
    counts,
    delousings,
    last_place,
    load_delousings,
    next_place,
    until_departure,
)
from .measure import UNSOURCED, Floats, Mask, month_index, need, soft, sums

_SUBJECT = "lice"
_AUTUMN, _SPRING = (6, 7, 8, 9), (1, 2, 3, 4)
"""July to October and February to May, counted from 0."""
_ANSWER_DAYS = 14
_SEEN_DAYS = 14
"""A count this long before or after a treatment tells what it did."""
_FAROES_LIMIT = 1.5
_SCOTLAND_LIMIT, _SCOTLAND_SPRING_LIMIT = 1.0, 0.5
_SCOTTISH_SPRING = (1, 2, 3, 4, 5)


def low_counts(context: CheckContext) -> float:
    """Share of counts below 0.5 adult females a fish."""
    return float((counts(context).per_fish < 0.5).mean())


def autumn_over_spring(context: CheckContext) -> float:
    """Mean adult females a fish from July to October over that from February to May."""
    known = counts(context)
    month = month_index(known.day)
    autumn, spring = np.isin(month, _AUTUMN), np.isin(month, _SPRING)
    need(autumn.sum() >= 20 and spring.sum() >= 20, "counts in both seasons")
    return float(known.per_fish[autumn].mean() / max(known.per_fish[spring].mean(), 1e-9))


def clean_counts(context: CheckContext) -> float:
    """Counts without an adult female over those that chance alone would give."""
    known = counts(context)
    by_chance = np.exp(-known.females.mean())
    return float((known.females == 0).mean() / by_chance)


def long_tail(context: CheckContext) -> float:
    """The worst hundredth of counts over the median of those with lice."""
    known = counts(context).per_fish
    need(bool((known > 0).any()), "counts with adult females")
    return float(np.quantile(known, 0.99) / np.median(known[known > 0]))


def fall_after_treatment(context: CheckContext) -> float:
    """Share of mobile lice gone at the next count, in the median of treatments that work at once.

    Only counts near the treatment are compared, with no other treatment between them.
    """
    known, given = counts(context), delousings(context)
    before = last_place(given.assignment, given.day - 1, known)
    after = next_place(given.assignment, given.day, known, strictly=True)
    other = next_place(given.assignment, given.day, given, strictly=True)
    seen = given.at_once & (before >= 0) & (after >= 0)
    seen &= given.day - known.day[before] <= _SEEN_DAYS
    seen &= known.day[after] - given.day <= _SEEN_DAYS
    seen &= (other < 0) | (given.day[other] > known.day[after])
    many = known.mobiles[before] >= 10
    need((seen & many).sum() >= 10, "treatments between two counts")
    left = known.mobiles[after][seen & many] / known.mobiles[before][seen & many]
    return float(1.0 - np.median(left))


def treatments_a_cycle(context: CheckContext) -> float:
    """Delousings of a ring from transfer to harvest, on average."""
    given, assignments = context.get(load_delousings), context.get(load_assignments)
    need(len(given) > 0, "delousings")
    whole = (assignments.stage == ADULT) & assignments.gone
    need(whole.any(), "harvested rings")
    return float(sums(given.assignment, np.ones(len(given)), len(assignments))[whole].mean())


def _over_limit(context: CheckContext, known: LiceCounts) -> Mask:
    """Whether a count is over the limit of its place and time of year."""
    names = context.get(load_assignments).geography[known.assignment]
    faroese = np.array(["Faroe" in name for name in names], np.bool_)
    spring = np.isin(month_index(known.day), _SCOTTISH_SPRING)
    scottish = np.where(spring, _SCOTLAND_SPRING_LIMIT, _SCOTLAND_LIMIT)
    return known.per_fish > np.where(faroese, _FAROES_LIMIT, scottish)


def answered(context: CheckContext) -> float:
    """Share of counts over the limit that a treatment or harvest answers within two weeks.

    Counts of the last two weeks before anything was last heard of are left out.
    """
    known, assignments = counts(context), context.get(load_assignments)
    given = delousings(context)
    today = max(int(known.day.max()), int(context.get(load_deaths).day.max()))
    over = _over_limit(context, known) & (known.day + _ANSWER_DAYS <= today)
    need(over.sum() >= 20, "counts over the limit")
    assignment, day = known.assignment[over], known.day[over]
    place = next_place(assignment, day, given, strictly=False)
    treated = (place >= 0) & (given.day[place] - day <= _ANSWER_DAYS)
    harvested = until_departure(assignments, assignment, day) <= 2 * _ANSWER_DAYS
    under_way = last_place(assignment, day, given)
    recent = (under_way >= 0) & (day - given.day[under_way] <= _ANSWER_DAYS)
    return float((treated | harvested | recent).mean())


def called_for(context: CheckContext) -> float:
    """Share of delousings within two weeks of a count of at least 0.4 adult females a fish."""
    known, given = counts(context), delousings(context)
    before = last_place(given.assignment, given.day, known)
    near = (before >= 0) & (given.day - known.day[before] <= _ANSWER_DAYS)
    return float((near & (known.per_fish[before] >= 0.4)).mean())


def days_between_counts(context: CheckContext) -> float:
    """Days between two counts of a ring, at the ninth of ten."""
    known = counts(context)
    gaps: Floats = np.diff(known.day)[np.diff(known.assignment) == 0].astype(np.float64)
    need(len(gaps) > 0, "counts of one ring")
    return float(np.quantile(gaps, 0.9))


CHECKS = (
    soft(
        _SUBJECT,
        "most-lice-counts-low",
        "Most counts find well under half an adult female a fish.",
        low_counts,
        Bound(0.5, 0.98, "of counts"),
        "most counts well under 0.5, a long right tail; the share is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "lice-in-season",
        "Lice are many from July to October and few from February to May.",
        autumn_over_spring,
        Bound(low=1.2, unit="times as many"),
        "low in winter and spring, high July to October; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "lice-counts-without-lice",
        "Far more counts find no adult female than chance alone would have it.",
        clean_counts,
        Bound(low=1.5, unit="times those by chance"),
        "negative binomial with many zeros (Aldrin et al. 2017); the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "long-tail-of-lice",
        "A few counts find many times the usual number.",
        long_tail,
        Bound(low=3.0, unit="times the median"),
        "a long right tail; the amount is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "delousing-works",
        "Thermal and mechanical delousing and baths remove most mobile lice.",
        fall_after_treatment,
        Bound(0.5, 1.0, "of mobile lice"),
        "75 to 100 % removed, about 85 by baths, less what comes back until the next count",
    ),
    soft(
        _SUBJECT,
        "delousings-a-sea-cycle",
        "A ring is deloused a few times from transfer to harvest.",
        treatments_a_cycle,
        Bound(3.0, 8.0, "delousings"),
        "3 to 8 a sea cycle; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "lice-over-the-limit-are-answered",
        "A count over the limit is answered by treatment or harvest within two weeks.",
        answered,
        Bound(low=0.9, unit="of counts over the limit"),
        "Faroe Islands 1.5, Scotland code of practice 0.5 from February to June, else 1.0",
    ),
    soft(
        _SUBJECT,
        "delousing-answers-a-count",
        "Fish are deloused because a count found many lice.",
        called_for,
        Bound(low=0.8, unit="of delousings"),
        "treatments answer a count over the trigger; the share is a " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "lice-counted-often",
        "Every ring is counted at least every other week.",
        days_between_counts,
        Bound(high=14.0, unit="days"),
        "Firum [M]: at least fortnightly in the Faroes; weekly in Scotland",
    ),
)
