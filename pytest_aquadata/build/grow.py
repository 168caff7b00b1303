"""Growth analysis over a finished database: evidence read in sets, states replaced by batch.

A batch takes a fixed number of queries however long it has lived, and is written in one
transaction.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..errors import StoreError
from ..lifecycle.analysis import recorded, scenarios, states
from ..lifecycle.analysis.access import NO_KEY, day_numbers
from ..lifecycle.analysis.analyse import analyse
from ..lifecycle.analysis.evidence import Daily, Evidence, Series, assemble
from ..lifecycle.analysis.library import MODEL_TABLES, ModelLibrary, library_from_tables
from ..lifecycle.analysis.projection import project
from ..lifecycle.analysis.report import BatchGrowth, GrowReport
from ..lifecycle.analysis.scenarios import Scenario
from ..lifecycle.columns import Columns, integers
from ..lifecycle.days import day_number, to_date
from ..schema import TABLES
from ..schema.types import CompactInstant
from ..stores.connecting import masked, told_apart
from ..stores.layout import table_as_found
from ..stores.reading import read_columns
from ..stores.server import notes_table
from ..stores.store import NOTES
from .grown_rows import GrownRows
from .homes import home_of
from .notes import manifests_in
from .progress import Progress, Silent

_DIALECTS = {
    "sqlite": {
        "first": "PRAGMA cache_size = -200000",
        "reading_day": "CAST(r.reading_time / 86400 AS INTEGER)",
        "from": "CAST(strftime('%s', a.assignment_date, '-7 days') AS INTEGER)",
        "until": "CAST(strftime('%s', coalesce(a.departure_date, :today), '+8 days') AS INTEGER)",
        "treatment_day": "date(t.treatment_date)",
    },
    "postgresql": {
        "first": "SET TIME ZONE 'UTC'",
        "reading_day": "CAST(r.reading_time AT TIME ZONE 'UTC' AS DATE)",
        "from": "CAST(a.assignment_date - 7 AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "until": "CAST(coalesce(a.departure_date, :today) + 8 AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "treatment_day": "CAST(t.treatment_date AT TIME ZONE 'UTC' AS DATE)",
    },
    "mysql": {
        "first": "SET time_zone = '+00:00'",
        "reading_day": "CAST(r.reading_time AS DATE)",
        "from": "ADDDATE(a.assignment_date, -7)",
        "until": "ADDDATE(coalesce(a.departure_date, :today), 8)",
        "treatment_day": "CAST(t.treatment_date AS DATE)",
    },
}
"""What is said first, and differently: the UTC day of an instant, when a stay's margins begin."""
_DIALECTS["mariadb"] = _DIALECTS["mysql"]
_TEXTS_IN_SQLITE = {
    **_DIALECTS["sqlite"],
    "reading_day": "date(r.reading_time)",
    "from": "datetime(a.assignment_date, '-7 days')",
    "until": "datetime(coalesce(a.departure_date, :today), '+8 days')",
}
"""The same where the instants of readings are texts, as Django keeps them."""

_TEMPERATURES = """
    SELECT a.id, {reading_day}, sum(r.value), count(*)
    FROM batch_batchcontainerassignment a JOIN environmental_environmentalreading r
    ON r.container_id = a.container_id AND r.parameter_id IN ({parameters})
    AND r.reading_time >= {from} AND r.reading_time < {until}
    WHERE a.batch_id = :batch GROUP BY 1, 2"""
_DEATHS = """
    SELECT assignment_id, event_date, sum(count), count(*) FROM batch_mortalityevent
    WHERE batch_id = :batch GROUP BY 1, 2"""
_FEED = """
    SELECT coalesce(f.batch_assignment_id, (
        SELECT max(a.id) FROM batch_batchcontainerassignment a
        WHERE a.batch_id = f.batch_id AND a.container_id = f.container_id
        AND a.assignment_date <= f.feeding_date
        AND (a.departure_date IS NULL OR a.departure_date > f.feeding_date)
    )), f.feeding_date, sum(f.amount_kg), count(*)
    FROM inventory_feedingevent f WHERE f.batch_id = :batch GROUP BY 1, 2"""
