"""Growth analysis over a finished database: evidence read in sets, states replaced by batch.

A batch takes a fixed number of queries however long it has lived, and is written in one
transaction. Rows that are replaced keep their primary keys, so a second run changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..errors import StoreError
from ..lifecycle.analysis import recorded, scenarios, states
from ..lifecycle.analysis.access import numbered_as
from ..lifecycle.analysis.assimilate import assimilate
from ..lifecycle.analysis.evidence import Daily, Evidence, Series, assemble
from ..lifecycle.analysis.forward import look_ahead
from ..lifecycle.analysis.library import MODEL_TABLES, ModelLibrary, library_from_tables
from ..lifecycle.analysis.projection import project
from ..lifecycle.analysis.report import BatchGrowth, GrowReport, batch_growth
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.days import day_number, to_date
from ..schema import TABLES
from ..stores.kinds import complete, form_of
from ..stores.reading import read_columns
from ..stores.sqlite import NOTES, sqlite_values
from .manifest import Manifest
from .progress import Progress, Silent
from .targets import masked, parse_url, sqlite_path

_CACHE = "PRAGMA cache_size = -200000"
_OF_BATCH = {
    "batch_batchcontainerassignment": "batch_id",
    "batch_creationworkflow": "batch_id",
}
"""Tables of which all rows of a batch are read as they are, by their column."""

_DIALECTS = {
    "sqlite": {
        "reading_day": "CAST(r.reading_time / 86400 AS INTEGER)",
        "from": "CAST(strftime('%s', a.assignment_date, '-7 days') AS INTEGER)",
        "until": "CAST(strftime('%s', coalesce(a.departure_date, :today), '+8 days') AS INTEGER)",
        "treatment_day": "date(t.treatment_date)",
    },
    "postgresql": {
        "reading_day": "CAST(r.reading_time AT TIME ZONE 'UTC' AS DATE)",
        "from": "CAST(a.assignment_date - 7 AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "until": "CAST(coalesce(a.departure_date, :today) + 8 AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "treatment_day": "CAST(t.treatment_date AT TIME ZONE 'UTC' AS DATE)",
    },
    "mysql": {
        "reading_day": "CAST(r.reading_time AS DATE)",
        "from": "ADDDATE(a.assignment_date, -7)",
        "until": "ADDDATE(coalesce(a.departure_date, :today), 8)",
        "treatment_day": "CAST(t.treatment_date AS DATE)",
    },
}
"""What databases call differently: the UTC day of an instant, the instant a day begins."""

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
    SELECT t.batch_assignment_id, {treatment_day}, sum(o.weight_g), count(o.weight_g)
    FROM health_treatment t JOIN health_individualfishobservation o
    ON o.sampling_event_id = t.sampling_event_id AND o.weight_g IS NOT NULL
    WHERE t.batch_id = :batch AND t.includes_weighing GROUP BY t.id, 1, 2"""
_GEOGRAPHY = """
    SELECT c.id, g.name FROM infrastructure_container c
    LEFT JOIN infrastructure_hall h ON h.id = c.hall_id
    LEFT JOIN infrastructure_freshwaterstation s ON s.id = h.freshwater_station_id
    LEFT JOIN infrastructure_area a ON a.id = c.area_id
    JOIN infrastructure_geography g ON g.id = coalesce(s.geography_id, a.geography_id)"""
_LATEST = """
    SELECT max(assignment_date) FROM batch_batchcontainerassignment
    UNION ALL SELECT max(departure_date) FROM batch_batchcontainerassignment
    UNION ALL SELECT max(sample_date) FROM batch_growthsample
    UNION ALL SELECT max(event_date) FROM batch_mortalityevent
    UNION ALL SELECT max(feeding_date) FROM inventory_feedingevent
    UNION ALL SELECT max(actual_execution_date) FROM batch_transferaction"""
