"""Growth analysis of a finished database, one batch per transaction."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.metadata_table import read_metadata
from ..databases.urls import database_location
from ..errors import StoreError
from ..jobs.progress import Progress, Silent
from ..lifecycle.columns import Columns
from ..lifecycle.days import day_number
from ..lifecycle.growth_analysis.analyse import analyse
from ..lifecycle.growth_analysis.column_access import NO_KEY
from ..lifecycle.growth_analysis.daily_records import temperature_parameters
from ..lifecycle.growth_analysis.model_reader import MODEL_TABLES, library_from_tables
from ..lifecycle.growth_analysis.observations import Observations
from ..lifecycle.growth_analysis.projection import project
from ..lifecycle.growth_analysis.report import BatchGrowth, GrowthReport
from ..lifecycle.growth_analysis.result_columns import (
    PROJECTIONS,
    projection_columns,
    scenario_columns,
)
from ..lifecycle.growth_analysis.scenarios import (
    GrowthScenario,
    is_forecast,
    own_scenario,
    scenario_of_batch,
    scenarios_from_tables,
    supplier_name,
)
from ..provenance.growth_record import GrowthRecord
from ..schema import TABLES
from ..text import mask_password
from .batch_contexts import BatchContexts
from .recorded_data import RecordedData, prepare_connection, read_tables
from .result_tables import ResultTables

_GEOGRAPHIES = """
    SELECT c.id, g.name FROM infrastructure_container c
    LEFT JOIN infrastructure_hall h ON h.id = c.hall_id
    LEFT JOIN infrastructure_freshwaterstation s ON s.id = h.freshwater_station_id
    LEFT JOIN infrastructure_area a ON a.id = c.area_id
    JOIN infrastructure_geography g ON g.id = coalesce(s.geography_id, a.geography_id)"""


def grow(
    database: str | sa.Engine,
    batches: Collection[str] | None = None,
    since: date | None = None,
    progress: Progress | None = None,
    as_of: date | None = None,
) -> GrowthReport:
    """Recalculate the daily states of batches and the projections of their scenarios.

    Rows that do not change keep their primary keys and values.

    Args:
        database: any database with the schema, or its URL.
        batches: batch numbers; all if None.
        since: first day whose states are replaced; batches that ended before it are skipped.
        progress: receives the phase and the number of finished batches.
        as_of: today; if None the day of the build, or, in a database of others, the last day with
            records of the build's batches, and of the others.

    Raises:
        StoreError: if the database cannot be used, or has no batch of a number.
    """
    started, progress = time.perf_counter(), progress or Silent()
    if isinstance(database, sa.Engine):
        engine, name = database, mask_password(str(database.url))
    else:
        location = database_location(database)
        engine, name = location.engine(writable=True), location.display_name
    analysed: list[BatchGrowth] = []
    try:
        with as_store_errors(f"cannot analyse {name}"), engine.connect() as connection:
            prepare_connection(connection)
            database_growth = _read_database(connection, as_of)
            keys = _selected_batches(connection, name, batches, since)
            connection.commit()
            progress.phase("growth")
            for key in keys:
                with connection.begin():
                    analysed.append(_analyse_batch(database_growth, key, since))
                written = sum(batch.states + batch.projections for batch in analysed)
                progress.batches(len(analysed), len(keys), written)
            if batches is None:
                with connection.begin():
                    _project_scenarios_without_batch(database_growth)
    finally:
        progress.close()
        if engine is not database:
            engine.dispose()
    seconds = time.perf_counter() - started
    return GrowthReport(
        database_growth.contexts.today, tuple(analysed), database_growth.notes, seconds
    )


@dataclass(frozen=True)
class _DatabaseGrowth:
    """Data and tables that the analyses of all batches use.

    Attributes:
        contexts: today, models and owner of new scenarios, by batch.
        scenarios: scenarios by primary key; new ones are added.
        geographies: name of the geography by primary key of a container.
        suppliers: names of egg suppliers by primary key.
        notes: remarks for the report.
        recorded_data: reads the observations of batches.
        result_tables: writes states and projections.
        record: records them as written by aquadata.
    """

    contexts: BatchContexts
    scenarios: dict[int, GrowthScenario]
    geographies: Mapping[int, str]
    suppliers: Mapping[int, str]
    notes: tuple[str, ...]
    recorded_data: RecordedData
    result_tables: ResultTables
    record: GrowthRecord


def _read_database(connection: sa.Connection, as_of: date | None) -> _DatabaseGrowth:
    def names(query: str) -> dict[int, str]:
        return dict(tuple(row) for row in connection.execute(sa.text(query)))

    tables = read_tables(connection, dict.fromkeys(MODEL_TABLES))
    parameter_names = names("SELECT id, name FROM environmental_environmentalparameter")
    parameters, notes = temperature_parameters(parameter_names)
    metadata = read_metadata(connection)
    result_tables = ResultTables(connection)
    return _DatabaseGrowth(
        contexts=BatchContexts(connection, metadata, library_from_tables(tables), as_of),
        scenarios=scenarios_from_tables(tables),
        geographies=names(_GEOGRAPHIES),
        suppliers=names("SELECT id, name FROM broodstock_eggsupplier"),
        notes=notes,
        recorded_data=RecordedData(connection, parameters, result_tables),
        result_tables=result_tables,
        record=GrowthRecord(connection, metadata),
    )


def _selected_batches(
    connection: sa.Connection, database: str, numbers: Collection[str] | None, since: date | None
) -> list[int]:
    """Return the primary keys of the batches to analyse, ordered by start date."""
    batch = TABLES["batch_batch"].c
    assignment = TABLES["batch_batchcontainerassignment"].c
    query = sa.select(batch.id, batch.batch_number).order_by(batch.start_date, batch.id)
    key_by_number = {number: key for key, number in connection.execute(query)}
    if unknown := sorted(set(numbers or ()) - key_by_number.keys()):
        raise StoreError(f"{database} has no batch {', '.join(unknown)}")
    present = set(key_by_number.values())
    if since is not None:
        lasts = assignment.departure_date.is_(None) | (assignment.departure_date > since)
        present = set(connection.execute(sa.select(assignment.batch_id).where(lasts)).scalars())
    selected = key_by_number.keys() if numbers is None else set(numbers)
    return [key for number, key in key_by_number.items() if number in selected and key in present]


def _analyse_batch(growth: _DatabaseGrowth, batch: int, since: date | None) -> BatchGrowth:
    """Analyse one batch; write the results, and what they are, in the open transaction."""
    tables, known = growth.result_tables, set(growth.scenarios)
    changed = growth.record.changed_tables(batch, with_states=since is not None)
    before = tables.written
    report, projected = _write_analysis(growth, batch, since)
    if tables.written > before:
        inserted = growth.scenarios.keys() - known
        own = growth.record.scenarios(batch) or frozenset()
        if own <= projected:
            changed = {table: keys for table, keys in changed.items() if table != PROJECTIONS}
        growth.record.write(batch, inserted, changed)
    return report


def _write_analysis(
    growth: _DatabaseGrowth, batch: int, since: date | None
) -> tuple[BatchGrowth, set[int]]:
    """Analyse one batch and write the results; return the report and the projected scenarios."""
    context = growth.contexts.of(batch)
    observations = growth.recorded_data.of(batch, context.today)
    pinned = scenario_of_batch(observations, growth.scenarios)
    pinned = pinned or _insert_own_scenario(growth, observations)
    others = [
        scenario
        for scenario in growth.scenarios.values()
        if scenario.plan.batch == batch
        and scenario != pinned
        and not is_forecast(scenario, observations)
    ]
    first_day = None if since is None else day_number(since)
    analysis = analyse(observations, context.library, pinned, others, first_day)
    growth.result_tables.replace_states(batch, analysis.states, since)
    projected = set(analysis.projections)
    for key, rows in analysis.projections.items():
        growth.result_tables.replace_projections(key, rows)
    if pinned is not None and observations.batch.scenario is None:
        growth.result_tables.pin(batch, pinned.id)
    if analysis.forecast is not None:
        key = _save_forecast_scenario(growth, observations, analysis.forecast.scenario)
        rows = projection_columns(analysis.forecast.projection, key, context.today)
        growth.result_tables.replace_projections(key, rows)
        projected.add(key)
    return analysis.report, projected


def _project_scenarios_without_batch(growth: _DatabaseGrowth) -> None:
    context = growth.contexts.others
    for scenario in growth.scenarios.values():
        if scenario.plan.batch is None:
            projection = project(scenario.plan, scenario.phases(context.library))
            rows = projection_columns(projection, scenario.id, context.today)
            growth.result_tables.replace_projections(scenario.id, rows)


def _insert_own_scenario(
    growth: _DatabaseGrowth, observations: Observations
) -> GrowthScenario | None:
    """Insert a batch's own plan; return None if the database lacks the models for one."""
    containers = observations.assignments.containers
    geography = growth.geographies.get(int(containers[0]), "") if len(containers) else ""
    scenario = own_scenario(
        observations, growth.contexts.of(observations.batch.id).library, geography, NO_KEY
    )
    if not scenario.choice.is_complete:
        return None
    return _insert_scenario(growth, observations, scenario)