_WEIGHINGS = """
    SELECT t.batch_assignment_id, {treatment_day}, sum(o.weight_g), count(*)
    FROM health_treatment t JOIN health_individualfishobservation o
    ON o.sampling_event_id = t.sampling_event_id AND o.weight_g IS NOT NULL
    WHERE t.batch_id = :batch AND t.includes_weighing GROUP BY t.id, 1, 2"""
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
) -> GrowReport:
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
        engine, where = database, masked(database.url)
    else:
        home = home_of(database)
        engine, where = home.engine(writable=True), home.where
    if engine.dialect.name not in _DIALECTS:
        raise StoreError(f"{engine.dialect.name} databases cannot be analysed")
    grown: list[BatchGrowth] = []
    try:
        with told_apart(f"cannot analyse {where}"), engine.connect() as connection:
            connection.exec_driver_sql(_DIALECTS[engine.dialect.name]["first"])
            farm = _read_farm(connection, as_of)
            chosen = _pick(connection, where, batches, since)
            connection.commit()
            tell.phase("growth")
            for batch in chosen:
                with connection.begin():
                    grown.append(_grown(connection, farm, batch, since))
                written = sum(one.states + one.projections for one in grown)
                tell.batches(len(grown), len(chosen), written)
            with connection.begin():
                for scenario in farm.planned.values():
                    if batches is None and scenario.plan.batch is None:
                        found = project(scenario.plan, scenario.phases(farm.library))
                        rows = states.projection_columns(found, scenario.id, farm.today)
                        farm.rows.replace_projections(scenario.id, rows)
    finally:
        tell.close()
        if engine is not database:
            engine.dispose()
    return GrowReport(farm.today, tuple(grown), farm.notes, time.perf_counter() - started)


@dataclass(frozen=True)
class _Farm:
    """What all batches share."""

    today: int
    parameters: tuple[int, ...]
    library: ModelLibrary
    planned: dict[int, Scenario]
    geographies: Mapping[int, str]
    suppliers: Mapping[int, str]
    notes: tuple[str, ...]
    words: Mapping[str, str]
    rows: GrownRows


def _read_farm(connection: sa.Connection, as_of: date | None) -> _Farm:
    def pairs(query: str) -> dict[int, str]:
        return dict(tuple(row) for row in connection.execute(sa.text(query)))

    tables = _read(connection, dict.fromkeys(MODEL_TABLES))
    called = pairs("SELECT id, name FROM environmental_environmentalparameter")
    parameters, notes = recorded.temperature_parameters(called)
    return _Farm(
        today=_today(connection) if as_of is None else day_number(as_of),
        parameters=parameters,
        library=library_from_tables(tables),
        planned=scenarios.scenarios_from_tables(tables),
        geographies=pairs(_GEOGRAPHIES),
        suppliers=pairs("SELECT id, name FROM broodstock_eggsupplier"),
        notes=notes,
        words=_words(connection),
        rows=GrownRows(connection),
    )


def _words(connection: sa.Connection) -> Mapping[str, str]:
    """How to ask this database."""
    readings = table_as_found(connection, "environmental_environmentalreading")
    if connection.dialect.name == "sqlite" and not isinstance(
        readings.c.reading_time.type, CompactInstant
    ):
        return _TEXTS_IN_SQLITE
    return _DIALECTS[connection.dialect.name]


def _today(connection: sa.Connection) -> int:
    """The farm's today: that of the builds; beside records of others, the last day of these."""
    manifests = []
    if sa.inspect(connection).has_table(NOTES):
        query = sa.select(notes_table.c.name, notes_table.c.value)
        notes: dict[str, str] = dict(connection.execute(query).all())
        manifests = list(manifests_in(notes).values())
    built = max((day_number(date.fromisoformat(one.as_of)) for one in manifests), default=0)
    if manifests and not any(one.is_guest for one in manifests):
        return built
    latest = [day for day in connection.execute(sa.text(_LATEST)).scalars() if day is not None]
    return max(built, int(day_numbers(latest).max(initial=0)))


def _pick(
    connection: sa.Connection, where: str, only: Collection[str] | None, since: date | None
) -> list[int]:
    """Primary keys of the batches to be recomputed, in the order of their start."""
    batch, stood = TABLES["batch_batch"].c, TABLES["batch_batchcontainerassignment"].c
    query = sa.select(batch.id, batch.batch_number).order_by(batch.start_date, batch.id)
    held = {number: key for key, number in connection.execute(query)}
    if unknown := sorted(set(only or ()) - held.keys()):
        raise StoreError(f"{where} holds no batch {', '.join(unknown)}")
    there = set(held.values())
    if since is not None:
        lasting = stood.departure_date.is_(None) | (stood.departure_date > since)
        there = set(connection.execute(sa.select(stood.batch_id).where(lasting)).scalars())
    wanted = held.keys() if only is None else set(only)
    return [key for number, key in held.items() if number in wanted and key in there]


def _grown(connection: sa.Connection, farm: _Farm, batch: int, since: date | None) -> BatchGrowth:
    """Recompute one batch within the transaction that is open."""
    evidence = _read_evidence(connection, farm, batch)
    pinned = scenarios.scenario_of_batch(evidence, farm.planned)
    pinned = pinned or _enter(farm, evidence)
    others = [
        one
        for one in farm.planned.values()
        if one.plan.batch == batch and one != pinned and not scenarios.is_forecast(one, evidence)
    ]
    found = analyse(evidence, farm.library, pinned, others, day_number(since) if since else None)
    farm.rows.replace_states(batch, found.states, since)
    for key, rows in found.projections.items():
        farm.rows.replace_projections(key, rows)
    if pinned is not None and evidence.batch.scenario is None:
        farm.rows.pin(batch, pinned.id)
    if found.forecast is not None:
        key = _keep_forecast(farm, evidence, found.forecast.scenario)
        ahead = states.projection_columns(found.forecast.projection, key, farm.today)
        farm.rows.replace_projections(key, ahead)
    return found.report


