"""Hard checks of fish numbers: in containers, transfers and batches, to the last fish."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...schema import (
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    CreationAction,
    HarvestEvent,
    HarvestLot,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
)
from ..context import Query
from .flows import DONE, dead, harvested, moved_out, placed, stage_order, taken
from .query import differ, hard, none_is_0

_SUBJECT = "fish"


def container_balance() -> Query:
    """Select assignments whose population is not arrivals less deaths, transfers and harvests."""
    arrived, died, transferred, harvested_fish = placed(), dead(), moved_out(), harvested()
    remaining = _remaining(arrived, died, transferred, harvested_fish)
    order = stage_order()
    recorded = sa.case(
        (BatchContainerAssignment.departure_date.is_not(None), 0),
        (order > 1, BatchContainerAssignment.population_count),
    )
    flows = (arrived, died, transferred, harvested_fish)
    return (
        sa.select(
            BatchContainerAssignment.id.label("assignment"),
            *(none_is_0(flow.c.fish).label(flow.name) for flow in flows),
            remaining.label("should_be_left"),
            recorded.label("left"),
        )
        .select_from(BatchContainerAssignment)
        .outerjoin(arrived, arrived.c.assignment_id == BatchContainerAssignment.id)
        .outerjoin(died, died.c.assignment_id == BatchContainerAssignment.id)
        .outerjoin(transferred, transferred.c.assignment_id == BatchContainerAssignment.id)
        .outerjoin(harvested_fish, harvested_fish.c.assignment_id == BatchContainerAssignment.id)
        .where(sa.or_(remaining != recorded, remaining < 0))
    )


def _remaining(
    arrived: sa.Subquery, died: sa.Subquery, transferred: sa.Subquery, harvested_fish: sa.Subquery
) -> sa.SQLColumnExpression[Any]:
    out = none_is_0(died.c.fish) + none_is_0(transferred.c.fish) + none_is_0(harvested_fish.c.fish)
    return none_is_0(arrived.c.fish) - out


def book_count() -> Query:
    """Select assignments whose population is not that delivered (stage 1) or that at departure."""
    arrived, transferred, harvested_fish = placed(), moved_out(), harvested()
    on_departure = (
        sa.select(none_is_0(sa.func.sum(MortalityEvent.count)))
        .where(
            MortalityEvent.assignment_id == BatchContainerAssignment.id,
            MortalityEvent.event_date == BatchContainerAssignment.departure_date,
        )
        .scalar_subquery()
    )
    at_departure = none_is_0(transferred.c.fish) + none_is_0(harvested_fish.c.fish) + on_departure
    order = stage_order()
    expected = sa.case((order == 1, none_is_0(arrived.c.fish)), else_=at_departure)
    return (
        sa.select(
            BatchContainerAssignment.id.label("assignment"),
            BatchContainerAssignment.population_count,
            expected.label("expected"),
        )
        .select_from(BatchContainerAssignment)
        .outerjoin(arrived, arrived.c.assignment_id == BatchContainerAssignment.id)
        .outerjoin(transferred, transferred.c.assignment_id == BatchContainerAssignment.id)
        .outerjoin(harvested_fish, harvested_fish.c.assignment_id == BatchContainerAssignment.id)
        .where(
            sa.or_(order == 1, BatchContainerAssignment.departure_date.is_not(None)),
            BatchContainerAssignment.population_count != expected,
        )
    )


def transfer_balance() -> Query:
    """Select transfer actions whose population before is wrong or less than the fish taken."""
    arrived = placed()
    died_before = (
        sa.select(
            TransferAction.id.label("action_id"), sa.func.sum(MortalityEvent.count).label("fish")
        )
        .join_from(
            TransferAction,
            MortalityEvent,
            sa.and_(
                MortalityEvent.assignment_id == TransferAction.source_assignment_id,
                MortalityEvent.event_date < TransferAction.actual_execution_date,
            ),
        )
        .group_by(TransferAction.id)
        .subquery()
    )
    taken_by_then = sa.func.sum(taken).over(
        partition_by=TransferAction.source_assignment_id,
        order_by=(
            TransferAction.actual_execution_date,
            TransferAction.workflow_id,
            TransferAction.action_number,
        ),
        rows=(None, 0),
    )
    actions = (
        sa.select(
            TransferAction.id.label("action"),
            TransferAction.source_assignment_id.label("source"),
            TransferAction.source_population_before.label("before"),
            (
                none_is_0(arrived.c.fish) - none_is_0(died_before.c.fish) - taken_by_then + taken
            ).label("expected"),
            taken.label("taken"),
        )
        .select_from(TransferAction)
        .outerjoin(arrived, arrived.c.assignment_id == TransferAction.source_assignment_id)
        .outerjoin(died_before, died_before.c.action_id == TransferAction.id)
        .where(TransferAction.status == DONE)
        .subquery()
    )
    wrong = sa.or_(actions.c.before != actions.c.expected, actions.c.taken > actions.c.before)
    return sa.select(actions).where(wrong)


def batch_balance() -> Query:
    """Select batches whose living fish are not eggs delivered less deaths and harvests."""
    delivered = _per_batch(
        BatchCreationWorkflow.batch_id,
        none_is_0(CreationAction.egg_count_actual) - CreationAction.mortality_on_arrival,
    ).join_from(CreationAction, BatchCreationWorkflow)
    died = _per_batch(MortalityEvent.batch_id, MortalityEvent.count)
    handled = _per_batch(
        BatchTransferWorkflow.batch_id, TransferAction.mortality_during_transfer
    ).join_from(TransferAction, BatchTransferWorkflow)
    harvested_fish = _per_batch(HarvestEvent.batch_id, HarvestLot.unit_count).join_from(
        HarvestLot, HarvestEvent
    )
    present = _per_batch(
        BatchContainerAssignment.batch_id, BatchContainerAssignment.population_count
    ).where(BatchContainerAssignment.departure_date.is_(None))
    trays_left = (
        sa.select(BatchContainerAssignment.id)
        .join(LifeCycleStage)
        .where(
            BatchContainerAssignment.batch_id == Batch.id,
            BatchContainerAssignment.departure_date.is_(None),
            LifeCycleStage.order == 1,
        )
        .exists()
    )
    flows = {
        "delivered": delivered.where(CreationAction.status == DONE).subquery(),
        "dead": died.subquery(),
        "dead_in_transfer": handled.where(TransferAction.status == DONE).subquery(),
        "harvested": harvested_fish.subquery(),
        "present": present.subquery(),
    }
    fish = {name: none_is_0(flow.c.fish) for name, flow in flows.items()}
    remaining = fish["delivered"] - fish["dead"] - fish["dead_in_transfer"] - fish["harvested"]
    query: Query = sa.select(
        Batch.batch_number.label("batch"),
        *(amount.label(name) for name, amount in fish.items()),
        remaining.label("should_be_present"),
    ).select_from(Batch)
    for flow in flows.values():
        query = query.outerjoin(flow, flow.c.batch_id == Batch.id)
    return query.where(sa.or_(remaining < 0, sa.and_(remaining != fish["present"], ~trays_left)))


def _per_batch(batch: sa.SQLColumnExpression[Any], amount: sa.SQLColumnExpression[Any]) -> Query:
    total = sa.func.sum(amount)
    return sa.select(batch.label("batch_id"), total.label("fish")).group_by(batch)


def transfer_totals() -> Query:
    """Select finished transfer workflows whose totals are not the sums of their actions."""
    actions = (
        sa.select(
            TransferAction.workflow_id,
            sa.func.sum(TransferAction.transferred_count).label("transferred"),
            sa.func.sum(TransferAction.mortality_during_transfer).label("dead"),
            sa.func.sum(TransferAction.transferred_biomass_kg).label("kg"),
            sa.func.count().label("actions"),
        )
        .where(TransferAction.status == DONE)
        .group_by(TransferAction.workflow_id)
        .subquery()
    )
    flow = BatchTransferWorkflow
    transferred, died = none_is_0(actions.c.transferred), none_is_0(actions.c.dead)
    done = none_is_0(actions.c.actions)
    return (
        sa.select(
            flow.workflow_number,
            flow.total_source_count,
            flow.total_transferred_count,
            flow.total_mortality_count,
            flow.total_biomass_kg,
            flow.actions_completed,
            transferred.label("transferred_by_actions"),
            died.label("dead_in_actions"),
            actions.c.kg.label("kg_in_actions"),
            done.label("actions"),
        )
        .outerjoin(actions, actions.c.workflow_id == flow.id)
        .where(
            flow.status == DONE,
            sa.or_(
                flow.total_transferred_count != transferred,
                flow.total_mortality_count != died,
                flow.total_source_count != transferred + died,
                flow.actions_completed != done,
                flow.total_actions_planned != done,
                differ(flow.total_biomass_kg, none_is_0(actions.c.kg), 0.0),
            ),
        )
    )


def creation_totals() -> Query:
    """Select finished creation workflows whose totals are not the sums of their actions."""
    actions = (
        sa.select(
            CreationAction.workflow_id,
            sa.func.sum(CreationAction.egg_count_planned).label("planned"),
            sa.func.sum(none_is_0(CreationAction.egg_count_actual)).label("received"),
            sa.func.sum(CreationAction.mortality_on_arrival).label("dead"),
            sa.func.count().label("actions"),
        )
        .where(CreationAction.status == DONE)
        .group_by(CreationAction.workflow_id)
        .subquery()
    )
    flow = BatchCreationWorkflow
    sums = {name: none_is_0(actions.c[name]) for name in ("planned", "received", "dead", "actions")}
    return (
        sa.select(
            flow.workflow_number,
            flow.total_eggs_planned,
            flow.total_eggs_received,
            flow.total_mortality_on_arrival,
            flow.actions_completed,
            *(total.label(f"{name}_by_actions") for name, total in sums.items()),
        )
        .outerjoin(actions, actions.c.workflow_id == flow.id)
        .where(
            flow.status == DONE,
            sa.or_(
                flow.total_eggs_planned != sums["planned"],
                flow.total_eggs_received != sums["received"],
                flow.total_mortality_on_arrival != sums["dead"],
                flow.actions_completed != sums["actions"],
                flow.total_actions != sums["actions"],
            ),
        )
    )


CHECKS = (
    hard(
        _SUBJECT,
        "fish-balance-of-a-container",
        "Fish put into a container equal its dead, moved, harvested and remaining fish.",
        container_balance,
    ),
    hard(
        _SUBJECT,
        "fish-balance-of-a-transfer",
        "A transfer action states the population of its source before, and takes no more fish.",
        transfer_balance,
    ),
    hard(
        _SUBJECT,
        "fish-balance-of-a-batch",
        "The eggs delivered of a batch equal its dead, harvested and living fish.",
        batch_balance,
    ),
    hard(
        _SUBJECT,
        "totals-of-a-transfer",
        "The totals of a transfer workflow are the sums of its actions.",
        transfer_totals,
    ),
    hard(
        _SUBJECT,
        "totals-of-a-creation",
        "The totals of a creation workflow are the sums of its egg deliveries.",
        creation_totals,
    ),
    hard(
        _SUBJECT,
        "book-count-of-an-assignment",
        "The population of an ended assignment is that at departure; in stage 1, that delivered.",
        book_count,
    ),
)