def _save_forecast_scenario(
    growth: _DatabaseGrowth, observations: Observations, forecast: GrowthScenario
) -> int:
    """Insert a batch's forecast, or update the existing one; return its primary key."""
    own = growth.record.scenarios(observations.batch.id)
    existing = [
        scenario
        for scenario in growth.scenarios.values()
        if is_forecast(scenario, observations) and (own is None or scenario.id in own)
    ]
    if not existing:
        return _insert_scenario(growth, observations, forecast).id
    first = min(existing, key=lambda scenario: scenario.id)
    if (first.plan, first.choice) != (forecast.plan, forecast.choice):
        growth.result_tables.update_scenario(
            first.id, _scenario_row(growth, observations, forecast, supplier="")
        )
    return first.id


def _insert_scenario(
    growth: _DatabaseGrowth, observations: Observations, scenario: GrowthScenario
) -> GrowthScenario:
    """Insert a scenario of a batch and return it with its primary key."""
    supplier = supplier_name(observations, growth.suppliers)
    row = _scenario_row(growth, observations, scenario, supplier)
    key = growth.result_tables.insert_scenario(observations.batch.id, row)
    scenario = replace(scenario, id=key)
    growth.scenarios[key] = scenario
    return scenario


def _scenario_row(
    growth: _DatabaseGrowth, observations: Observations, scenario: GrowthScenario, supplier: str
) -> Columns:
    context = growth.contexts.of(observations.batch.id)
    return scenario_columns(scenario, supplier, context.today, context.owner)
