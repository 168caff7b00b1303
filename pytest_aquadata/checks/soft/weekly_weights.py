"""Mean weights week by week, calculated from the biomass of each meal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from ...schema import BatchContainerAssignment, Feed, FeedingEvent
from ..context import CheckContext
from ..dates import day_number
from .arrays import Floats, Integers, Mask, index_of, sort_key
from .assignments import load_assignments, load_deaths
from .daily_water import load_water

WEEK = 7
"""Days."""


@dataclass(frozen=True)
class WeeklyWeights:
    """Days with meals a whole number of weeks after arrival, ordered by assignment and day.

    Attributes:
        assignment: index of the assignment.
        week: weeks since arrival.
        weight_g: mean weight in the morning: the biomass fed divided by the living fish.
        biomass_kg: the biomass fed.
        fed_kg: feed given that day.
        pellet_mm: pellet size of the feed.
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
    """Weeks with a weight at both ends, ordered by assignment and time.

    Attributes:
        assignment: index of the assignment.
        week: weeks from arrival to the start of the week.
        weight_g: mean weight at the start.
        gain: gain in weight, as a share of that weight.
        degree_days: sum of daily mean temperatures, °C·d; NaN if a day has no reading.
        tgc_per_1000: thermal growth coefficient of the week.
    """

    assignment: Integers
    week: Integers
    weight_g: Floats
    gain: Floats
    degree_days: Floats
    tgc_per_1000: Floats

    def where(self, mask: Mask) -> GrowthWeeks:
        """Return the weeks selected by a mask."""
        return GrowthWeeks(
            self.assignment[mask],
            self.week[mask],
            self.weight_g[mask],
            self.gain[mask],
            self.degree_days[mask],
            self.tgc_per_1000[mask],
        )


def load_weights(context: CheckContext) -> WeeklyWeights:
    """Load the weekly weights of all assignments."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    event, row = FeedingEvent, BatchContainerAssignment
    age = day_number(event.feeding_date) - day_number(row.assignment_date)
    columns = context.columns(
        sa.select(
            row.id,
            age.label("age"),
            sa.func.max(event.batch_biomass_kg).label("kg"),
            sa.func.sum(event.amount_kg).label("fed_kg"),
            sa.func.max(Feed.pellet_size_mm).label("pellet_mm"),
        )
        .join_from(event, row, row.id == event.batch_assignment_id)
        .join(Feed, Feed.id == event.feed_id)
        .where(age % WEEK == 0)
        .group_by(row.id, age)
        .order_by(row.id, age)
    )
    assignment = index_of(columns["id"], assignments.id)
    age_days = columns["age"].astype(np.int64)
    alive = assignments.placed[assignment] - deaths.before(
        assignment, assignments.arrives[assignment] + age_days
    )
    return WeeklyWeights(
        assignment=assignment,
        week=age_days // WEEK,
        weight_g=1000.0 * columns["kg"] / np.maximum(alive, 1.0),
        biomass_kg=columns["kg"].astype(np.float64),
        fed_kg=columns["fed_kg"].astype(np.float64),
        pellet_mm=columns["pellet_mm"].astype(np.float64),
    )


def load_weeks(context: CheckContext) -> GrowthWeeks:
    """Load the weeks with a weight at both ends, and their temperatures."""
    weights, assignments = context.get(load_weights), context.get(load_assignments)
    consecutive = (np.diff(weights.assignment) == 0) & (np.diff(weights.week) == 1)
    start = np.flatnonzero(consecutive)
    assignment, week = weights.assignment[start], weights.week[start]
    before, after = weights.weight_g[start], weights.weight_g[start + 1]
    first_day = assignments.arrives[assignment] + week * WEEK
    degree_days = _degree_days(context, assignment, first_day)
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
    """Return the sum of temperatures of the week from each first day, at the assignment's site."""
    assignments = context.get(load_assignments)
    temperature = context.get(load_water).get("temperature")
    if temperature is None or not len(temperature):
        return np.full(len(assignment), np.nan)
    site = np.unique(assignments.site, return_inverse=True)[1].astype(np.int64)
    keys = sort_key(site[temperature.assignment], temperature.day)
    order = np.argsort(keys, kind="stable")
    keys, total = keys[order], np.concatenate([[0.0], np.cumsum(temperature.mean[order])])
    begins = np.searchsorted(keys, sort_key(site[assignment], first))
    ends = np.searchsorted(keys, sort_key(site[assignment], first + WEEK))
    return np.where(ends - begins == WEEK, total[ends] - total[begins], np.nan)
