"""Growth analysis over a finished database: states replaced batch by batch, one a transaction."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.metadata_table import read_metadata
from ..databases.urls import database_location
from ..datasets.build_metadata import manifests_by_number
from ..errors import StoreError
from ..jobs.progress import Progress, Silent
from ..lifecycle.days import day_number
from ..lifecycle.growth_analysis import result_columns, scenarios
from ..lifecycle.growth_analysis.analyse import analyse
from ..lifecycle.growth_analysis.column_access import NO_KEY, day_numbers
from ..lifecycle.growth_analysis.daily_records import temperature_parameters
from ..lifecycle.growth_analysis.model_library import ModelLibrary
from ..lifecycle.growth_analysis.model_reader import MODEL_TABLES, library_from_tables
from ..lifecycle.growth_analysis.observations import Observations
from ..lifecycle.growth_analysis.projection import project
from ..lifecycle.growth_analysis.report import BatchGrowth, GrowthReport
from ..lifecycle.growth_analysis.scenarios import Scenario
from ..schema import TABLES
from ..text import mask_password
from .recorded_data import RecordedData, prepare_connection, read_tables
from .result_tables import ResultTables

_GEOGRAPHIES = """
    SELECT c.id, g.name FROM infrastructure_container c
    LEFT JOIN infrastructure_hall h ON h.id = c.hall_id
    LEFT JOIN infrastructure_freshwaterstation s ON s.id = h.freshwater_station_id
    LEFT JOIN infrastructure_area a ON a.id = c.area_id
    JOIN infrastructure_geography g ON g.id = coalesce(s.geography_id, a.geography_id)"""
_LATEST = """
    SELECT max(assignment_date) FROM batch_batchcontainerassignment
    UNION ALL SELECT max(event_date) FROM batch_mortalityevent
    UNION ALL SELECT max(feeding_date) FROM inventory_feedingevent"""


def grow(
    database: str | sa.Engine,
    batches: Collection[str] | None = None,
    since: date | None = None,
    progress: Progress | None = None,
    as_of: date | None = None,
) -> GrowthReport:
    """Calculate the daily states of batches anew, and the projections of their scenarios.

    Args:
        database: any database with the schema, or its URL.
        batches: batch numbers; all if None.
        since: first day whose states are replaced; batches that were gone by then are left alone.
        progress: is told how far it is.
        as_of: the farm's today; that of the build, else the last day of which anything is
            recorded, if None.

    Raises:
        StoreError: when the database cannot be used, or holds no such batch.
    """
    started, tell = time.perf_counter(), progress or Silent()
    if isinstance(database, sa.Engine):
        engine, where = database, mask_password(str(database.url))
    else:
        home = database_location(database)
        engine, where = home.engine(writable=True), home.where
    grown: list[BatchGrowth] = []
    try:
        with as_store_errors(f"cannot analyse {where}"), engine.connect() as connection:
            prepare_connection(connection)
            farm = _read_farm(connection, as_of)
            chosen = _pick(connection, where, batches, since)
            connection.commit()
            tell.phase("growth")
            for batch in chosen:
                with connection.begin():
                    grown.append(_grown(farm, batch, since))
                written = sum(one.states + one.projections for one in grown)
                tell.batches(len(grown), len(chosen), written)
            with connection.begin():
                for scenario in farm.planned.values():
                    if batches is None and scenario.plan.batch is None:
                        found = project(scenario.plan, scenario.phases(farm.library))
                        rows = result_columns.projection_columns(found, scenario.id, farm.today)
                        farm.rows.replace_projections(scenario.id, rows)
    finally:
        tell.close()
        if engine is not database:
            engine.dispose()
    return GrowthReport(farm.today, tuple(grown), farm.notes, time.perf_counter() - started)


@dataclass(frozen=True)
class _Farm:
    """What all batches share."""

    today: int
    library: ModelLibrary
    planned: dict[int, Scenario]
    geographies: Mapping[int, str]
    suppliers: Mapping[int, str]
    notes: tuple[str, ...]
    records: RecordedData
    rows: ResultTables


def _read_farm(connection: sa.Connection, as_of: date | None) -> _Farm:
    def pairs(query: str) -> dict[int, str]:
        return dict(tuple(row) for row in connection.execute(sa.text(query)))

    tables = read_tables(connection, dict.fromkeys(MODEL_TABLES))
    called = pairs("SELECT id, name FROM environmental_environmentalparameter")
    parameters, notes = temperature_parameters(called)
    today = _today(connection) if as_of is None else day_number(as_of)
    rows = ResultTables(connection)
    return _Farm(
        today=today,
        library=library_from_tables(tables),
        planned=scenarios.scenarios_from_tables(tables),
        geographies=pairs(_GEOGRAPHIES),
        suppliers=pairs("SELECT id, name FROM broodstock_eggsupplier"),
        notes=notes,
        records=RecordedData(connection, parameters, rows, today),
        rows=rows,
    )


def _today(connection: sa.Connection) -> int:
    """The farm's today: that of the builds; beside records of others, the last day of these."""
    manifests = list(manifests_by_number(read_metadata(connection)).values())
    built = max((day_number(date.fromisoformat(one.as_of)) for one in manifests), default=0)
    if manifests and not any(one.is_append_build for one in manifests):
        return built
    latest = [day for day in connection.execute(sa.text(_LATEST)).scalars() if day is not None]
    return max(built, int(day_numbers(latest).max(initial=0)))


