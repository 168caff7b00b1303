"""Hard checks of document numbers: batches, workflows and harvests."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    Area,
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    FreshwaterStation,
    Hall,
    HarvestEvent,
)
from ..context import Query
from ..dates import day_number, year_of
from ..geographies import geography_codes
from .query import hard

_SUBJECT = "numbers"
_DAY_DIGITS = 3


def batch_numbers() -> Query:
    """Select batches whose number does not begin with geography code and start year."""
    geography, codes = _geographies(), geography_codes()
    begins = sa.func.coalesce(codes.c.code, "%") + "-" + _text(year_of(Batch.start_date)) + "-%"
    return (
        sa.select(Batch.batch_number.label("batch"), Batch.start_date, begins.label("expected"))
        .join_from(Batch, geography, geography.c.batch_id == Batch.id)
        .outerjoin(codes, codes.c.geography_id == geography.c.geography_id)
        .where(Batch.batch_number.not_like(begins))
    )


def _geographies() -> sa.Subquery:
    """Select the geography of each batch, that of its first container."""
    geography = sa.func.coalesce(FreshwaterStation.geography_id, Area.geography_id)
    first = (
        sa.select(
            BatchContainerAssignment.batch_id,
            sa.func.min(BatchContainerAssignment.container_id).label("container_id"),
        )
        .group_by(BatchContainerAssignment.batch_id)
        .subquery("first_container")
    )
    return (
        sa.select(first.c.batch_id, geography.label("geography_id"))
        .select_from(first)
        .join(Container, Container.id == first.c.container_id)
        .outerjoin(Hall, Hall.id == Container.hall_id)
        .outerjoin(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
        .outerjoin(Area, Area.id == Container.area_id)
        .subquery("geography")
    )


def creation_numbers() -> Query:
    """Select creation workflows whose number is not that of their batch."""
    expected = sa.literal("CRT-") + Batch.batch_number
    return (
        sa.select(BatchCreationWorkflow.workflow_number, expected.label("expected"))
        .join_from(BatchCreationWorkflow, Batch)
        .where(BatchCreationWorkflow.workflow_number != expected)
    )


def transfer_numbers() -> Query:
    """Select transfer workflows whose number is not made of batch number and day of life."""
    flow = BatchTransferWorkflow
    moving_date = sa.func.coalesce(flow.actual_start_date, flow.planned_start_date, type_=sa.Date())
    day = day_number(moving_date) - day_number(Batch.start_date)
    expected = sa.literal("TRF-") + Batch.batch_number + "-D" + _padded(day)
    return (
        sa.select(flow.workflow_number, expected.label("expected"))
        .join_from(flow, Batch, Batch.id == flow.batch_id)
        .where(flow.workflow_number != expected)
    )


def harvest_numbers() -> Query:
    """Select harvests whose document number is not made of batch number and container."""
    expected = sa.literal("HRV-") + Batch.batch_number + "-" + Container.name
    return (
        sa.select(
            HarvestEvent.id.label("harvest"), HarvestEvent.document_ref, expected.label("expected")
        )
        .join_from(HarvestEvent, Batch, Batch.id == HarvestEvent.batch_id)
        .join(BatchContainerAssignment, BatchContainerAssignment.id == HarvestEvent.assignment_id)
        .join(Container, Container.id == BatchContainerAssignment.container_id)
        .where(HarvestEvent.document_ref != expected)
    )


def _text(number: sa.SQLColumnExpression[int]) -> sa.SQLColumnExpression[str]:
    return sa.cast(number, sa.String(12))


def _padded(day: sa.SQLColumnExpression[int]) -> sa.SQLColumnExpression[str]:
    """Return a day number with leading zeros."""
    zeros = [(day < 10**digits, "0" * (_DAY_DIGITS - digits)) for digits in range(1, _DAY_DIGITS)]
    return sa.case(*zeros, else_="") + _text(day)


CHECKS = (
    hard(
        _SUBJECT,
        "batch-numbers",
        "A batch number begins with the code of its geography and the start year.",
        batch_numbers,
    ),
    hard(
        _SUBJECT,
        "creation-numbers",
        "The number of a creation workflow is CRT and the batch number.",
        creation_numbers,
    ),
    hard(
        _SUBJECT,
        "transfer-numbers",
        "The number of a transfer workflow is TRF, batch number and day of the batch's life.",
        transfer_numbers,
    ),
    hard(
        _SUBJECT,
        "harvest-numbers",
        "The document number of a harvest is HRV, the batch number and the container.",
        harvest_numbers,
    ),
)
