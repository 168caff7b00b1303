"""The growth analysis: one state an assignment and day, one projection a scenario and day."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    ActualDailyAssignmentState,
    Batch,
    BatchContainerAssignment,
    Scenario,
    ScenarioProjection,
)
from ..dates import day_number
from ..evidence import Query
from .query import differ, hard

_SUBJECT = "analysis"
_KG = 0.01


def wrong_days() -> Query:
    """States whose day number is not their day of the batch's life, from 1."""
    state = ActualDailyAssignmentState
    day = day_number(state.date) - day_number(Batch.start_date) + 1
    return (
        sa.select(state.id, state.date, state.day_number, day.label("expected"))
        .join_from(state, Batch, Batch.id == state.batch_id)
        .where(state.day_number != day)
    )


def missing_days() -> Query:
    """Assignments of which days between arrival and the last state have none."""
    state, one = ActualDailyAssignmentState, BatchContainerAssignment
    states, last = sa.func.count(), day_number(sa.func.max(state.date))
    days = last - day_number(one.assignment_date) + 1
    return (
        sa.select(one.id.label("assignment"), states.label("states"), days.label("days"))
        .join_from(state, one, one.id == state.assignment_id)
        .group_by(one.id, one.assignment_date)
        .having(states != days)
    )


def early_ends() -> Query:
    """Assignments that ended and whose last state is not of the day before."""
    state, one = ActualDailyAssignmentState, BatchContainerAssignment
    last = day_number(sa.func.max(state.date))
    return (
        sa.select(one.id.label("assignment"), one.departure_date, sa.func.max(state.date))
        .join_from(state, one, one.id == state.assignment_id)
        .where(one.departure_date.is_not(None))
        .group_by(one.id, one.departure_date)
        .having(last != day_number(one.departure_date) - 1)
    )


def broken_projections() -> Query:
    """Scenarios whose projection is not one row a day from the first day to the last."""
    row = ScenarioProjection
    first = day_number(sa.func.min(row.projection_date))
    last = day_number(sa.func.max(row.projection_date))
    starts = day_number(Scenario.start_date)
    days = sa.func.count(sa.distinct(row.day_number))
    return (
        sa.select(
            Scenario.scenario_id.label("scenario"), Scenario.duration_days, days.label("days")
        )
        .join_from(row, Scenario, Scenario.scenario_id == row.scenario_id)
        .group_by(Scenario.scenario_id, Scenario.duration_days, Scenario.start_date)
        .having(
            sa.or_(
                sa.func.count() != Scenario.duration_days,
                days != Scenario.duration_days,
                first != starts,
                last != starts + Scenario.duration_days - 1,
            )
        )
    )


def pinned_elsewhere() -> Query:
    """Batches pinned to a scenario of another batch."""
    return (
        sa.select(Batch.id, Batch.pinned_scenario_id, Scenario.batch_id.label("scenario_of"))
        .join_from(Batch, Scenario, Scenario.scenario_id == Batch.pinned_scenario_id)
        .where(Scenario.batch_id != Batch.id)
    )


def wrong_stages() -> Query:
    """States of another stage than their assignment's."""
    state, one = ActualDailyAssignmentState, BatchContainerAssignment
    return (
        sa.select(state.id, state.lifecycle_stage_id, one.lifecycle_stage_id.label("expected"))
        .join_from(state, one, one.id == state.assignment_id)
        .where(state.lifecycle_stage_id != one.lifecycle_stage_id)
    )


def wrong_biomass() -> Query:
    """States whose biomass is not their population times their mean weight."""
    state = ActualDailyAssignmentState
    expected = state.population * state.avg_weight_g / 1000.0
    return sa.select(
        state.id,
        state.population,
        state.avg_weight_g,
        state.biomass_kg,
        expected.label("expected_kg"),
    ).where(differ(state.biomass_kg, expected, _KG))


CHECKS = (
    hard(
        _SUBJECT,
        "day-numbers-of-the-growth-analysis",
        "A state of the growth analysis numbers its day of the batch's life from 1.",
        wrong_days,
    ),
    hard(
        _SUBJECT,
        "days-of-the-growth-analysis",
        "An assignment that is analysed has a state for every day from its arrival on.",
        missing_days,
    ),
    hard(
        _SUBJECT,
        "end-of-the-growth-analysis",
        "An assignment that ended and is analysed has its last state on the day before.",
        early_ends,
    ),
    hard(
        _SUBJECT,
        "days-of-projections",
        "A projection has one row for each day of its scenario.",
        broken_projections,
    ),
    hard(
        _SUBJECT,
        "pinned-scenario-of-the-batch",
        "A batch is pinned to a scenario of its own, or to one of no batch.",
        pinned_elsewhere,
    ),
    hard(
        _SUBJECT,
        "stages-of-the-growth-analysis",
        "A state of the growth analysis has the stage of its assignment.",
        wrong_stages,
    ),
    hard(
        _SUBJECT,
        "biomass-of-the-growth-analysis",
        "The biomass of a state is its population times its mean weight, to 10 g.",
        wrong_biomass,
    ),
)
