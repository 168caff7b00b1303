"""Rows of the growth analysis that belong to a build: what was written last, and what is there.

The manifest has the rows that the build wrote. A later analysis (`aquadata grow`) replaces some of
them, and records for each batch what it left. Both are compared with the rows in the database: keys
that neither knows are of rows that others inserted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..databases.column_reader import read_columns
from ..databases.layout import readable_table
from ..databases.projection_runs import LABEL, RunBuilder
from ..datasets.digests import table_digest
from ..datasets.json_values import JsonObject, damaged
from ..datasets.manifest import KeyRange, Manifest, PartEntry
from ..lifecycle.columns import Columns, integers
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from ..schema import TABLES, later_versions
from .ownership import BATCHES, RUNS

GROWTH = "growth"
"""Name of the entry with the rows that later analyses wrote, by batch and table."""
RESULT_TABLES = (STATES, SCENARIOS, PROJECTIONS)
_COMPARED_RUN_COLUMNS = (
    "label",
    "notes",
    "parameters_snapshot",
    "total_projections",
    "final_weight_g",
    "final_biomass_kg",
    "created_by_id",
)


@dataclass(frozen=True)
class WrittenResults:
    """Rows of one table and batch as the last analysis left them.

    Attributes:
        rows: number of rows.
        digest: their digest.
        ranges: ranges of their primary keys.
    """

    rows: int
    digest: str
    ranges: tuple[KeyRange, ...]

    @property
    def keys(self) -> NDArray[np.int64]:
        """All primary keys of the ranges, ascending."""
        parts = [np.arange(keys.first, keys.last + 1) for keys in self.ranges]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)


_NOTHING = WrittenResults(0, "", ())
Results = Mapping[str, WrittenResults]
"""Results of an analysis for one batch, by table."""


def read_results(text: str | None) -> dict[str, Results]:
    """Return what later analyses wrote, by batch number, from the entry of a build.

    Raises:
        StoreError: if the entry is damaged.
    """
    if text is None:
        return {}
    try:
        batches = JsonObject.parse(text)
        return {
            number: {
                table: _written(batches.object(number).object(table))
                for table in batches.object(number).names
            }
            for number in batches.names
        }
    except (ValueError, RecursionError) as error:
        raise damaged("the record of the growth analysis", error) from error


def results_json(results: Mapping[str, Results]) -> str:
    """Return what later analyses wrote as JSON."""
    return json.dumps(
        {
            number: {
                table: {
                    "rows": written.rows,
                    "digest": written.digest,
                    "keys": [{"first": keys.first, "last": keys.last} for keys in written.ranges],
                }
                for table, written in tables.items()
            }
            for number, tables in results.items()
        }
    )


def _written(values: JsonObject) -> WrittenResults:
    ranges = tuple(
        KeyRange(keys.integer("first"), keys.integer("last")) for keys in values.objects("keys")
    )
    written = WrittenResults(values.integer("rows"), values.text("digest"), ranges)
    if sum(keys.last - keys.first + 1 for keys in ranges) != written.rows:
        raise ValueError("numbers of rows and keys differ")
    return written


class DerivedRows:
    """The results of the growth analysis for the batches of one build."""

    def __init__(
        self, connection: sa.Connection, manifest: Manifest, results: Mapping[str, Results]
    ) -> None:
        """Set the build.

        Args:
            connection: to the database.
            manifest: of the build.
            results: what later analyses wrote, by batch number.
        """
        self._connection = connection
        self._results = results
        self._tables = {name: readable_table(connection, name) for name in RESULT_TABLES}
        self._batches = {
            part.tables[BATCHES].first_key: part
            for part in manifest.parts
            if BATCHES in part.tables and part.tables[BATCHES].rows
        }

    @property
    def batches(self) -> Mapping[int, PartEntry]:
        """The part of each batch by the primary key of the batch."""
        return self._batches

    @property
    def has_runs(self) -> bool:
        """True if projections belong to runs of their scenarios."""
        return (
            later_versions.REPLACED_REFERENCES[PROJECTIONS][1] in self._tables[PROJECTIONS].columns
        )

    def scenarios(self, batch: int | None = None) -> list[int]:
        """Return the primary keys of the scenarios that the build or a later analysis inserted.

        Args:
            batch: primary key of a batch; all batches if None.
        """
        parts = self._batches.values() if batch is None else [self._batches[batch]]
        return [key for part in parts for key in self.written(part, SCENARIOS).keys.tolist()]

    def written(self, part: PartEntry, table: str) -> WrittenResults:
        """Return what the last analysis wrote of a batch."""
        if table in (results := self._results.get(part.name, {})):
            return results[table]
        rows = part.tables.get(table)
        if rows is None or not rows.rows:
            return _NOTHING
        return WrittenResults(rows.rows, rows.digest, (KeyRange(rows.first_key, rows.last_key),))

    def present(self, batch: int, table: str, scenarios: Iterable[int]) -> Columns:
        """Return the rows of a batch that are in the database, as of AquaMind 6.1.

        Args:
            batch: primary key of the batch.
            table: one of the tables of the analysis.
            scenarios: primary keys of the scenarios whose rows are meant.
        """
        rows, own = self._tables[table], sorted(scenarios)
        if table == STATES:
            found = read_columns(self._connection, rows, rows.c.batch_id == batch)
        elif table == SCENARIOS or not self.has_runs:
            found = read_columns(self._connection, rows, rows.c.scenario_id.in_(own))
        else:
            found = self._projections_of_runs(own)
        return Columns(
            {column.name: found[column.name] for column in TABLES[table].columns}, len(found)
        )

    def is_intact(self, batch: int, table: str) -> bool:
        """Return whether the rows of a batch are those that the last analysis wrote."""
        written = self.written(self._batches[batch], table)
        present = self.present(batch, table, self.scenarios(batch))
        if len(present) != written.rows:
            return False
        return not len(present) or table_digest(present) == written.digest

    def inserted_keys(self, batch: int, table: str) -> frozenset[int]:
        """Return the primary keys of rows of a batch that others inserted."""
        present = self.present(batch, table, self.scenarios(batch))
        keys = present.values(TABLES[table].columns[0].name).tolist()
        return frozenset(keys).difference(self.written(self._batches[batch], table).keys.tolist())

    def inserted(self) -> Mapping[str, int]:
        """Return how many rows others inserted, by table, that belong to batches of the build.

        Scenarios are left out: they refer to batches as any other row does.
        """
        counts = {}
        for table in (STATES, PROJECTIONS):
            expected = [self.written(part, table).keys for part in self._batches.values()]
            known = np.concatenate(expected) if expected else np.zeros(0, np.int64)
            present = np.array(self._present_keys(table), np.int64)
            if others := int((~np.isin(present, known)).sum()):
                counts[table] = others
        return counts

    def unknown(self) -> Mapping[str, int]:
        """Return how many rows neither the build nor a later analysis wrote, by result table."""
        counts = {}
        for table in RESULT_TABLES:
            written = [self.written(part, table).keys for part in self._batches.values()]
            known = np.concatenate(written) if written else np.zeros(0, np.int64)
            rows = self._tables[table]
            keys = self._connection.execute(sa.select(rows.columns[0])).scalars()
            if others := int((~np.isin(np.array(list(keys), np.int64), known)).sum()):
                counts[table] = others
        return counts

    def changed_runs(self) -> Iterable[str]:
        """Yield the batches whose projection runs differ from what their projections give."""
        if not self.has_runs:
            return
        for batch, part in self._batches.items():
            own = self.scenarios(batch)
            scenarios, projections = (
                self.present(batch, table, own) for table in (SCENARIOS, PROJECTIONS)
            )
            runs = read_columns(self._connection, RUNS, RUNS.c.run_id.in_(self._runs(own)))
            if not len(projections) and not len(runs):
                continue
            owners = set(scenarios.values("scenario_id").tolist())
            if not set(projections.values("scenario_id").tolist()) <= owners:
                yield part.name
                continue
            tables = {SCENARIOS: scenarios, PROJECTIONS: projections}
            expected = RunBuilder(0).add_to(tables)[RUNS.name]
            if _run_digest(runs) != _run_digest(expected):
                yield part.name

    def _present_keys(self, table: str) -> list[int]:
        rows = self._tables[table]
        if table == STATES:
            batches = list(self._batches)
            if not batches:
                return []
            where = rows.c.batch_id.between(min(batches), max(batches))
        elif self.has_runs:
            where = rows.c.projection_run_id.in_(self._runs(self.scenarios()))
        else:
            where = rows.c.scenario_id.in_(self.scenarios())
        return list(self._connection.execute(sa.select(rows.columns[0]).where(where)).scalars())

    def _runs(self, scenarios: Iterable[int]) -> list[int]:
        """Return the run of each scenario that has the label of aquadata: the first of them."""
        is_own = RUNS.c.scenario_id.in_(sorted(scenarios)) & (RUNS.c.label == LABEL)
        first = sa.select(sa.func.min(RUNS.c.run_id)).where(is_own).group_by(RUNS.c.scenario_id)
        return list(self._connection.execute(first).scalars())

    def _projections_of_runs(self, scenarios: list[int]) -> Columns:
        """Return projections with their scenarios instead of runs."""
        rows = self._tables[PROJECTIONS]
        runs = self._runs(scenarios)
        found = read_columns(self._connection, rows, rows.c.projection_run_id.in_(runs))
        query = sa.select(RUNS.c.run_id, RUNS.c.scenario_id).where(RUNS.c.run_id.in_(runs))
        scenario_of: dict[int, int] = dict(self._connection.execute(query).all())
        owners = [scenario_of[run] for run in found.values("projection_run_id").tolist()]
        return found.with_columns(scenario_id=integers(np.array(owners, np.int64)))


def written_results(
    present: Columns, table: str, inserted: Collection[int] | None = None
) -> WrittenResults:
    """Return what to record of the rows that an analysis has just left.

    Args:
        present: the rows.
        table: their table.
        inserted: primary keys of rows among them that others inserted, if others made changes that
            the analysis did not replace: such rows are compared as changed from now on.
    """
    keys = present.values(TABLES[table].columns[0].name)
    digest = table_digest(present) if inserted is None else ""
    keys = keys[~np.isin(keys, list(inserted or ()))]
    if not len(keys):
        return WrittenResults(0, digest, ())
    breaks = np.flatnonzero(np.diff(keys) != 1)
    first = keys[np.concatenate(([0], breaks + 1))].tolist()
    last = keys[np.concatenate((breaks, [len(keys) - 1]))].tolist()
    ranges = tuple(KeyRange(low, high) for low, high in zip(first, last, strict=True))
    return WrittenResults(len(keys), digest, ranges)


def _run_digest(runs: Columns) -> str:
    order = np.argsort(runs.values("scenario_id"), kind="stable")
    names = ("scenario_id", *_COMPARED_RUN_COLUMNS)
    return table_digest(Columns({name: runs[name] for name in names}, len(runs)).take(order))
