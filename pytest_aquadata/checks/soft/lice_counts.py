"""Lice counts and delousings of rings, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from ...schema import LiceCount, LiceType, Treatment
from ..context import CheckContext
from ..dates import day_number
from .assignments import AssignmentTable, load_assignments
from .measure import Floats, Integers, key, need, positions

_SALMON_LOUSE = "Lepeophtheirus salmonis"


@dataclass(frozen=True)
class LiceCounts:
    """Counts of salmon lice, one a ring and day, in that order.

    Attributes:
        stay: position among the stays.
        day: day number.
        fish: fish looked at.
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
        """Adult females a fish."""
        return self.females / self.fish


@dataclass(frozen=True)
class Delousings:
    """Delousings of rings, in the order of ring and day.

    Attributes:
        stay: position among the stays.
        day: day number.
        at_once: whether it works at once: thermal, mechanical, or a bath.
    """

    assignment: Integers
    day: Integers
    at_once: np.ndarray[tuple[int], np.dtype[np.bool_]]

    def __len__(self) -> int:
        return len(self.day)


def load_counts(context: CheckContext) -> LiceCounts:
    """All counts of salmon lice in rings."""
    assignments = context.get(load_assignments)
    count, kind = LiceCount, LiceType
    day = day_number(count.count_date)
    female = sa.and_(kind.gender == "female", kind.development_stage == "adult")
    mobile = kind.development_stage.in_(["pre-adult", "adult"])

    def lice(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((which, count.count_value), else_=0))

    found = context.columns(
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
        assignment=positions(found["id"], assignments.id),
        day=found["day"].astype(np.int64),
        fish=np.maximum(found["fish"].astype(np.float64), 1.0),
        females=found["females"].astype(np.float64),
        mobiles=found["mobiles"].astype(np.float64),
    )


def counts(context: CheckContext) -> LiceCounts:
    """All counts of salmon lice.

    Raises:
        LacksDataError: when there are few or none.
    """
    known = context.get(load_counts)
    need(len(known) >= 50, "lice counts")
    return known


def load_delousings(context: CheckContext) -> Delousings:
    """All treatments at sea that are no vaccination."""
    assignments = context.get(load_assignments)
    treatment = Treatment
    day = day_number(treatment.treatment_date)
    at_once = sa.case((treatment.treatment_type == "medication", 0), else_=1)
    found = context.columns(
        sa.select(
            treatment.batch_assignment_id.label("id"), day.label("day"), at_once.label("at_once")
        )
        .where(
            treatment.treatment_type != "vaccination", treatment.batch_assignment_id.is_not(None)
        )
        .order_by(treatment.batch_assignment_id, day)
    )
    assignment = positions(found["id"].astype(np.int64), assignments.id)
    kept = assignments.at_sea[assignment] if len(assignment) else np.zeros(0, np.bool_)
    day_of = found["day"].astype(np.int64)
    return Delousings(assignment[kept], day_of[kept], found["at_once"][kept] == 1)


def delousings(context: CheckContext) -> Delousings:
    """All delousings.

    Raises:
        LacksDataError: when there are few or none.
    """
    known = context.get(load_delousings)
    need(len(known) >= 20, "delousings")
    return known


def next_place(
    assignment: Integers, day: Integers, among: LiceCounts | Delousings, *, strictly: bool
) -> Integers:
    """Where the first of some events in a stay on or after a day stands; -1 for none."""
    keys = key(among.assignment, among.day)
    place = np.searchsorted(keys, key(assignment, day), side="right" if strictly else "left")
    inside = np.minimum(place, len(keys) - 1)
    same = (place < len(keys)) & (among.assignment[inside] == assignment)
    return np.where(same, inside, -1).astype(np.int64)


def last_place(assignment: Integers, day: Integers, among: LiceCounts | Delousings) -> Integers:
    """Where the last of some events in a stay before or on a day stands; -1 for none."""
    keys = key(among.assignment, among.day)
    place = np.searchsorted(keys, key(assignment, day), side="right") - 1
    inside = np.maximum(place, 0)
    same = (place >= 0) & (among.assignment[inside] == assignment)
    return np.where(same, inside, -1).astype(np.int64)


def until_departure(assignments: AssignmentTable, assignment: Integers, day: Integers) -> Floats:
    """Days from some days until the fish leave; infinite while they are there."""
    leaves = assignments.departs[assignment]
    return np.where(np.isfinite(leaves), leaves - day, np.inf)
