"""Growth analysis over a finished database: evidence read in sets, states replaced by batch.

A batch takes a fixed number of queries however long it has lived, and is written in one
transaction. Rows that are replaced keep their primary keys, so a second run changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import repeat
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..errors import StoreError
from ..lifecycle.analysis import recorded, scenarios, states
from ..lifecycle.analysis.access import NO_KEY, day_numbers, difference
from ..lifecycle.analysis.analyse import analyse
from ..lifecycle.analysis.evidence import Daily, Evidence, Series, assemble
from ..lifecycle.analysis.library import MODEL_TABLES, ModelLibrary, library_from_tables
from ..lifecycle.analysis.projection import project
from ..lifecycle.analysis.report import BatchGrowth, GrowReport
from ..lifecycle.analysis.scenarios import Scenario
from ..lifecycle.columns import Columns
from ..lifecycle.days import day_number, to_date
from ..schema import TABLES
from ..stores.connecting import masked, told_apart
from ..stores.kinds import complete, form_of
from ..stores.reading import read_columns
from ..stores.sqlite_rows import sqlite_values
from ..stores.store import NOTES
from .homes import home_of
from .manifest import Manifest
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

_OWNED = {
    states.STATES: ("batch_id", "assignment_id", "date"),
    states.PROJECTIONS: ("scenario_id", "scenario_id", "day_number"),
}
"""Whose rows are replaced together, and what tells them apart."""

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
    engine = (
        database if isinstance(database, sa.Engine) else home_of(database).engine(writable=True)
    )
    if engine.dialect.name not in _DIALECTS:
        raise StoreError(f"{engine.dialect.name} databases cannot be analysed")
    grown: list[BatchGrowth] = []
    try:
        with told_apart(f"cannot analyse {masked(engine.url)}"), engine.connect() as connection:
            connection.exec_driver_sql(_DIALECTS[engine.dialect.name]["first"])
            farm = _read_farm(connection, as_of)
            chosen = _pick(connection, batches, since)
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
                        _replace(connection, states.PROJECTIONS, rows, scenario.id)
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
    )


def _today(connection: sa.Connection) -> int:
    if sa.inspect(connection).has_table(NOTES):
        query = sa.text(f"SELECT value FROM {NOTES} WHERE name = 'manifest'")
        if manifest := connection.execute(query).scalar():
            return day_number(date.fromisoformat(Manifest.from_json(manifest).as_of))
    latest = [day for day in connection.execute(sa.text(_LATEST)).scalars() if day is not None]
    return int(day_numbers(latest).max(initial=0))


def _pick(connection: sa.Connection, only: Collection[str] | None, since: date | None) -> list[int]:
    """Primary keys of the batches to be recomputed, in the order of their start."""
    batch, stood = TABLES["batch_batch"].c, TABLES["batch_batchcontainerassignment"].c
    query = sa.select(batch.id, batch.batch_number).order_by(batch.start_date, batch.id)
    held = {number: key for key, number in connection.execute(query)}
    if unknown := sorted(set(only or ()) - held.keys()):
        raise StoreError(f"{masked(connection.engine.url)} holds no batch {', '.join(unknown)}")
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
    pinned = pinned or _enter(connection, farm, evidence)
    if pinned is not None and evidence.batch.scenario is None:
        table = TABLES["batch_batch"]
        pin = sa.update(table).where(table.c.id == batch, table.c.pinned_scenario_id.is_(None))
        connection.execute(pin.values(pinned_scenario_id=pinned.id))
    others = [
        one
        for one in farm.planned.values()
        if one.plan.batch == batch and one != pinned and not scenarios.is_forecast(one, evidence)
    ]
    found = analyse(evidence, farm.library, pinned, others, day_number(since) if since else None)
    _replace(connection, states.STATES, found.states, batch, since)
    for key, rows in found.projections.items():
        _replace(connection, states.PROJECTIONS, rows, key)
    if found.forecast is not None:
        key = _keep_forecast(connection, farm, evidence, found.forecast.scenario)
        ahead = states.projection_columns(found.forecast.projection, key, farm.today)
        _replace(connection, states.PROJECTIONS, ahead, key)
    return found.report


def _enter(connection: sa.Connection, farm: _Farm, evidence: Evidence) -> Scenario | None:
    """Enter a batch's own scenario; None if the database lacks the models for one."""
    containers = evidence.assignments.containers
    geography = farm.geographies.get(int(containers[0]), "") if len(containers) else ""
    scenario = scenarios.own_scenario(evidence, farm.library, geography, NO_KEY)
    if not scenario.choice.is_complete:
        return None
    return _insert_scenario(connection, farm, evidence, scenario)


