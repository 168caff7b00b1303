"""What a database has on record of a batch, summed up by the database and read in sets.

A batch takes a fixed number of queries however long it has lived.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..databases.column_reader import read_columns
from ..databases.layout import table_as_found
from ..errors import StoreError
from ..lifecycle.columns import Columns, integers
from ..lifecycle.days import to_date
from ..lifecycle.growth_analysis import daily_records as recorded
from ..lifecycle.growth_analysis.column_access import day_numbers
from ..lifecycle.growth_analysis.observation_reader import observations_from_tables
from ..lifecycle.growth_analysis.observations import DailyRecords, Observations, Series
from ..schema import TABLES
from ..schema.types import CompactInstant
from .result_tables import ResultTables

_WORDS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {
        "reading_day": "CAST(r.reading_time / 86400 AS INTEGER)",
        "from": "CAST(strftime('%s', a.assignment_date, '-7 days') AS INTEGER)",
        "until": "CAST(strftime('%s', coalesce(a.departure_date, :today), '+8 days') AS INTEGER)",
        "treatment_day": "date(t.treatment_date)",
        "day": "day",
        "total": "total",
    },
    "postgresql": {
        "reading_day": "CAST(r.reading_time AT TIME ZONE 'UTC' AS DATE)",
        "from": "CAST(a.assignment_date - 7 AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "until": "CAST(coalesce(a.departure_date, :today) + 8 AS TIMESTAMP) AT TIME ZONE 'UTC'",
        "treatment_day": "CAST(t.treatment_date AT TIME ZONE 'UTC' AS DATE)",
        "day": "day - DATE '1970-01-01'",
        "total": "CAST(total AS DOUBLE PRECISION)",
    },
    "mysql": {
        "reading_day": "CAST(r.reading_time AS DATE)",
        "from": "ADDDATE(a.assignment_date, -7)",
        "until": "ADDDATE(coalesce(a.departure_date, :today), 8)",
        "treatment_day": "CAST(t.treatment_date AS DATE)",
        "day": "DATEDIFF(day, '1970-01-01')",
        "total": "CAST(total AS DOUBLE)",
    },
}
"""What is said differently: the UTC day of an instant, when a stay's margins begin and end, and
days and sums as what their driver reads fastest."""
_TEXTS_IN_SQLITE = {
    **_WORDS["sqlite"],
    "reading_day": "date(r.reading_time)",
    "from": "datetime(a.assignment_date, '-7 days')",
    "until": "datetime(coalesce(a.departure_date, :today), '+8 days')",
}
"""The same where the instants of readings are texts, as Django keeps them."""
_FIRST: Mapping[str, tuple[str, ...]] = {
    "sqlite": ("PRAGMA cache_size = -200000",),
    # a query for one batch is over before compiling it pays
    "postgresql": ("SET TIME ZONE 'UTC'", "SET jit = off"),
    "mysql": ("SET time_zone = '+00:00'",),
}

_SUMS = "SELECT assignment, {day}, {total}, entries FROM ({summed}) summed"
_TEMPERATURES = """
    SELECT a.id AS assignment, {reading_day} AS day, sum(r.value) AS total, count(*) AS entries
    FROM batch_batchcontainerassignment a JOIN environmental_environmentalreading r
    ON r.container_id = a.container_id AND r.parameter_id IN ({parameters})
    AND r.reading_time >= {from} AND r.reading_time < {until}
    WHERE a.batch_id = :batch GROUP BY 1, 2"""
_DEATHS = """
    SELECT assignment_id AS assignment, event_date AS day, sum(count) AS total,
    count(*) AS entries FROM batch_mortalityevent WHERE batch_id = :batch GROUP BY 1, 2"""
_FEED = """
    SELECT coalesce(f.batch_assignment_id, (
        SELECT max(a.id) FROM batch_batchcontainerassignment a
        WHERE a.batch_id = f.batch_id AND a.container_id = f.container_id
        AND a.assignment_date <= f.feeding_date
        AND (a.departure_date IS NULL OR a.departure_date > f.feeding_date)
    )) AS assignment, f.feeding_date AS day, sum(f.amount_kg) AS total, count(*) AS entries
    FROM inventory_feedingevent f WHERE f.batch_id = :batch GROUP BY 1, 2"""
_WEIGHINGS = """
    SELECT t.batch_assignment_id AS assignment, {treatment_day} AS day, sum(o.weight_g) AS total,
    count(*) AS entries FROM health_treatment t JOIN health_individualfishobservation o
    ON o.sampling_event_id = t.sampling_event_id AND o.weight_g IS NOT NULL
    WHERE t.batch_id = :batch AND t.includes_weighing GROUP BY t.id, 1, 2"""


def prepare_connection(connection: sa.Connection) -> None:
    """Set a connection up for reading records.

    Raises:
        StoreError: when it is to a database of a kind that cannot be read.
    """
    if _family(connection) not in _FIRST:
        raise StoreError(f"{connection.dialect.name} databases cannot be analysed")
    for statement in _FIRST[_family(connection)]:
        connection.exec_driver_sql(statement)


class RecordedData:
    """All that is recorded of batches, in one database."""

    def __init__(
        self,
        connection: sa.Connection,
        parameters: tuple[int, ...],
        rows: ResultTables,
        today: int,
    ) -> None:
        """Look at the tables.

        Args:
            connection: to the database, settled; its transactions are the caller's.
            parameters: primary keys of the environmental parameters that are the temperature.
            rows: where the scenario is kept that a batch is pinned to.
            today: the farm's.
        """
        self._connection = connection
        self._rows = rows
        self._today = today
        self._said = {
            **_words(connection),
            "parameters": ", ".join(map(str, parameters)) or "NULL",
        }

    def of(self, batch: int) -> Observations:
        """All that is recorded of a batch, by its primary key."""
        warmth, readings = self._sums(_TEMPERATURES, batch)
        weighed, fish = self._sums(_WEIGHINGS, batch)
        daily = DailyRecords(
            temperatures=recorded.means(warmth, readings, recorded.TEMPERATURE_SCALE),
            deaths=self._sums(_DEATHS, batch)[0],
            feed=recorded.sums(self._sums(_FEED, batch)[0], recorded.FEED_SCALE),
            weighings=recorded.means(weighed, fish, recorded.WEIGHT_SCALE),
        )
        tables = read_tables(self._connection, _wanted(batch))
        return observations_from_tables(
            {**tables, "batch_batch": self._batch(batch)}, daily, self._today
        )

    def _sums(self, query: str, batch: int) -> tuple[Series, NDArray[np.float64]]:
        """Sums by assignment and day, and how many entries were summed up in each."""
        text = _SUMS.format(summed=query.format(**self._said), **self._said)
        values: dict[str, Any] = {"batch": batch}
        if ":today" in text:
            values["today"] = to_date(self._today).isoformat()
        rows = self._connection.execute(sa.text(text), values).all()
        known = [row for row in rows if row[0] is not None]
        assignment, day, total, count = zip(*known, strict=True) if known else ((), (), (), ())
        series = Series(np.array(assignment, np.int64), day_numbers(day), np.array(total, float))
        return series, np.array(count, np.float64)

    def _batch(self, batch: int) -> Columns:
        """A batch, with the scenario that it is pinned to wherever that is kept."""
        found = self._rows.batches
        row = read_columns(self._connection, found, found.c.id == batch)
        pinned = self._rows.pinned(batch)
        return row.with_columns(
            pinned_scenario_id=integers([pinned or 0], np.array([pinned is None], np.bool_))
        )


def read_tables(
    connection: sa.Connection, wanted: Mapping[str, sa.ColumnElement[bool] | None]
) -> dict[str, Columns]:
    """Rows of some tables of ours.

    Args:
        connection: to the database.
        wanted: which rows, all if None, by table.
    """
    return {name: read_columns(connection, TABLES[name], where) for name, where in wanted.items()}


def _family(connection: sa.Connection) -> str:
    name = connection.dialect.name
    return "mysql" if name == "mariadb" else name


def _words(connection: sa.Connection) -> Mapping[str, str]:
    """How to ask this database."""
    readings = table_as_found(connection, "environmental_environmentalreading")
    if connection.dialect.name == "sqlite" and not isinstance(
        readings.c.reading_time.type, CompactInstant
    ):
        return _TEXTS_IN_SQLITE
    return _WORDS[_family(connection)]


def _wanted(batch: int) -> dict[str, sa.ColumnElement[bool]]:
    """Which rows say something of a batch, by table."""
    assignments = TABLES["batch_batchcontainerassignment"].c
    own = sa.select(assignments.id).where(assignments.batch_id == batch)
    moves, samples = TABLES["batch_transferaction"].c, TABLES["batch_growthsample"].c
    return {
        "batch_batchcontainerassignment": assignments.batch_id == batch,
        "batch_creationworkflow": TABLES["batch_creationworkflow"].c.batch_id == batch,
        "batch_transferaction": moves.source_assignment_id.in_(own)
        | moves.dest_assignment_id.in_(own),
        "batch_growthsample": samples.assignment_id.in_(own),
    }
