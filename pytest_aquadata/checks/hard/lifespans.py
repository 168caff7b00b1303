"""The days on which fish come and go, told alike by batches, assignments and their moves."""

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
    """Batches that start on another day than their first assignment."""
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
    """Batches completed with fish left, ended on another day than the last left, or too late."""
    one = BatchContainerAssignment
    stays = (
        sa.select(
            one.batch_id,
            sa.func.max(one.departure_date).label("last_departure"),
            (sa.func.count() - sa.func.count(one.departure_date)).label("staying"),
        )
        .group_by(one.batch_id)
        .subquery("stays")
    )
    unended = sa.or_(
        stays.c.staying > 0,
        Batch.actual_end_date.is_(None),
        Batch.actual_end_date != stays.c.last_departure,
    )
    done = Batch.status == DONE
    return (
        sa.select(
            Batch.batch_number.label("batch"),
            Batch.status,
            Batch.actual_end_date,
            stays.c.last_departure,
            stays.c.staying,
        )
        .join_from(Batch, stays, stays.c.batch_id == Batch.id)
        .where(
            sa.or_(
                sa.and_(done, unended),
                sa.and_(
                    Batch.status == "ACTIVE",
                    sa.or_(stays.c.staying == 0, Batch.actual_end_date.is_not(None)),
                ),
            )
        )
    )


def arrivals_are_recorded() -> Query:
    """Assignments into which the first fish came on another day than they began, or never."""
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
    one = BatchContainerAssignment
    return (
        sa.select(
            one.id.label("assignment"), one.assignment_date, first.c.day.label("first_arrival")
        )
        .outerjoin(first, first.c.assignment_id == one.id)
        .where(
            sa.or_(
                first.c.day != one.assignment_date,
                sa.and_(first.c.day.is_(None), one.population_count > 0),
            )
        )
    )


def departures_are_recorded() -> Query:
    """Assignments from which the last fish went on another day than they ended, or never."""
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
    one = BatchContainerAssignment
    late = last.c.day - day_number(one.departure_date)
    return (
        sa.select(
            one.id.label("assignment"), one.departure_date, late.label("last_fish_went_days_later")
        )
        .outerjoin(last, last.c.assignment_id == one.id)
        .where(
            one.departure_date.is_not(None),
            sa.or_(late != 0, sa.and_(last.c.day.is_(None), one.population_count > 0)),
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
        "A batch is completed when its last fish have gone, and ends on that day.",
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
