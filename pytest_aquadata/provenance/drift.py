"""Comparison of a build's rows with its manifest: rows changed, removed or inserted since."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa

from ..databases.column_reader import read_columns
from ..databases.layout import readable_table
from ..datasets.digests import table_digest
from ..datasets.manifest import Manifest, WrittenRows
from ..lifecycle.columns import Column, Columns
from ..schema import TABLES, later_versions
from .ownership import DERIVED, Ownership

_PIN, _RUN = later_versions.REPLACED_REFERENCES["batch_batch"]


class DriftCheck:
    """Compares the rows of a build with the digests in its manifest."""

    def __init__(self, connection: sa.Connection, manifest: Manifest, ownership: Ownership) -> None:
        """Set the build.

        Args:
            connection: to the database.
            manifest: of the build.
            ownership: conditions for its rows.
        """
        self._connection = connection
        self._manifest = manifest
        self._ownership = ownership
        self._tables: dict[str, sa.Table] = {}

    def changed(self) -> Iterator[str]:
        """Yield each table and part of the build whose rows have changed.

        Tables of the growth analysis are not compared: any later analysis replaces their rows.
        """
        for part in self._manifest.parts:
            for name, written in part.tables.items():
                if written.rows and name not in DERIVED and not self._is_same(name, written):
                    yield f"{name} of {part.name}"

    def _is_same(self, name: str, written: WrittenRows) -> bool:
        key = TABLES[name].columns[0].name
        if name not in self._tables:
            self._tables[name] = readable_table(self._connection, name)
        table = self._tables[name]
        count = sa.select(sa.func.count()).select_from(table)
        within = table.c[key].between(written.first_key, written.last_key)
        if self._connection.execute(count.where(within)).scalar_one() != written.rows:
            return False
        rows = read_columns(self._connection, table, within)
        if name == "batch_batch":
            rows = self._with_pins(rows)
        columns = {column.name: rows[column.name] for column in TABLES[name].columns}
        return table_digest(Columns(columns, len(rows))) == written.digest

    def _with_pins(self, batches: Columns) -> Columns:
        """Return batches with the pinned scenarios that the build wrote.

        Pins to projection runs become pins to scenarios, as in AquaMind 6.1. A pin to a scenario
        of a later growth analysis becomes null.
        """
        pin = batches[_PIN if _PIN in batches else _RUN]
        scenario = pin.values.copy()
        null = np.zeros(len(batches), np.bool_) if pin.null is None else pin.null.copy()
        if _RUN in batches:
            run = later_versions.PROJECTION_RUNS.c
            query = sa.select(run.run_id, run.scenario_id)
            scenario_of: dict[int, int] = dict(self._connection.execute(query).all())
            scenario = np.array([scenario_of.get(key, 0) for key in scenario.tolist()], np.int64)
        if not self._manifest.growth:
            rows = self._ownership.rows("scenario")
            own = sa.select(rows.c.scenario_id).where(self._ownership.own(rows))
            null |= np.isin(scenario, list(self._connection.execute(own).scalars()))
        return batches.with_columns(**{_PIN: Column(scenario, null)})
