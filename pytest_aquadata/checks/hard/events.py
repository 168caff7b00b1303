"""Hard checks of events: within the days of their assignment, and of its batch and container."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from ...schema import (
    TABLES,
    Batch,
    BatchContainerAssignment,
    JournalEntry,
)
from ..context import Query
from ..dates import day_number, on_same_scale
from ..model import Check
from .query import hard

_SUBJECT = "events"


@dataclass(frozen=True)
class _Kind:
    """One table of events.

    Attributes:
        name: first part of the names of its checks.
        table: name of the table.
        day: column with the date.
        assignment: column with the assignment.
    """

    name: str
    table: str
    day: str
    assignment: str = "assignment_id"


_KINDS = (
    _Kind("mortality", "batch_mortalityevent", "event_date"),
    _Kind("feeding", "inventory_feedingevent", "feeding_date", "batch_assignment_id"),
    _Kind("growth-samples", "batch_growthsample", "sample_date"),
    _Kind("growth-analysis", "batch_actualdailyassignmentstate", "date"),
    _Kind("lice-counts", "health_licecount", "count_date"),
    _Kind("treatments", "health_treatment", "treatment_date", "batch_assignment_id"),
    _Kind("health-samplings", "health_healthsamplingevent", "sampling_date"),
    _Kind("lab-samples", "health_healthlabsample", "sample_date", "batch_container_assignment_id"),
    _Kind("mortality-records", "health_mortalityrecord", "event_date"),
    _Kind("harvests", "harvest_harvestevent", "event_date"),
)


def outside(kind: _Kind) -> Query:
    """Select events before their assignment began or after it ended."""
    table = TABLES[kind.table]
    assignment = BatchContainerAssignment
    day = table.c[kind.day]
    return (
        sa.select(
            table.c.id.label("id"),
            day,
            assignment.id.label("assignment"),
            assignment.assignment_date,
            assignment.departure_date,
        )
        .outerjoin_from(table, assignment, assignment.id == table.c[kind.assignment])
        .where(
            sa.or_(
                _is_before(day, assignment.assignment_date.expression),
                _is_before(assignment.departure_date.expression, day),
            )
        )
    )


def _is_before(
    first: sa.ColumnElement[Any], second: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """Return the condition that a date or instant is on a day before another one."""
    first, second = on_same_scale(first, second)
    return first < second


def disagreeing(kind: _Kind) -> Query:
    """Select events whose batch or container is not that of their assignment."""
    table = TABLES[kind.table]
    assignment = BatchContainerAssignment
    same = {"batch_id": assignment.batch_id, "container_id": assignment.container_id}
    shared = {name: column for name, column in same.items() if name in table.c}
    return (
        sa.select(
            table.c.id.label("id"),
            assignment.id.label("assignment"),
            *(table.c[name] for name in shared),
            *(column.label(f"assignment_{name}") for name, column in shared.items()),
        )
        .outerjoin_from(table, assignment, assignment.id == table.c[kind.assignment])
        .where(sa.or_(*(table.c[name] != column for name, column in shared.items())))
    )


def _names_batch(kind: _Kind) -> bool:
    return "batch_id" in TABLES[kind.table].c


def journal_outside_batch() -> Query:
    """Select journal entries before their batch began or after it ended."""
    when = day_number(JournalEntry.entry_date)
    return (
        sa.select(
            JournalEntry.id,
            JournalEntry.entry_date,
            Batch.batch_number.label("batch"),
            Batch.start_date,
            Batch.actual_end_date,
        )
        .join_from(JournalEntry, Batch)
        .where(
            sa.or_(when < day_number(Batch.start_date), when > day_number(Batch.actual_end_date))
        )
    )


def _checks() -> tuple[Check, ...]:
    inside = [
        hard(
            _SUBJECT,
            f"{kind.name}-inside-assignments",
            f"Rows of {kind.table} are dated between arrival and departure of their assignment.",
            partial(outside, kind),
        )
        for kind in _KINDS
    ]
    agreeing = [
        hard(
            _SUBJECT,
            f"{kind.name}-agree-with-assignments",
            f"Rows of {kind.table} name the batch and container of their assignment.",
            partial(disagreeing, kind),
        )
        for kind in _KINDS
        if _names_batch(kind)
    ]
    return (*inside, *agreeing)


CHECKS = (
    *_checks(),
    hard(
        _SUBJECT,
        "journal-entries-inside-batches",
        "A journal entry is dated between start and end of its batch.",
        journal_outside_batch,
    ),
)
