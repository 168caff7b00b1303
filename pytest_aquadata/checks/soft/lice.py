"""Soft checks of lice: low counts, a peak in late summer, treatment of high counts."""

from __future__ import annotations

import numpy as np

from ..context import CheckContext
from ..model import Bound
from .arrays import Floats, group_sums, month_index
from .assignments import ADULT, load_assignments, load_deaths
from .farm_geographies import assignments_in, load_geographies
from .lice_counts import (
    LiceCounts,
    last_event,
    load_counts,
    load_delousings,
    next_event,
)
from .populations import completed_batches, delousings, lice_counts
from .soft_check import UNSOURCED, require, soft

_SUBJECT = "lice"
_AUTUMN, _SPRING = (6, 7, 8, 9), (1, 2, 3, 4)
"""July to October and February to May, as indices from 0."""
_RESPONSE_DAYS = 14
_NEAR_LIMIT = 0.8
"""Share of the limit from which a ring is treated along with its site."""
_COMPARED_DAYS = 14
"""Longest time from a treatment to the counts before and after it that show its effect."""


def low_counts(context: CheckContext) -> float:
    """Return the share of counts below 0.5 adult females per fish."""
    return float((context.get(load_counts).per_fish < 0.5).mean())


def autumn_over_spring(context: CheckContext) -> float:
    """Return adult females per fish from July to October over those from February to May."""
    counts = context.get(load_counts)
    month = month_index(counts.day)
    autumn, spring = np.isin(month, _AUTUMN), np.isin(month, _SPRING)
    require(autumn.sum() >= 20 and spring.sum() >= 20, "counts in both seasons")
    return float(counts.per_fish[autumn].mean() / max(counts.per_fish[spring].mean(), 1e-9))


def zero_counts(context: CheckContext) -> float:
    """Return the share of counts without adult females over that of a Poisson distribution."""
    counts = context.get(load_counts)
    poisson_share = np.exp(-counts.females.mean())
    return float((counts.females == 0).mean() / poisson_share)


def long_tail(context: CheckContext) -> float:
    """Return the 99th percentile of counts over the median of those with adult females."""
    per_fish = context.get(load_counts).per_fish
    require(bool((per_fish > 0).any()), "counts with adult females")
    return float(np.quantile(per_fish, 0.99) / np.median(per_fish[per_fish > 0]))


def removed_by_treatment(context: CheckContext) -> float:
    """Return the share of mobile lice removed by the median treatment with immediate effect.

    Compares the counts before and after it, both near, with no other treatment between them.
    """
    counts, treatments = context.get(load_counts), context.get(load_delousings)
    before = last_event(treatments.assignment, treatments.day - 1, counts)
    after = next_event(treatments.assignment, treatments.day, counts, after=True)
    other = next_event(treatments.assignment, treatments.day, treatments, after=True)
    compared = treatments.immediate & (before >= 0) & (after >= 0)
    compared &= treatments.day - counts.day[before] <= _COMPARED_DAYS
    compared &= counts.day[after] - treatments.day <= _COMPARED_DAYS
    compared &= (other < 0) | (treatments.day[other] > counts.day[after])
    compared &= counts.mobiles[before] >= 10
    require(compared.sum() >= 10, "treatments between two counts")
    remaining = counts.mobiles[after][compared] / counts.mobiles[before][compared]
    return float(1.0 - np.median(remaining))


def treatments_per_cycle(context: CheckContext) -> float:
    """Return the mean number of delousings of a ring from transfer to harvest."""
    treatments, assignments = context.get(load_delousings), context.get(load_assignments)
    harvested = (assignments.stage == ADULT) & assignments.ended
    require(harvested.any(), "harvested rings")
    each = group_sums(treatments.assignment, np.ones(len(treatments)), len(assignments))
    return float(each[harvested].mean())


def _limits(context: CheckContext, counts: LiceCounts) -> Floats:
    """Return the farm's limit for the geography and day of each count; infinite without one."""
    limits = np.full(len(counts), np.inf)
    for name, geography in context.get(load_geographies).items():
        rows = assignments_in(context, name)[counts.assignment]
        limits[rows] = geography.entry.lice.limit(counts.day[rows])
    return limits


