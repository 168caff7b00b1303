"""Subqueries with the fish that entered and left each assignment."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...schema import (
    BatchContainerAssignment,
    CreationAction,
    HarvestEvent,
    HarvestLot,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
)
from ..context import Query
from .query import none_is_0

DONE = "COMPLETED"
taken = TransferAction.transferred_count + TransferAction.mortality_during_transfer
"""Fish that a transfer action takes out of its source, including deaths in handling."""


def _per_assignment(
    assignment: sa.SQLColumnExpression[Any], amount: sa.SQLColumnExpression[Any]
) -> Query:
    total = sa.func.sum(amount)
    return sa.select(assignment.label("assignment_id"), total.label("fish")).group_by(assignment)


def placed() -> sa.Subquery:
    """Select the living fish or eggs put into each assignment."""
    arrivals = sa.union_all(
        sa.select(
            CreationAction.dest_assignment_id.label("assignment_id"),
            (
                none_is_0(CreationAction.egg_count_actual) - CreationAction.mortality_on_arrival
            ).label("fish"),
        ).where(CreationAction.status == DONE),
        sa.select(TransferAction.dest_assignment_id, TransferAction.transferred_count).where(
            TransferAction.status == DONE, TransferAction.dest_assignment_id.is_not(None)
        ),
    ).subquery()
    return _per_assignment(arrivals.c.assignment_id, arrivals.c.fish).subquery("placed")


def dead() -> sa.Subquery:
    """Select the fish that died in each assignment."""
    return _per_assignment(MortalityEvent.assignment_id, MortalityEvent.count).subquery("dead")


def moved_out() -> sa.Subquery:
    """Select the fish that transfers took out of each assignment."""
    return (
        _per_assignment(TransferAction.source_assignment_id, taken)
        .where(TransferAction.status == DONE)
        .subquery("moved_out")
    )


def harvested() -> sa.Subquery:
    """Select the fish harvested from each assignment."""
    return (
        _per_assignment(HarvestEvent.assignment_id, HarvestLot.unit_count)
        .join_from(HarvestLot, HarvestEvent)
        .subquery("harvested")
    )


def stage_order() -> sa.ScalarSelect[int]:
    """Return the order of the stage of an assignment, correlated with the enclosing query."""
    return (
        sa.select(LifeCycleStage.order)
        .where(LifeCycleStage.id == BatchContainerAssignment.lifecycle_stage_id)
        .scalar_subquery()
    )