def _keep_forecast(
    connection: sa.Connection, farm: _Farm, evidence: Evidence, forecast: Scenario
) -> int:
    """Enter a batch's live projection, or bring the one it has up to date; returns its key."""
    held = [one for one in farm.planned.values() if scenarios.is_forecast(one, evidence)]
    if not held:
        return _insert_scenario(connection, farm, evidence, forecast).id
    known = min(held, key=lambda scenario: scenario.id)
    if (known.plan, known.choice) != (forecast.plan, forecast.choice):
        table = TABLES[states.SCENARIOS]
        whole = complete(table, states.scenario_columns(forecast, "", farm.today))
        kept = {"scenario_id", "supplier", "created_at", "created_by_id"}
        changed = {
            column.name: sqlite_values(whole[column.name], form_of(column))[0]
            for column in table.columns
            if column.name not in kept
        }
        light = sa.table(table.name, *map(sa.column, table.columns.keys()))
        own = light.c.scenario_id == known.id
        connection.execute(sa.update(light).where(own).values(**changed))
    return known.id


def _insert_scenario(
    connection: sa.Connection, farm: _Farm, evidence: Evidence, scenario: Scenario
) -> Scenario:
    """Enter a scenario of a batch; as it is then, with its key."""
    supplier = scenarios.supplier_name(evidence, farm.suppliers)
    row = states.scenario_columns(scenario, supplier, farm.today)
    table = TABLES[states.SCENARIOS]
    _insert(connection, table, _rows(table, row))
    own = table.c.batch_id == evidence.batch.id
    newest = sa.select(sa.func.max(table.c.scenario_id)).where(own)
    scenario = replace(scenario, id=connection.execute(newest).scalar_one())
    farm.planned[scenario.id] = scenario
    return scenario


def _read_evidence(connection: sa.Connection, farm: _Farm, batch: int) -> Evidence:
    """All that is recorded of a batch."""
    assignments = TABLES["batch_batchcontainerassignment"].c
    own = sa.select(assignments.id).where(assignments.batch_id == batch)
    moves, samples = TABLES["batch_transferaction"].c, TABLES["batch_growthsample"].c
    wanted = {
        "batch_batch": TABLES["batch_batch"].c.id == batch,
        "batch_batchcontainerassignment": assignments.batch_id == batch,
        "batch_creationworkflow": TABLES["batch_creationworkflow"].c.batch_id == batch,
        "batch_transferaction": moves.source_assignment_id.in_(own)
        | moves.dest_assignment_id.in_(own),
        "batch_growthsample": samples.assignment_id.in_(own),
    }
    listed = ", ".join(map(str, farm.parameters)) or "NULL"

    def sums(query: str, **more: Any) -> tuple[Series, NDArray[np.float64]]:
        text = sa.text(query.format(parameters=listed, **_DIALECTS[connection.dialect.name]))
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
    return assemble(_read(connection, wanted), daily, farm.today)


def _read(connection: sa.Connection, wanted: Mapping[str, Any]) -> dict[str, Columns]:
    """Rows of some tables, and which; reading in portions is not to stay with the connection."""
    tables = {name: read_columns(connection, TABLES[name], where) for name, where in wanted.items()}
    connection.execution_options(yield_per=None, stream_results=False)
    return tables


def _replace(
    connection: sa.Connection, name: str, columns: Columns, owner: int, since: date | None = None
) -> None:
    """Put rows in the place of those an owner has.

    Each keeps the key that its like had; rows that are there already, word for word, stay.
    """
    table, (owned, first, second) = TABLES[name], _OWNED[name]
    names, where = table.columns.keys(), table.c[owned] == owner
    if since is not None:
        where &= table.c.date >= since
    raw = (sa.type_coerce(column, sa.types.NULLTYPE) for column in table.columns)
    before = connection.execute(sa.select(*raw).where(where)).all()
    unique = names.index(first), names.index(second)
    gone, come = difference(before, _rows(table, columns), unique)
    if gone and len(gone) == len(before):
        connection.execute(sa.delete(table).where(where))
    elif gone:
        one = sa.delete(table).where(table.columns[0] == sa.bindparam("gone"))
        connection.execute(one, [{"gone": key} for key in gone])
    _insert(connection, table, come)


def _rows(table: sa.Table, columns: Columns) -> list[tuple[Any, ...]]:
    """Rows as numbers and texts that every database takes, without their keys."""
    whole = complete(table, columns)
    values = (sqlite_values(whole[one.name], form_of(one)) for one in table.columns[1:])
    return list(zip(repeat(None, len(whole)), *values, strict=True))


def _insert(connection: sa.Connection, table: sa.Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows; the database numbers those without a key."""
    keyed = [row for row in rows if row[0] is not None], table.columns.keys()
    keyless = [row[1:] for row in rows if row[0] is None], table.columns.keys()[1:]
    for given, names in (keyed, keyless):
        if given and connection.dialect.name == "sqlite":
            listed, marks = ", ".join(f'"{one}"' for one in names), ", ".join("?" * len(names))
            statement = f'INSERT INTO "{table.name}" ({listed}) VALUES ({marks})'
            connection.exec_driver_sql(statement, given)
        elif given:
            light = sa.table(table.name, *map(sa.column, names))
            by_name = [dict(zip(names, row, strict=True)) for row in given]
            connection.execute(sa.insert(light), by_name)
