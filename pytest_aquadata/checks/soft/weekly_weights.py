"""Mean weights week by week, read from what the fish were fed for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from ...schema import BatchContainerAssignment, Feed, FeedingEvent
from ..context import CheckContext
from ..dates import day_number
from .assignments import load_assignments, load_deaths
from .daily_water import load_water
from .measure import Floats, Integers, Mask, key, positions

WEEK = 7


@dataclass(frozen=True)
class WeeklyWeights:
    """Fed days a whole number of weeks after arrival, in the order of stay and day.

    Attributes:
        stay: position among the stays.
        week: weeks since arrival.
        weight_g: mean weight that morning: the biomass fed over the fish alive.
        biomass_kg: the biomass fed.
        fed_kg: feed given on the day.
        pellet_mm: size of the feed.
    """

    assignment: Integers
    week: Integers
    weight_g: Floats
    biomass_kg: Floats
    fed_kg: Floats
    pellet_mm: Floats

    def __len__(self) -> int:
        return len(self.week)


@dataclass(frozen=True)
class GrowthWeeks:
    """Weeks between two weights of one stay, in the order of stay and time.

    Attributes:
        stay: position among the stays.
        week: the week, from 0.
        weight_g: at its start.
        gain: share of that weight gained.
        degree_days: temperature summed over the week; NaN where it is not known.
        tgc_per_1000: thermal growth coefficient of the week.
    """

    assignment: Integers
    week: Integers
    weight_g: Floats
    gain: Floats
    degree_days: Floats
    tgc_per_1000: Floats

    def where(self, rows: Mask) -> GrowthWeeks:
        """Some of the weeks."""
        return GrowthWeeks(
            self.assignment[rows],
            self.week[rows],
            self.weight_g[rows],
            self.gain[rows],
            self.degree_days[rows],
            self.tgc_per_1000[rows],
        )


def load_weights(context: CheckContext) -> WeeklyWeights:
    """Weekly weights of all stays."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    event, one = FeedingEvent, BatchContainerAssignment
    age = day_number(event.feeding_date) - day_number(one.assignment_date)
    found = context.columns(
        sa.select(
            one.id,
            age.label("age"),
            sa.func.max(event.batch_biomass_kg).label("kg"),
            sa.func.sum(event.amount_kg).label("fed_kg"),
            sa.func.max(Feed.pellet_size_mm).label("pellet_mm"),
        )
        .join_from(event, one, one.id == event.batch_assignment_id)
        .join(Feed, Feed.id == event.feed_id)
        .where(age % WEEK == 0)
        .group_by(one.id, age)
        .order_by(one.id, age)
    )
    assignment = positions(found["id"], assignments.id)
    age_days = found["age"].astype(np.int64)
    alive = assignments.placed[assignment] - deaths.before(
        assignment, assignments.arrives[assignment] + age_days
    )
    return WeeklyWeights(
        assignment=assignment,
        week=age_days // WEEK,
        weight_g=1000.0 * found["kg"] / np.maximum(alive, 1.0),
        biomass_kg=found["kg"].astype(np.float64),
        fed_kg=found["fed_kg"].astype(np.float64),
        pellet_mm=found["pellet_mm"].astype(np.float64),
    )


def load_weeks(context: CheckContext) -> GrowthWeeks:
    """Weeks with a weight at both ends, and the warmth between them."""
    weights, assignments = context.get(load_weights), context.get(load_assignments)
    follows = (np.diff(weights.assignment) == 0) & (np.diff(weights.week) == 1)
    start = np.flatnonzero(follows)
    assignment, week = weights.assignment[start], weights.week[start]
    before, after = weights.weight_g[start], weights.weight_g[start + 1]
    degree_days = _degree_days(context, assignment, assignments.arrives[assignment] + week * WEEK)
    with np.errstate(divide="ignore", invalid="ignore"):
        tgc = 1000.0 * (np.cbrt(after) - np.cbrt(before)) / degree_days
    return GrowthWeeks(
        assignment=assignment,
        week=week,
        weight_g=before,
        gain=after / before - 1.0,
        degree_days=degree_days,
        tgc_per_1000=tgc,
    )


def _degree_days(context: CheckContext, assignment: Integers, first: Integers) -> Floats:
    """Temperature summed over the week from each first day, at the site of each stay."""
    assignments, measured = (
        context.get(load_assignments),
        context.get(load_water).get("temperature"),
    )
    if measured is None or not len(measured):
        return np.full(len(assignment), np.nan)
    site = np.unique(assignments.site, return_inverse=True)[1].astype(np.int64)
    keys = key(site[measured.assignment], measured.day)
    order = np.argsort(keys, kind="stable")
    keys, summed = keys[order], np.concatenate([[0.0], np.cumsum(measured.mean[order])])
    begins = np.searchsorted(keys, key(site[assignment], first))
    ends = np.searchsorted(keys, key(site[assignment], first + WEEK))
    return np.where(ends - begins == WEEK, summed[ends] - summed[begins], np.nan)
