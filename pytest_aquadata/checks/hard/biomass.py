"""Biomass is always a count times a mean weight, as closely as the stored decimals can tell."""

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
    """Assignments whose biomass is not their count times their mean weight."""
    one = BatchContainerAssignment
    expected = one.population_count * one.avg_weight_g / 1000.0
    return sa.select(
        one.id.label("assignment"),
        one.population_count,
        one.avg_weight_g,
        one.biomass_kg,
        expected.label("expected_kg"),
    ).where(one.avg_weight_g.is_not(None), differ(one.biomass_kg, expected, _KG))


def of_transfers() -> Query:
    """Transfer actions whose biomass is not their count times the book weight of their source.

    The book of a first-stage assignment shows the weight as delivered, so those are left out.
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
    """Days on which two meals in one container were reckoned for different biomasses."""
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
    """Deaths whose mean weight is not that of the fish fed on the same day.

    The fish of an assignment weigh the same in its meals (biomass over the fish alive that
    morning) and in its deaths (biomass over the dead), but for the rounding of the two biomasses.
    Days without meals, and those on which fish come or go, tell nothing.
    """
    deaths, came, still = _deaths(), placed(), _undisturbed()
    meals = (
        sa.select(
            FeedingEvent.batch_assignment_id.label("assignment_id"),
            FeedingEvent.feeding_date.label("day"),
            sa.func.max(FeedingEvent.batch_biomass_kg).label("kg"),
        )
        .group_by(FeedingEvent.batch_assignment_id, FeedingEvent.feeding_date)
        .cte("meals")
    )
    alive = came.c.fish - none_is_0(deaths.c.before)
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
        .join(came, came.c.assignment_id == deaths.c.assignment_id)
        .join(still, still.c.assignment_id == deaths.c.assignment_id)
        .where(
            deaths.c.day >= still.c.since,
            sa.or_(still.c.until.is_(None), deaths.c.day < still.c.until),
            alive > 0,
            sa.func.abs(deaths.c.kg - expected) > allowed,
        )
    )


def _deaths() -> sa.Subquery:
    """Mortality events, with the fish that died in their assignment on the days before."""
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
    """From when until when no fish came to an assignment or went."""
    came = sa.func.max(TransferAction.actual_execution_date)
    arrived = (
        sa.select(TransferAction.dest_assignment_id.label("id"), came.label("day"))
        .group_by(TransferAction.dest_assignment_id)
        .subquery("arrived")
    )
    went = sa.func.min(TransferAction.actual_execution_date)
    left = (
        sa.select(TransferAction.source_assignment_id.label("id"), went.label("day"))
        .group_by(TransferAction.source_assignment_id)
        .subquery("went")
    )
    one = BatchContainerAssignment
    return (
        sa.select(
            one.id.label("assignment_id"),
            sa.func.coalesce(arrived.c.day, one.assignment_date).label("since"),
            sa.func.coalesce(left.c.day, one.departure_date).label("until"),
        )
        .select_from(one)
        .outerjoin(arrived, arrived.c.id == one.id)
        .outerjoin(left, left.c.id == one.id)
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
        "The biomass of a transfer is its count times the book weight of its source, to 10 g.",
        of_transfers,
    ),
    hard(
        _SUBJECT,
        "biomass-of-a-meal",
        "All meals of a day in one container are reckoned for the same biomass.",
        of_meals,
    ),
    hard(
        _SUBJECT,
        "biomass-of-a-death",
        "Fish that die weigh what the fish fed on the same day weigh, but for rounding.",
        of_deaths,
    ),
)
