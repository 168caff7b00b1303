"""Hard checks of biomass: a count times a mean weight, to the rounding of stored decimals."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    BatchContainerAssignment,
    FeedingEvent,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
)
from ..context import Query
from .flows import DONE, placed
from .query import differ, hard, none_is_0, rounded

_SUBJECT = "biomass"
_KG = 0.01
"""Smallest step of a stored biomass."""


def of_assignments() -> Query:
    """Select assignments whose biomass is not population times mean weight."""
    assignment = BatchContainerAssignment
    expected = assignment.population_count * assignment.avg_weight_g / 1000.0
    return sa.select(
        assignment.id.label("assignment"),
        assignment.population_count,
        assignment.avg_weight_g,
        assignment.biomass_kg,
        expected.label("expected_kg"),
    ).where(assignment.avg_weight_g.is_not(None), differ(assignment.biomass_kg, expected, _KG))


def of_transfers() -> Query:
    """Select transfer actions whose biomass is not count times the mean weight of their source.

    First-stage assignments are left out: they keep the weight at delivery.
    """
    source = BatchContainerAssignment
    expected = TransferAction.transferred_count * source.avg_weight_g / 1000.0
    return (
        sa.select(
            TransferAction.id.label("action"),
            TransferAction.transferred_count,
            source.avg_weight_g,
            TransferAction.transferred_biomass_kg,
            expected.label("expected_kg"),
        )
        .join(source, source.id == TransferAction.source_assignment_id)
        .join(LifeCycleStage, LifeCycleStage.id == source.lifecycle_stage_id)
        .where(
            TransferAction.status == DONE,
            TransferAction.selection_method == "AVERAGE",
            LifeCycleStage.order > 1,
            source.departure_date == TransferAction.actual_execution_date,
            differ(TransferAction.transferred_biomass_kg, expected, _KG),
        )
    )


def of_meals() -> Query:
    """Select days on which two meals of an assignment state different biomasses."""
    least = sa.func.min(FeedingEvent.batch_biomass_kg)
    most = sa.func.max(FeedingEvent.batch_biomass_kg)
    return (
        sa.select(
            FeedingEvent.batch_assignment_id.label("assignment"),
            FeedingEvent.feeding_date,
            least.label("least_kg"),
            most.label("most_kg"),
        )
        .where(FeedingEvent.batch_assignment_id.is_not(None))
        .group_by(FeedingEvent.batch_assignment_id, FeedingEvent.feeding_date)
        .having(least != most)
    )


def of_deaths() -> Query:
    """Select deaths whose mean weight is not that of the fish fed on the same day.

    The mean weight in a meal (biomass over the fish alive that morning) and in a death (biomass
    over dead fish) differ only by the rounding of the two biomasses. Days without meals, and days
    on which fish arrive or leave, are not compared.
    """
    deaths, arrived, calm = _deaths(), placed(), _undisturbed()
    meals = (
        sa.select(
            FeedingEvent.batch_assignment_id.label("assignment_id"),
            FeedingEvent.feeding_date.label("day"),
            sa.func.max(FeedingEvent.batch_biomass_kg).label("kg"),
        )
        .group_by(FeedingEvent.batch_assignment_id, FeedingEvent.feeding_date)
        .cte("meals")
    )
    alive = arrived.c.fish - none_is_0(deaths.c.before)
    expected = deaths.c.fish * meals.c.kg / alive
    allowed = rounded(_KG) * (1 + deaths.c.fish / alive) + 1e-6
    return (
        sa.select(
            deaths.c.id.label("mortality_event"),
            deaths.c.assignment_id.label("assignment"),
            deaths.c.day,
            deaths.c.fish.label("dead"),
            deaths.c.kg.label("biomass_kg"),
            expected.label("expected_kg"),
        )
        .select_from(deaths)
        .join(
            meals,
            sa.and_(meals.c.assignment_id == deaths.c.assignment_id, meals.c.day == deaths.c.day),
        )
        .join(arrived, arrived.c.assignment_id == deaths.c.assignment_id)
        .join(calm, calm.c.assignment_id == deaths.c.assignment_id)
        .where(
            deaths.c.day >= calm.c.since,
            sa.or_(calm.c.until.is_(None), deaths.c.day < calm.c.until),
            alive > 0,
            sa.func.abs(deaths.c.kg - expected) > allowed,
        )
    )


def _deaths() -> sa.Subquery:
    """Select mortality events with the deaths of their assignment on earlier days."""
    by_day = sa.func.sum(MortalityEvent.count).over(
        partition_by=MortalityEvent.assignment_id,
        order_by=MortalityEvent.event_date,
    )
    on_day = sa.func.sum(MortalityEvent.count).over(
        partition_by=(MortalityEvent.assignment_id, MortalityEvent.event_date)
    )
    return (
        sa.select(
            MortalityEvent.id,
            MortalityEvent.assignment_id,
            MortalityEvent.event_date.label("day"),
            MortalityEvent.count.label("fish"),
            MortalityEvent.biomass_kg.label("kg"),
            (by_day - on_day).label("before"),
        )
        .where(MortalityEvent.assignment_id.is_not(None))
        .subquery("deaths")
    )


def _undisturbed() -> sa.Subquery:
    """Select the days of each assignment from its last arrival to its first departure of fish."""
    last_arrival = sa.func.max(TransferAction.actual_execution_date)
    arrived = (
        sa.select(TransferAction.dest_assignment_id.label("id"), last_arrival.label("day"))
        .group_by(TransferAction.dest_assignment_id)
        .subquery("arrived")
    )
    first_move = sa.func.min(TransferAction.actual_execution_date)
    moved_out = (
        sa.select(TransferAction.source_assignment_id.label("id"), first_move.label("day"))
        .group_by(TransferAction.source_assignment_id)
        .subquery("went")
    )
    assignment = BatchContainerAssignment
    return (
        sa.select(
            assignment.id.label("assignment_id"),
            sa.func.coalesce(arrived.c.day, assignment.assignment_date).label("since"),
            sa.func.coalesce(moved_out.c.day, assignment.departure_date).label("until"),
        )
        .select_from(assignment)
        .outerjoin(arrived, arrived.c.id == assignment.id)
        .outerjoin(moved_out, moved_out.c.id == assignment.id)
        .subquery("undisturbed")
    )


CHECKS = (
    hard(
        _SUBJECT,
        "biomass-of-an-assignment",
        "The biomass of an assignment is its count times its mean weight, to 10 g.",
        of_assignments,
    ),
    hard(
        _SUBJECT,
        "biomass-of-a-transfer",
        "The biomass of a transfer is its count times the mean weight of its source, to 10 g.",
        of_transfers,
    ),
    hard(
        _SUBJECT,
        "biomass-of-a-meal",
        "All meals of a day in one container state the same biomass.",
        of_meals,
    ),
    hard(
        _SUBJECT,
        "biomass-of-a-death",
        "The mean weight of dead fish is that of the fish fed on the same day, but for rounding.",
        of_deaths,
    ),
)
