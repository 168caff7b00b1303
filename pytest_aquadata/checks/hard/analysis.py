"""The growth analysis: one state an assignment and day, none left out."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import ActualDailyAssignmentState, Batch, BatchContainerAssignment
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