_BATCHES = """
    SELECT b.id, b.batch_number FROM batch_batch b WHERE :since IS NULL OR EXISTS (
        SELECT 1 FROM batch_batchcontainerassignment a WHERE a.batch_id = b.id
        AND (a.departure_date IS NULL OR a.departure_date > :since)
    ) ORDER BY b.start_date, b.id"""


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
        since: first day whose states are replaced; from the first if None.
        progress: is told how far it is.
        as_of: the farm's today; that of the build, else the last day of which anything is
            recorded, if None.

    Raises:
        StoreError: when the database cannot be used, or holds no such batch.
    """
    started, tell = time.perf_counter(), progress or Silent()
    engine = database if isinstance(database, sa.Engine) else _engine(database)
    try:
        with _told_apart(engine), engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(_CACHE)
            farm = _read_farm(connection, as_of)
            chosen = _chosen(connection, batches, since, engine)
            connection.rollback()
            tell.phase("growth")
            grown: list[BatchGrowth] = []
            for batch in chosen:
                with connection.begin():
                    grown.append(_grow_batch(connection, farm, batch, since))
                rows = sum(one.states + one.projections for one in grown)
                tell.batches(len(grown), len(chosen), rows)
            if batches is None:
                with connection.begin():
                    _project_unbound(connection, farm)
    finally:
        tell.close()
        if engine is not database:
            engine.dispose()
    notes = tuple(dict.fromkeys(farm.notes))
    return GrowReport(farm.today, tuple(grown), notes, time.perf_counter() - started)


@dataclass(frozen=True)
class _Farm:
    """What all batches share."""

    today: int
    parameters: tuple[int, ...]
    library: ModelLibrary
    scenarios: dict[int, scenarios.Scenario]
    geographies: Mapping[int, str]
    suppliers: Mapping[int, str]
    notes: list[str]


def _read_farm(connection: sa.Connection, as_of: date | None) -> _Farm:
    def pairs(query: str) -> dict[int, str]:
        return {key: name for key, name in connection.execute(sa.text(query))}

    names = (*MODEL_TABLES, "scenario", "scenario_scenariomodelchange")
    tables = {name: read_columns(connection, TABLES[name]) for name in names}
    parameters = {
        key: name
        for key, name in pairs("SELECT id, name FROM environmental_environmentalparameter").items()
        if name.strip().lower() == "temperature"
    }
    notes = [
        f"the temperature is called {name!r} here: AquaMind itself looks for 'temperature' only"
        for name in parameters.values()
        if name != "temperature"
    ]
    return _Farm(
        today=day_number(as_of) if as_of else _today(connection),
        parameters=tuple(parameters),
        library=library_from_tables(tables),
        scenarios=scenarios.scenarios_from_tables(tables),
        geographies=pairs(_GEOGRAPHY),
        suppliers=pairs("SELECT id, name FROM broodstock_eggsupplier"),
        notes=notes if parameters else ["no parameter is called 'temperature': profiles are used"],
    )


def _today(connection: sa.Connection) -> int:
    if sa.inspect(connection).has_table(NOTES):
        query = sa.text(f"SELECT value FROM {NOTES} WHERE name = 'manifest'")
        manifest = connection.execute(query).scalar()
        if manifest:
            return day_number(date.fromisoformat(Manifest.from_json(manifest).as_of))
    latest = [day for (day,) in connection.execute(sa.text(_LATEST)) if day is not None]
    if not latest:
        raise StoreError("nothing is recorded of any batch here: there is no growth to analyse")
    return int(_days(latest).max())


def _chosen(
    connection: sa.Connection,
    numbers: Collection[str] | None,
    since: date | None,
    engine: sa.Engine,
) -> Sequence[int]:
    """Primary keys of the batches to be recomputed, in the order of their start."""
    if numbers is not None:
        held = set(connection.execute(sa.text("SELECT batch_number FROM batch_batch")).scalars())
        missing = sorted(set(numbers) - held)
        if missing:
            raise StoreError(f"{masked(engine.url)} holds no batch {', '.join(missing)}")
    found = connection.execute(
        sa.text(_BATCHES).bindparams(sa.bindparam("since", type_=sa.Date)), {"since": since}
    )
    return [key for key, number in found if numbers is None or number in numbers]


def _grow_batch(
    connection: sa.Connection, farm: _Farm, batch: int, since: date | None
) -> BatchGrowth:
    """Recompute one batch within the transaction that is open."""
    evidence = _read_evidence(connection, farm, batch)
    own, library = evidence.batch.id, farm.library
    scenario = scenarios.scenario_of_batch(evidence, farm.scenarios) or _enter_plan(
        connection, farm, evidence
    )
    if scenario is not None and evidence.batch.scenario is None:
        table = TABLES["batch_batch"]
        unpinned = (table.c.id == own) & table.c.pinned_scenario_id.is_(None)
        pinning = sa.update(table).where(unpinned).values(pinned_scenario_id=scenario.id)
        connection.execute(pinning)
    choice = scenario.choice if scenario else library.choose("", evidence.batch.start_day)
    models = library.models(choice)
    found = assimilate(evidence, models)
    first = None if since is None else day_number(since)
    rows = states.state_columns(evidence, found, since=first)
    where = [f"batch_id = {own}"] + ([] if since is None else [f"date >= '{since.isoformat()}'"])
    _replace(connection, states.STATES, rows, ("assignment_id", "date"), " AND ".join(where))
    plan, projected = None, 0
    for one in [one for one in farm.scenarios.values() if one is scenario or one.plan.batch == own]:
        of_species = replace(one.plan, species=evidence.batch.species)
        projection = project(of_species, one.phases(library))
        projected += _write_projection(connection, farm, one, projection)
        plan = projection if one is scenario else plan
    ahead = None if evidence.batch.is_over else look_ahead(evidence, found, models)
    return batch_growth(evidence, found, (len(rows), projected), plan, ahead)