def _pick(
    connection: sa.Connection, where: str, only: Collection[str] | None, since: date | None
) -> list[int]:
    """Primary keys of the batches to be recomputed, in the order of their start."""
    batch, assignments = TABLES["batch_batch"].c, TABLES["batch_batchcontainerassignment"].c
    query = sa.select(batch.id, batch.batch_number).order_by(batch.start_date, batch.id)
    held = {number: key for key, number in connection.execute(query)}
    if unknown := sorted(set(only or ()) - held.keys()):
        raise StoreError(f"{where} holds no batch {', '.join(unknown)}")
    there = set(held.values())
    if since is not None:
        lasting = assignments.departure_date.is_(None) | (assignments.departure_date > since)
        there = set(connection.execute(sa.select(assignments.batch_id).where(lasting)).scalars())
    wanted = held.keys() if only is None else set(only)
    return [key for number, key in held.items() if number in wanted and key in there]


def _grown(farm: _Farm, batch: int, since: date | None) -> BatchGrowth:
    """Recompute one batch within the transaction that is open."""
    observations = farm.records.of(batch)
    pinned = scenarios.scenario_of_batch(observations, farm.planned)
    pinned = pinned or _enter(farm, observations)
    others = [
        one
        for one in farm.planned.values()
        if one.plan.batch == batch
        and one != pinned
        and not scenarios.is_forecast(one, observations)
    ]
    found = analyse(
        observations, farm.library, pinned, others, day_number(since) if since else None
    )
    farm.rows.replace_states(batch, found.states, since)
    for key, rows in found.projections.items():
        farm.rows.replace_projections(key, rows)
    if pinned is not None and observations.batch.scenario is None:
        farm.rows.pin(batch, pinned.id)
    if found.forecast is not None:
        key = _keep_forecast(farm, observations, found.forecast.scenario)
        ahead = result_columns.projection_columns(found.forecast.projection, key, farm.today)
        farm.rows.replace_projections(key, ahead)
    return found.report


def _enter(farm: _Farm, observations: Observations) -> Scenario | None:
    """Enter a batch's own scenario; None if the database lacks the models for one."""
    containers = observations.assignments.containers
    geography = farm.geographies.get(int(containers[0]), "") if len(containers) else ""
    scenario = scenarios.own_scenario(observations, farm.library, geography, NO_KEY)
    if not scenario.choice.is_complete:
        return None
    return _insert_scenario(farm, observations, scenario)


def _keep_forecast(farm: _Farm, observations: Observations, forecast: Scenario) -> int:
    """Enter a batch's live projection, or bring the one it has up to date; returns its key."""
    held = [one for one in farm.planned.values() if scenarios.is_forecast(one, observations)]
    if not held:
        return _insert_scenario(farm, observations, forecast).id
    known = min(held, key=lambda scenario: scenario.id)
    if (known.plan, known.choice) != (forecast.plan, forecast.choice):
        farm.rows.update_scenario(
            known.id, result_columns.scenario_columns(forecast, "", farm.today)
        )
    return known.id


def _insert_scenario(farm: _Farm, observations: Observations, scenario: Scenario) -> Scenario:
    """Enter a scenario of a batch; as it is then, with its key."""
    supplier = scenarios.supplier_name(observations, farm.suppliers)
    row = result_columns.scenario_columns(scenario, supplier, farm.today)
    scenario = replace(scenario, id=farm.rows.insert_scenario(observations.batch.id, row))
    farm.planned[scenario.id] = scenario
    return scenario
