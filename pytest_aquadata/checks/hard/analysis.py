"""Hard checks of the growth analysis: one state for each assignment and day, and projections."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from ...schema import (
    TABLES,
    ActualDailyAssignmentState,
    Batch,
    BatchContainerAssignment,
    Scenario,
    ScenarioProjection,
    later_versions,
)
from ..context import CheckContext, Query
from ..dates import day_number
from ..model import Check, Finding
from .query import NONE_OFFENDS, differ, hard, offenders

_SUBJECT = "analysis"
_KG = 0.01


def wrong_days() -> Query:
    """Select states whose day number is not the day of the batch's life, counted from 1."""
    state = ActualDailyAssignmentState
    day = day_number(state.date) - day_number(Batch.start_date) + 1
    return (
        sa.select(state.id, state.date, state.day_number, day.label("expected"))
        .join_from(state, Batch, Batch.id == state.batch_id)
        .where(state.day_number != day)
    )


def missing_days() -> Query:
    """Select assignments with a day without state between arrival and their last state."""
    state, assignment = ActualDailyAssignmentState, BatchContainerAssignment
    states, last = sa.func.count(), day_number(sa.func.max(state.date))
    days = last - day_number(assignment.assignment_date) + 1
    return (
        sa.select(assignment.id.label("assignment"), states.label("states"), days.label("days"))
        .join_from(state, assignment, assignment.id == state.assignment_id)
        .group_by(assignment.id, assignment.assignment_date)
        .having(states != days)
    )


def early_ends() -> Query:
    """Select ended assignments whose last state is not of the day before departure."""
    state, assignment = ActualDailyAssignmentState, BatchContainerAssignment
    last = day_number(sa.func.max(state.date))
    return (
        sa.select(
            assignment.id.label("assignment"), assignment.departure_date, sa.func.max(state.date)
        )
        .join_from(state, assignment, assignment.id == state.assignment_id)
        .where(assignment.departure_date.is_not(None))
        .group_by(assignment.id, assignment.departure_date)
        .having(last != day_number(assignment.departure_date) - 1)
    )


def broken_projections() -> Query:
    """Select scenarios whose projection is not one row a day from the first day to the last."""
    row = ScenarioProjection
    return _broken(
        sa.select(
            row.scenario_id, row.scenario_id.label("run"), row.projection_date, row.day_number
        )
    )


def broken_runs() -> Query:
    """Select the same for schemas in which a projection belongs to a run of its scenario."""
    row, run = later_versions.PROJECTIONS.c, later_versions.PROJECTION_RUNS.c
    return _broken(
        sa.select(
            run.scenario_id, run.run_id.label("run"), row.projection_date, row.day_number
        ).join_from(
            later_versions.PROJECTION_RUNS,
            later_versions.PROJECTIONS,
            row.projection_run_id == run.run_id,
        )
    )


def _broken(projected: Query) -> Query:
    row = projected.subquery("projected").c
    first = day_number(sa.func.min(row.projection_date))
    last = day_number(sa.func.max(row.projection_date))
    starts = day_number(Scenario.start_date)
    days = sa.func.count(sa.distinct(row.day_number))
    return (
        sa.select(
            Scenario.scenario_id.label("scenario"), Scenario.duration_days, days.label("days")
        )
        .join(row.scenario_id.table, row.scenario_id == Scenario.scenario_id)
        .group_by(row.run, Scenario.scenario_id, Scenario.duration_days, Scenario.start_date)
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
    """Select batches pinned to a scenario of another batch."""
    return (
        sa.select(Batch.id, Batch.pinned_scenario_id, Scenario.batch_id.label("scenario_of"))
        .join_from(Batch, Scenario, Scenario.scenario_id == Batch.pinned_scenario_id)
        .where(Scenario.batch_id != Batch.id)
    )


def pinned_to_runs_elsewhere() -> Query:
    """Select the same for schemas in which a batch is pinned to a run of a scenario."""
    batch, run = later_versions.BATCHES.c, later_versions.PROJECTION_RUNS.c
    return (
        sa.select(batch.id, run.scenario_id, Scenario.batch_id.label("scenario_of"))
        .join_from(
            later_versions.BATCHES,
            later_versions.PROJECTION_RUNS,
            run.run_id == batch.pinned_projection_run_id,
        )
        .join(Scenario, Scenario.scenario_id == run.scenario_id)
        .where(Scenario.batch_id != batch.id)
    )


def _by_schema(
    name: str, description: str, plain: Callable[[], Query], with_runs: Callable[[], Query]
) -> Check:
    """Return a hard check with another query for schemas that have runs of scenarios."""
    measure = partial(_offenders_by_schema, plain, with_runs=with_runs)
    return Check(name, _SUBJECT, description, "hard", NONE_OFFENDS, measure)


def _offenders_by_schema(
    plain: Callable[[], Query], context: CheckContext, *, with_runs: Callable[[], Query]
) -> Finding:
    is_ours = context.has_column(TABLES["batch_batch"].c.pinned_scenario_id)
    return offenders(plain if is_ours else with_runs, context)


def wrong_stages() -> Query:
    """Select states with another stage than their assignment."""
    state, assignment = ActualDailyAssignmentState, BatchContainerAssignment
    return (
        sa.select(
            state.id, state.lifecycle_stage_id, assignment.lifecycle_stage_id.label("expected")
        )
        .join_from(state, assignment, assignment.id == state.assignment_id)
        .where(state.lifecycle_stage_id != assignment.lifecycle_stage_id)
    )


def wrong_biomass() -> Query:
    """Select states whose biomass is not population times mean weight."""
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
        "The day number of a state is the day of the batch's life, counted from 1.",
        wrong_days,
    ),
    hard(
        _SUBJECT,
        "days-of-the-growth-analysis",
        "An analysed assignment has a state for every day from its arrival on.",
        missing_days,
    ),
    hard(
        _SUBJECT,
        "end-of-the-growth-analysis",
        "The last state of an analysed assignment that ended is of the day before departure.",
        early_ends,
    ),
    _by_schema(
        "days-of-projections",
        "A projection has one row for each day of its scenario.",
        broken_projections,
        broken_runs,
    ),
    _by_schema(
        "pinned-scenario-of-the-batch",
        "A batch is pinned to a scenario of its own or to one without a batch.",
        pinned_elsewhere,
        pinned_to_runs_elsewhere,
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
