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
from ..databases.dialect import dialect_of
from ..databases.layout import table_as_found
from ..lifecycle.columns import Columns, integers
from ..lifecycle.days import to_date
from ..lifecycle.growth_analysis import daily_records as recorded
from ..lifecycle.growth_analysis.column_access import day_numbers
from ..lifecycle.growth_analysis.observation_reader import observations_from_tables
from ..lifecycle.growth_analysis.observations import DailyRecords, Observations, Series
from ..schema import TABLES
from ..schema.types import CompactInstant
from .result_tables import ResultTables

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
    for statement in dialect_of(connection).read_settings:
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
            **_date_sql(connection),
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


def _date_sql(connection: sa.Connection) -> Mapping[str, str]:
    """Return the parts of the queries in which databases differ, by their place holders."""
    dialect = dialect_of(connection)
    readings = table_as_found(connection, "environmental_environmentalreading")
    compact = isinstance(readings.c.reading_time.type, CompactInstant)
    departure = "coalesce(a.departure_date, :today)"
    return {
        "reading_day": dialect.utc_date("r.reading_time", compact=compact),
        "from": dialect.day_start("a.assignment_date", -7, compact=compact),
        "until": dialect.day_start(departure, 8, compact=compact),
        "treatment_day": dialect.utc_date("t.treatment_date"),
        "day": dialect.fetched_date("day"),
        "total": dialect.fetched_number("total"),
    }


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
