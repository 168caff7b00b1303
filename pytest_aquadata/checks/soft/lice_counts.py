"""Lice counts and delousings of rings as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from ...schema import LiceCount, LiceType, Treatment
from ..context import CheckContext
from ..dates import day_number
from .arrays import Floats, Integers, Mask, index_of, sort_key
from .assignments import load_assignments

_SALMON_LOUSE = "Lepeophtheirus salmonis"


@dataclass(frozen=True)
class LiceCounts:
    """Counts of salmon lice, one for each ring and day, in this order.

    Attributes:
        assignment: index of the assignment.
        day: day number.
        fish: fish examined.
        females: adult females on them.
        mobiles: pre-adults and adults on them.
    """

    assignment: Integers
    day: Integers
    fish: Floats
    females: Floats
    mobiles: Floats

    def __len__(self) -> int:
        return len(self.day)

    @property
    def per_fish(self) -> Floats:
        """Adult females per fish."""
        return self.females / self.fish


@dataclass(frozen=True)
class Delousings:
    """Delousings of rings, ordered by ring and day.

    Attributes:
        assignment: index of the assignment.
        day: day number.
        immediate: True for thermal and mechanical treatments and baths, False for medicated feed.
    """

    assignment: Integers
    day: Integers
    immediate: Mask

    def __len__(self) -> int:
        return len(self.day)


def load_counts(context: CheckContext) -> LiceCounts:
    """Load all counts of salmon lice in rings."""
    assignments = context.get(load_assignments)
    count, kind = LiceCount, LiceType
    day = day_number(count.count_date)
    female = sa.and_(kind.gender == "female", kind.development_stage == "adult")
    mobile = kind.development_stage.in_(["pre-adult", "adult"])

    def lice(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, count.count_value), else_=0))

    columns = context.columns(
        sa.select(
            count.assignment_id.label("id"),
            day.label("day"),
            sa.func.max(count.fish_sampled).label("fish"),
            lice(female).label("females"),
            lice(mobile).label("mobiles"),
        )
        .join_from(count, kind, kind.id == count.lice_type_id)
        .where(kind.species == _SALMON_LOUSE, count.assignment_id.is_not(None))
        .group_by(count.assignment_id, day)
        .order_by(count.assignment_id, day)
    )
    return LiceCounts(
        assignment=index_of(columns["id"], assignments.id),
        day=columns["day"].astype(np.int64),
        fish=np.maximum(columns["fish"].astype(np.float64), 1.0),
        females=columns["females"].astype(np.float64),
        mobiles=columns["mobiles"].astype(np.float64),
    )


def load_delousings(context: CheckContext) -> Delousings:
    """Load all treatments at sea except vaccinations."""
    assignments = context.get(load_assignments)
    treatment = Treatment
    day = day_number(treatment.treatment_date)
    immediate = sa.case((treatment.treatment_type == "medication", 0), else_=1)
    columns = context.columns(
        sa.select(
            treatment.batch_assignment_id.label("id"),
            day.label("day"),
            immediate.label("immediate"),
        )
        .where(
            treatment.treatment_type != "vaccination", treatment.batch_assignment_id.is_not(None)
        )
        .order_by(treatment.batch_assignment_id, day)
    )
    assignment = index_of(columns["id"].astype(np.int64), assignments.id)
    sea = assignments.at_sea[assignment] if len(assignment) else np.zeros(0, np.bool_)
    days = columns["day"].astype(np.int64)
    return Delousings(assignment[sea], days[sea], columns["immediate"][sea] == 1)


def next_event(
    assignment: Integers, day: Integers, events: LiceCounts | Delousings, *, after: bool
) -> Integers:
    """Return the index of the next event of each assignment from a day on; -1 for none.

    Args:
        assignment: indices of assignments.
        day: a day number for each of them.
        events: counts or delousings.
        after: leave out events of the day itself.
    """
    keys = sort_key(events.assignment, events.day)
    index = np.searchsorted(keys, sort_key(assignment, day), side="right" if after else "left")
    clipped = np.minimum(index, len(keys) - 1)
    is_same = (index < len(keys)) & (events.assignment[clipped] == assignment)
    return np.where(is_same, clipped, -1).astype(np.int64)


def last_event(assignment: Integers, day: Integers, events: LiceCounts | Delousings) -> Integers:
    """Return the index of the last event of each assignment up to a day; -1 for none."""
    keys = sort_key(events.assignment, events.day)
    index = np.searchsorted(keys, sort_key(assignment, day), side="right") - 1
    clipped = np.maximum(index, 0)
    is_same = (index >= 0) & (events.assignment[clipped] == assignment)
    return np.where(is_same, clipped, -1).astype(np.int64)
