"""Hard checks of start and end days: batches, assignments and movements of fish agree."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    Batch,
    BatchContainerAssignment,
    CreationAction,
    HarvestEvent,
    TransferAction,
)
from ..context import Query
from ..dates import day_number
from .flows import DONE
from .query import hard

_SUBJECT = "occupancy"


def batch_starts_with_first_assignment() -> Query:
    """Select batches that start on another day than their first assignment."""
    first = (
        sa.select(
            BatchContainerAssignment.batch_id,
            sa.func.min(BatchContainerAssignment.assignment_date).label("day"),
        )
        .group_by(BatchContainerAssignment.batch_id)
        .subquery("first")
    )
    return (
        sa.select(
            Batch.batch_number.label("batch"),
            Batch.start_date,
            first.c.day.label("first_assignment"),
        )
        .join_from(Batch, first, first.c.batch_id == Batch.id)
        .where(Batch.start_date != first.c.day)
    )


def completed_batches_have_ended() -> Query:
    """Select batches whose status or end day does not fit the departures of their assignments."""
    assignment = BatchContainerAssignment
    spans = (
        sa.select(
            assignment.batch_id,
            sa.func.max(assignment.departure_date).label("last_departure"),
            (sa.func.count() - sa.func.count(assignment.departure_date)).label("staying"),
        )
        .group_by(assignment.batch_id)
        .subquery("spans")
    )
    unended = sa.or_(
        spans.c.staying > 0,
        Batch.actual_end_date.is_(None),
        Batch.actual_end_date != spans.c.last_departure,
    )
    done = Batch.status == DONE
    return (
        sa.select(
            Batch.batch_number.label("batch"),
            Batch.status,
            Batch.actual_end_date,
            spans.c.last_departure,
            spans.c.staying,
        )
        .join_from(Batch, spans, spans.c.batch_id == Batch.id)
        .where(
            sa.or_(
                sa.and_(done, unended),
                sa.and_(
                    Batch.status == "ACTIVE",
                    sa.or_(spans.c.staying == 0, Batch.actual_end_date.is_not(None)),
                ),
            )
        )
    )


def arrivals_are_recorded() -> Query:
    """Select assignments whose first fish arrived on another day than they began, or never."""
    arrivals = sa.union_all(
        sa.select(
            CreationAction.dest_assignment_id.label("assignment_id"),
            CreationAction.actual_delivery_date.label("day"),
        ).where(CreationAction.status == DONE),
        sa.select(TransferAction.dest_assignment_id, TransferAction.actual_execution_date).where(
            TransferAction.status == DONE
        ),
    ).subquery("arrivals")
    first = (
        sa.select(arrivals.c.assignment_id, sa.func.min(arrivals.c.day).label("day"))
        .group_by(arrivals.c.assignment_id)
        .subquery("first")
    )
    assignment = BatchContainerAssignment
    return (
        sa.select(
            assignment.id.label("assignment"),
            assignment.assignment_date,
            first.c.day.label("first_arrival"),
        )
        .outerjoin(first, first.c.assignment_id == assignment.id)
        .where(
            sa.or_(
                first.c.day != assignment.assignment_date,
                sa.and_(first.c.day.is_(None), assignment.population_count > 0),
            )
        )
    )


def departures_are_recorded() -> Query:
    """Select ended assignments whose last fish left on another day, or never."""
    departures = sa.union_all(
        sa.select(
            TransferAction.source_assignment_id.label("assignment_id"),
            day_number(TransferAction.actual_execution_date).label("day"),
        ).where(TransferAction.status == DONE),
        sa.select(HarvestEvent.assignment_id, day_number(HarvestEvent.event_date)),
    ).subquery("departures")
    last = (
        sa.select(departures.c.assignment_id, sa.func.max(departures.c.day).label("day"))
        .group_by(departures.c.assignment_id)
        .subquery("last")
    )
    assignment = BatchContainerAssignment
    late = last.c.day - day_number(assignment.departure_date)
    return (
        sa.select(
            assignment.id.label("assignment"),
            assignment.departure_date,
            late.label("last_fish_went_days_later"),
        )
        .outerjoin(last, last.c.assignment_id == assignment.id)
        .where(
            assignment.departure_date.is_not(None),
            sa.or_(late != 0, sa.and_(last.c.day.is_(None), assignment.population_count > 0)),
        )
    )


CHECKS = (
    hard(
        _SUBJECT,
        "batch-starts-with-its-fish",
        "A batch starts on the day of its first assignment.",
        batch_starts_with_first_assignment,
    ),
    hard(
        _SUBJECT,
        "completed-batches-have-ended",
        "A batch is completed when its last fish have left, and ends on that day.",
        completed_batches_have_ended,
    ),
    hard(
        _SUBJECT,
        "arrivals-are-recorded",
        "An assignment begins on the day its first fish were delivered or transferred.",
        arrivals_are_recorded,
    ),
    hard(
        _SUBJECT,
        "departures-are-recorded",
        "An assignment ends on the day its last fish were transferred or harvested.",
        departures_are_recorded,
    ),
)
