"""Growth analysis of one batch: of a simulated batch, or of one in a database."""

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
from .scenarios import GrowthScenario, forecast_name, own_scenario, supplier_name


@dataclass(frozen=True)
class Analysis:
    """Results of the growth analysis of a batch.

    Attributes:
        states: rows of its daily states, with primary keys from 1.
        projections: rows of its scenarios' projections, with primary keys from 1, by scenario.
        forecast: its live projection; None if it is over, has no scenario or is pinned to it.
        report: report on it.
    """

    states: Columns
    projections: Mapping[int, Columns]
    forecast: Forecast | None
    report: BatchGrowth


def analyse(
    observations: Observations,
    library: ModelLibrary,
    pinned: GrowthScenario | None,
    others: Iterable[GrowthScenario] = (),
    since: int | None = None,
) -> Analysis:
    """Return the growth analysis of a batch.

    Args:
        observations: recorded data of the batch.
        library: the models of the database.
        pinned: the scenario whose models are used; None if it has none.
        others: further scenarios of the batch to project.
        since: first day of the returned states; all if None.
    """
    choice = pinned.choice if pinned else library.choose("", observations.batch.start_day)
    models = library.models(choice)
    states = assimilate(observations, models)
    rows = state_columns(observations, states, since=since)
    projections: dict[int, Projection] = {}
    for scenario in (*((pinned,) if pinned else ()), *others):
        plan = replace(scenario.plan, species=observations.batch.species)
        projections[scenario.id] = project(plan, scenario.phases(library))
    live = None if observations.batch.is_over else project_from_today(observations, states, models)
    live_scenario = None
    if pinned and live and pinned.name != forecast_name(observations):
        live_scenario = forecast(observations, pinned, live)
    projected = sum(map(len, projections.values()))
    projected += len(live_scenario.projection) if live_scenario else 0
    return Analysis(
        states=rows,
        projections={
            key: projection_columns(projection, key, observations.as_of)
            for key, projection in projections.items()
        },
        forecast=live_scenario,
        report=batch_growth(
            observations,
            states,
            (len(rows), projected),
            projections[pinned.id] if pinned else None,
            live,
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
    owner: int,
    as_of: int,
) -> BatchTables:
    """Return the rows of a simulated batch's growth analysis, and its batch row pinned to its plan.

    Args:
        tables: rows of the batch's history.
        library: the models of the database.
        first_ids: first primary key of the batch, by table.
        geography: name of the batch's geography.
        parameter: primary key of the environmental parameter for temperature.
        suppliers: names of the egg suppliers, by primary key.
        owner: primary key of the user to whom its scenarios belong.
        as_of: today.
    """
    observations = simulated_observations(tables, parameter, as_of)
    plan = own_scenario(observations, library, geography, first_ids[SCENARIOS])
    analysis = analyse(observations, library, plan if plan.choice.is_complete else None)
    state_tables = {STATES: _with_keys(analysis.states, STATES, "id", first_ids)}
    if not plan.choice.is_complete:
        return state_tables
    scenarios, projections = [plan], [analysis.projections[plan.id]]
    if analysis.forecast is not None:
        live = replace(analysis.forecast.scenario, id=plan.id + 1)
        scenarios.append(live)
        projections.append(projection_columns(analysis.forecast.projection, live.id, as_of))
    supplier = supplier_name(observations, suppliers)
    return {
        **state_tables,
        SCENARIOS: concatenate(
            [scenario_columns(scenario, supplier, as_of, owner) for scenario in scenarios]
        ),
        PROJECTIONS: _with_keys(concatenate(projections), PROJECTIONS, "projection_id", first_ids),
        "batch_batch": tables["batch_batch"].with_columns(pinned_scenario_id=integers([plan.id])),
    }


def _with_keys(rows: Columns, table: str, key: str, first_ids: FirstIds) -> Columns:
    return rows.with_columns(**{key: integers(take_ids(first_ids, table, len(rows)))})


def analysis_capacity(plan: BatchPlan, as_of: int) -> dict[str, int]:
    """Return the greatest number of rows of a batch's growth analysis by `as_of`, by table.

    Args:
        plan: plan of a batch that has begun by then.
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
