"""Observations of batches from a database.

The database itself sums frequent records by assignment and day. A batch takes a fixed number of
queries, whatever its length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..databases.column_reader import read_columns
from ..databases.dialect import dialect_of
from ..lifecycle.columns import Columns, integers
from ..lifecycle.days import to_date
from ..lifecycle.growth_analysis.column_access import day_numbers
from ..lifecycle.growth_analysis.daily_records import (
    FEED_SCALE,
    TEMPERATURE_SCALE,
    WEIGHT_SCALE,
    means,
    sums,
)
from ..lifecycle.growth_analysis.observation_reader import observations_from_tables
from ..lifecycle.growth_analysis.observations import (
    MARGIN_DAYS,
    DailyRecords,
    Observations,
    Series,
)
from ..schema import TABLES
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
    """Set a connection up for large reads in UTC.

    Raises:
        StoreError: if the kind of database is not supported.
    """
    for statement in dialect_of(connection).read_settings:
        connection.exec_driver_sql(statement)


class RecordedData:
    """The recorded data of batches in one database."""

    def __init__(
        self,
        connection: sa.Connection,
        parameters: tuple[int, ...],
        result_tables: ResultTables,
    ) -> None:
        """Inspect the tables of the database.

        Args:
            connection: prepared connection; its transactions are the caller's.
            parameters: primary keys of the environmental parameters for temperature.
            result_tables: tables with the pinned scenarios.
        """
        self._connection = connection
        self._result_tables = result_tables
        self._sql = {
            **_date_sql(connection),
            "parameters": ", ".join(map(str, parameters)) or "NULL",
        }

    def of(self, batch: int, today: int) -> Observations:
        """Return the observations of a batch.

        Args:
            batch: primary key of the batch.
            today: today, as a day number.
        """
        temperature_sums, readings = self._daily_sums(_TEMPERATURES, batch, today)
        weight_sums, fish = self._daily_sums(_WEIGHINGS, batch, today)
        daily = DailyRecords(
            temperatures=means(temperature_sums, readings, TEMPERATURE_SCALE),
            deaths=self._daily_sums(_DEATHS, batch, today)[0],
            feed=sums(self._daily_sums(_FEED, batch, today)[0], FEED_SCALE),
            weighings=means(weight_sums, fish, WEIGHT_SCALE),
        )
        tables = read_tables(self._connection, _batch_rows(batch))
        tables["batch_batch"] = self._batch_row(batch)
        return observations_from_tables(tables, daily, today)

    def _daily_sums(self, query: str, batch: int, today: int) -> tuple[Series, NDArray[np.float64]]:
        """Return sums by assignment and day, and the number of summands."""
        text = _SUMS.format(summed=query.format(**self._sql), **self._sql)
        values: dict[str, Any] = {"batch": batch}
        if ":today" in text:
            values["today"] = to_date(today).isoformat()
        rows = self._connection.execute(sa.text(text), values).all()
        assigned = [row for row in rows if row[0] is not None]
        columns = zip(*assigned, strict=True) if assigned else ((), (), (), ())
        assignment, day, total, count = columns
        series = Series(np.array(assignment, np.int64), day_numbers(day), np.array(total, float))
        return series, np.array(count, np.float64)

    def _batch_row(self, batch: int) -> Columns:
        """Return the row of a batch with its pinned scenario, in any version of the schema."""
        table = self._result_tables.batches
        row = read_columns(self._connection, table, table.c.id == batch)
        pinned = self._result_tables.pinned_scenario(batch)
        return row.with_columns(
            pinned_scenario_id=integers([pinned or 0], np.array([pinned is None], np.bool_))
        )


def read_tables(
    connection: sa.Connection, conditions: Mapping[str, sa.ColumnElement[bool] | None]
) -> dict[str, Columns]:
    """Return rows of tables of the schema.

    Args:
        connection: connection to the database.
        conditions: condition of the rows by table; None for all rows.
    """
    return {
        name: read_columns(connection, TABLES[name], where) for name, where in conditions.items()
    }


def _date_sql(connection: sa.Connection) -> Mapping[str, str]:
    """Return the parts of the queries in which databases differ, by their place holders."""
    dialect = dialect_of(connection)
    departure = "coalesce(a.departure_date, :today)"
    return {
        "reading_day": dialect.utc_date("r.reading_time"),
        "from": dialect.day_start("a.assignment_date", -MARGIN_DAYS),
        "until": dialect.day_start(departure, MARGIN_DAYS + 1),
        "treatment_day": dialect.utc_date("t.treatment_date"),
        "day": dialect.fetched_date("day"),
        "total": dialect.fetched_number("total"),
    }


def _batch_rows(batch: int) -> dict[str, sa.ColumnElement[bool]]:
    """Return the conditions of the rows of a batch, by table."""
    assignments = TABLES["batch_batchcontainerassignment"].c
    own = sa.select(assignments.id).where(assignments.batch_id == batch)
    transfers, samples = TABLES["batch_transferaction"].c, TABLES["batch_growthsample"].c
    return {
        "batch_batchcontainerassignment": assignments.batch_id == batch,
        "batch_creationworkflow": TABLES["batch_creationworkflow"].c.batch_id == batch,
        "batch_transferaction": transfers.source_assignment_id.in_(own)
        | transfers.dest_assignment_id.in_(own),
        "batch_growthsample": samples.assignment_id.in_(own),
    }
