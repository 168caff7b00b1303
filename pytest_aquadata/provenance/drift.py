"""Rows of a build held against what it wrote: what has been changed, removed or put between."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa

from ..databases.column_reader import read_columns
from ..databases.layout import table_as_found
from ..datasets.digests import table_digest
from ..datasets.manifest import Manifest, Written
from ..lifecycle.columns import Column, Columns
from ..schema import TABLES, later_versions
from .ownership import DERIVED, Ownership

_PIN, _RUN = later_versions.REPLACED_REFERENCES["batch_batch"]


class DriftCheck:
    """A build's rows as they are now."""

    def __init__(
        self, connection: sa.Connection, manifest: Manifest, belongings: Ownership
    ) -> None:
        """Compare a build with its manifest.

        Args:
            connection: to the database.
            manifest: of the build.
            belongings: its rows.
        """
        self._connection = connection
        self._manifest = manifest
        self._belongings = belongings
        self._tables: dict[str, sa.Table] = {}

    def changed(self) -> Iterator[str]:
        """What is no more as it was written: a table and the part of the build.

        What the growth analysis derives is not compared: it is derived anew at will.
        """
        for part in self._manifest.parts:
            for name, written in part.tables.items():
                if written.rows and name not in DERIVED and not self._is_same(name, written):
                    yield f"{name} of {part.name}"

    def _is_same(self, name: str, written: Written) -> bool:
        key = TABLES[name].columns[0].name
        if name not in self._tables:
            self._tables[name] = table_as_found(self._connection, name)
        table = self._tables[name]
        counted = sa.select(sa.func.count()).select_from(table)
        within = table.c[key].between(written.first_key, written.last_key)
        if self._connection.execute(counted.where(within)).scalar_one() != written.rows:
            return False
        rows = read_columns(self._connection, table, within)
        if name == "batch_batch":
            rows = self._with_pins(rows)
        ours = {column.name: rows[column.name] for column in TABLES[name].columns}
        return table_digest(Columns(ours, len(rows))) == written.digest

    def _with_pins(self, batches: Columns) -> Columns:
        """Batches as version 6.1 pins them; not at all where the build had no scenarios."""
        pin = batches[_PIN if _PIN in batches else _RUN]
        pinned = pin.values.copy()
        null = np.zeros(len(batches), np.bool_) if pin.null is None else pin.null.copy()
        if _RUN in batches:
            run = later_versions.PROJECTION_RUNS.c
            query = sa.select(run.run_id, run.scenario_id)
            scenario_of: dict[int, int] = dict(self._connection.execute(query).all())
            pinned = np.array([scenario_of.get(key, 0) for key in pinned.tolist()], np.int64)
        if not self._manifest.growth:
            scenarios = self._belongings.rows("scenario")
            own = sa.select(scenarios.c.scenario_id).where(self._belongings.own(scenarios))
            null |= np.isin(pinned, list(self._connection.execute(own).scalars()))
        return batches.with_columns(**{_PIN: Column(pinned, null)})
