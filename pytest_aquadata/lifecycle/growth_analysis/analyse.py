"""The growth analysis of one batch as rows: of a simulated batch, or of one in a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..columns import BatchTables, Columns, concatenate, integers
from ..days import day_number
from ..ids import FirstIds, take_ids
from ..plan import BatchPlan
from .assimilate import assimilate
from .daily_records import simulated_observations
from .forecast import Forecast, forecast
from .live_projection import HORIZON_DAYS, project_from_today
from .model_library import ModelLibrary
from .observations import Observations
from .projection import Projection, project
from .report import BatchGrowth, batch_growth
from .result_columns import (
    PROJECTIONS,
    SCENARIOS,
    STATES,
    projection_columns,
    scenario_columns,
    state_columns,
)
from .scenarios import Scenario, forecast_name, own_scenario, supplier_name


@dataclass(frozen=True)
class Analysis:
    """What the growth analysis of a batch comes to.

    Attributes:
        states: rows of its daily states, numbered from 1.
        projections: rows of the projections of its scenarios, numbered from 1, by scenario.
        forecast: its live projection; None if it is over, has no scenario or is pinned to it.
        report: what to say of it.
    """

    states: Columns
    projections: Mapping[int, Columns]
    forecast: Forecast | None
    report: BatchGrowth


def analyse(
    observations: Observations,
    library: ModelLibrary,
    pinned: Scenario | None,
    others: Iterable[Scenario] = (),
    since: int | None = None,
) -> Analysis:
    """Analyse a batch.

    Args:
        observations: what is known of it.
        library: the models of the database.
        pinned: the scenario it is compared with, whose models are used; None if it has none.
        others: further scenarios of the batch, to be projected too.
        since: leave out states of days before this one.
    """
    choice = pinned.choice if pinned else library.choose("", observations.batch.start_day)
    models = library.models(choice)
    found = assimilate(observations, models)
    rows = state_columns(observations, found, since=since)
    plans: dict[int, Projection] = {}
    for scenario in (*((pinned,) if pinned else ()), *others):
        plan = replace(scenario.plan, species=observations.batch.species)
        plans[scenario.id] = project(plan, scenario.phases(library))
    forward = (
        None if observations.batch.is_over else project_from_today(observations, found, models)
    )
    ahead = None
    if pinned and forward and pinned.name != forecast_name(observations):
        ahead = forecast(observations, pinned, forward)
    projected = sum(map(len, plans.values())) + (len(ahead.projection) if ahead else 0)
    return Analysis(
        states=rows,
        projections={
            key: projection_columns(plan, key, observations.as_of) for key, plan in plans.items()
        },
        forecast=ahead,
        report=batch_growth(
            observations,
            found,
            (len(rows), projected),
            plans[pinned.id] if pinned else None,
            forward,
        ),
    )


def growth_tables(
    tables: BatchTables,
    library: ModelLibrary,
    first_ids: FirstIds,
    *,
    geography: str,
    parameter: int,
    suppliers: Mapping[int, str],
    as_of: int,
) -> BatchTables:
    """Rows of a simulated batch's states, scenarios and projections; the batch pinned to its plan.

    Args:
        tables: the rows of the batch's history.
        library: the models of the database.
        first_ids: where the batch's ranges of primary keys start.
        geography: name of the batch's geography.
        parameter: primary key of the environmental parameter for temperature.
        suppliers: names of the egg suppliers, by primary key.
        as_of: today.
    """
    observations = simulated_observations(tables, parameter, as_of)
    plan = own_scenario(observations, library, geography, first_ids[SCENARIOS])
    found = analyse(observations, library, plan if plan.choice.is_complete else None)
    made = {STATES: _numbered(found.states, STATES, "id", first_ids)}
    if not plan.choice.is_complete:
        return made
    scenarios, projections = [plan], [found.projections[plan.id]]
    if found.forecast is not None:
        ahead = replace(found.forecast.scenario, id=plan.id + 1)
        scenarios.append(ahead)
        projections.append(projection_columns(found.forecast.projection, ahead.id, as_of))
    supplier = supplier_name(observations, suppliers)
    return {
        **made,
        SCENARIOS: concatenate([scenario_columns(one, supplier, as_of) for one in scenarios]),
        PROJECTIONS: _numbered(concatenate(projections), PROJECTIONS, "projection_id", first_ids),
        "batch_batch": tables["batch_batch"].with_columns(pinned_scenario_id=integers([plan.id])),
    }


def _numbered(rows: Columns, table: str, key: str, first_ids: FirstIds) -> Columns:
    return rows.with_columns(**{key: integers(take_ids(first_ids, table, len(rows)))})


def analysis_capacity(plan: BatchPlan, as_of: int) -> dict[str, int]:
    """The most rows that the growth analysis of a batch can have by `as_of`, by table.

    Args:
        plan: of a batch begun by then.
        as_of: today.
    """
    starts, ends = day_number(plan.starts), day_number(plan.ends)
    active = ends > as_of
    states = 0
    for stay in plan.stays:
        days = min(day_number(stay.leaves), as_of + 1) - day_number(stay.arrives)
        states += len(stay.places) * max(days, 0)
    return {
        STATES: states,
        SCENARIOS: 1 + active,
        PROJECTIONS: max(ends - starts, 1) + active * HORIZON_DAYS,
    }