def _enter(farm: _Farm, evidence: Evidence) -> Scenario | None:
    """Enter a batch's own scenario; None if the database lacks the models for one."""
    containers = evidence.assignments.containers
    geography = farm.geographies.get(int(containers[0]), "") if len(containers) else ""
    scenario = scenarios.own_scenario(evidence, farm.library, geography, NO_KEY)
    if not scenario.choice.is_complete:
        return None
    return _insert_scenario(farm, evidence, scenario)


def _keep_forecast(farm: _Farm, evidence: Evidence, forecast: Scenario) -> int:
    """Enter a batch's live projection, or bring the one it has up to date; returns its key."""
    held = [one for one in farm.planned.values() if scenarios.is_forecast(one, evidence)]
    if not held:
        return _insert_scenario(farm, evidence, forecast).id
    known = min(held, key=lambda scenario: scenario.id)
    if (known.plan, known.choice) != (forecast.plan, forecast.choice):
        farm.rows.update_scenario(known.id, states.scenario_columns(forecast, "", farm.today))
    return known.id


def _insert_scenario(farm: _Farm, evidence: Evidence, scenario: Scenario) -> Scenario:
    """Enter a scenario of a batch; as it is then, with its key."""
    supplier = scenarios.supplier_name(evidence, farm.suppliers)
    row = states.scenario_columns(scenario, supplier, farm.today)
    scenario = replace(scenario, id=farm.rows.insert_scenario(evidence.batch.id, row))
    farm.planned[scenario.id] = scenario
    return scenario


def _read_evidence(connection: sa.Connection, farm: _Farm, batch: int) -> Evidence:
    """All that is recorded of a batch."""
    assignments = TABLES["batch_batchcontainerassignment"].c
    own = sa.select(assignments.id).where(assignments.batch_id == batch)
    moves, samples = TABLES["batch_transferaction"].c, TABLES["batch_growthsample"].c
    wanted = {
        "batch_batchcontainerassignment": assignments.batch_id == batch,
        "batch_creationworkflow": TABLES["batch_creationworkflow"].c.batch_id == batch,
        "batch_transferaction": moves.source_assignment_id.in_(own)
        | moves.dest_assignment_id.in_(own),
        "batch_growthsample": samples.assignment_id.in_(own),
    }
    listed = ", ".join(map(str, farm.parameters)) or "NULL"

    def sums(query: str, **more: Any) -> tuple[Series, NDArray[np.float64]]:
        text = sa.text(query.format(parameters=listed, **farm.words))
        rows = connection.execute(text, {"batch": batch, **more}).all()
        known = [row for row in rows if row[0] is not None]
        assignment, day, total, count = zip(*known, strict=True) if known else ((), (), (), ())
        series = Series(np.array(assignment, np.int64), day_numbers(day), np.array(total, float))
        return series, np.array(count, np.float64)

    warmth, readings = sums(_TEMPERATURES, today=to_date(farm.today).isoformat())
    weighed, fish = sums(_WEIGHINGS)
    daily = Daily(
        temperatures=recorded.means(warmth, readings, recorded.TEMPERATURE_SCALE),
        deaths=sums(_DEATHS)[0],
        feed=recorded.sums(sums(_FEED)[0], recorded.FEED_SCALE),
        weighings=recorded.means(weighed, fish, recorded.WEIGHT_SCALE),
    )
    tables = {**_read(connection, wanted), "batch_batch": _read_batch(connection, farm, batch)}
    return assemble(tables, daily, farm.today)


def _read_batch(connection: sa.Connection, farm: _Farm, batch: int) -> Columns:
    """A batch, with the scenario that it is pinned to wherever that is kept."""
    found = farm.rows.batches
    row = read_columns(connection, found, found.c.id == batch)
    connection.execution_options(yield_per=None, stream_results=False)
    pinned = farm.rows.pinned(batch)
    return row.with_columns(
        pinned_scenario_id=integers([pinned or 0], np.array([pinned is None], np.bool_))
    )


def _read(connection: sa.Connection, wanted: Mapping[str, Any]) -> dict[str, Columns]:
    """Rows of some tables, and which; reading in portions is not to stay with the connection."""
    tables = {name: read_columns(connection, TABLES[name], where) for name, where in wanted.items()}
    connection.execution_options(yield_per=None, stream_results=False)
    return tables