def answered(context: CheckContext) -> float:
    """Return the share of counts over the limit with a treatment or harvest within two weeks.

    Counts of the last two weeks of the data are left out.
    """
    counts, assignments = context.get(load_counts), context.get(load_assignments)
    treatments = context.get(load_delousings)
    last_day = max(int(counts.day.max()), int(context.get(load_deaths).day.max(initial=0)))
    over = (counts.per_fish > _limits(context, counts)) & (counts.day + _RESPONSE_DAYS <= last_day)
    require(over.sum() >= 20, "counts over the limit")
    assignment, day = counts.assignment[over], counts.day[over]
    following = next_event(assignment, day, treatments, after=False)
    treated = (following >= 0) & (treatments.day[following] - day <= _RESPONSE_DAYS)
    # days to departure are NaN while fish are in the container, and then not below anything
    harvested = assignments.departs[assignment] - day <= 2 * _RESPONSE_DAYS
    previous = last_event(assignment, day, treatments)
    recent = (previous >= 0) & (day - treatments.day[previous] <= _RESPONSE_DAYS)
    return float((treated | harvested | recent).mean())


def called_for(context: CheckContext) -> float:
    """Return the share of delousings within two weeks of a count near the limit or above it."""
    counts, treatments = context.get(load_counts), context.get(load_delousings)
    near_limit = counts.per_fish >= _NEAR_LIMIT * _limits(context, counts)
    before = last_event(treatments.assignment, treatments.day, counts)
    recent = (before >= 0) & (treatments.day - counts.day[before] <= _RESPONSE_DAYS)
    return float((recent & near_limit[before]).mean())


def days_between_counts(context: CheckContext) -> float:
    """Return the 90th percentile of days between two counts of a ring."""
    counts = context.get(load_counts)
    gaps: Floats = np.diff(counts.day)[np.diff(counts.assignment) == 0].astype(np.float64)
    require(len(gaps) > 0, "counts of one ring")
    return float(np.quantile(gaps, 0.9))


CHECKS = (
    soft(
        _SUBJECT,
        "most-lice-counts-low",
        "Most counts find well under half an adult female per fish.",
        low_counts,
        Bound(0.5, 0.98, "of counts"),
        "most counts well under 0.5, a long right tail; the share is a " + UNSOURCED,
        needs=lice_counts(50),
    ),
    soft(
        _SUBJECT,
        "lice-in-season",
        "There are more lice from July to October than from February to May.",
        autumn_over_spring,
        Bound(low=1.2, unit="times as many"),
        "low in winter and spring, high July to October; the amount is a " + UNSOURCED,
        needs=lice_counts(50),
    ),
    soft(
        _SUBJECT,
        "lice-counts-without-lice",
        "Far more counts find no adult female than in a Poisson distribution.",
        zero_counts,
        Bound(low=1.5, unit="times those by chance"),
        "negative binomial with many zeros (Aldrin et al. 2017); the amount is a " + UNSOURCED,
        needs=lice_counts(50),
    ),
    soft(
        _SUBJECT,
        "long-tail-of-lice",
        "A few counts find many times the usual number of lice.",
        long_tail,
        Bound(low=3.0, unit="times the median"),
        "a long right tail; the amount is a " + UNSOURCED,
        needs=lice_counts(50),
    ),
    soft(
        _SUBJECT,
        "delousing-works",
        "Thermal and mechanical delousing and baths remove most mobile lice.",
        removed_by_treatment,
        Bound(0.5, 1.0, "of mobile lice"),
        "75 to 100 % removed, about 85 by baths, less the lice that return until the next count",
        needs=(*lice_counts(50), *delousings(20)),
    ),
    soft(
        _SUBJECT,
        "delousings-a-sea-cycle",
        "A ring is deloused a few times between transfer and harvest.",
        treatments_per_cycle,
        Bound(3.0, 8.0, "delousings"),
        "3 to 8 a sea cycle; " + UNSOURCED,
        needs=completed_batches(5),
    ),
    soft(
        _SUBJECT,
        "lice-over-the-limit-are-answered",
        "A count over the farm's limit is followed by treatment or harvest within two weeks.",
        answered,
        Bound(low=0.9, unit="of counts over the limit"),
        "two weeks; the limits of each geography, date and month are those of the farm file",
        needs=(*lice_counts(50), *delousings(20)),
    ),
    soft(
        _SUBJECT,
        "delousing-answers-a-count",
        "Fish are deloused after a count near the farm's limit or above it.",
        called_for,
        Bound(low=0.8, unit="of delousings"),
        "treatments answer a count over the trigger; the shares, also of the limit, are a "
        + UNSOURCED,
        needs=(*lice_counts(50), *delousings(20)),
    ),
    soft(
        _SUBJECT,
        "lice-counted-often",
        "The lice of every ring are counted at least every two weeks.",
        days_between_counts,
        Bound(high=14.0, unit="days"),
        "Firum [M]: at least fortnightly in the Faroes; weekly in Scotland",
        needs=lice_counts(50),
    ),
)
