"""Comparison of a build's rows with its manifest: rows changed, removed or inserted since."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa

from ..databases.column_reader import read_columns
from ..databases.layout import readable_table
from ..datasets.digests import table_digest
from ..datasets.manifest import Manifest, WrittenRows
from ..lifecycle.columns import Column, Columns, texts
from ..presets.master_data.tables import UNUSABLE_PASSWORD
from ..schema import TABLES, later_versions
from .derived_rows import RESULT_TABLES, DerivedRows
from .ownership import BATCHES, DERIVED, RUNS

_USERS = "auth_user"
_PIN, _RUN = later_versions.REPLACED_REFERENCES[BATCHES]


class DriftCheck:
    """Compares the rows of a build with the digests in its manifest."""

    def __init__(self, connection: sa.Connection, manifest: Manifest, derived: DerivedRows) -> None:
        """Set the build.

        Args:
            connection: to the database.
            manifest: of the build.
            derived: results of the growth analysis for its batches.
        """
        self._connection = connection
        self._manifest = manifest
        self._derived = derived
        self._tables: dict[str, sa.Table] = {}

    def inserted(self) -> Iterator[tuple[str, int, int, int]]:
        """Yield tables with rows between the keys of the build that it did not write.

        Yields:
            The table, how many rows, and the lowest and highest key of the build.
        """
        for name, keys in self._manifest.keys.items():
            if name in DERIVED:
                continue
            parts = [part.tables[name] for part in self._manifest.parts if name in part.tables]
            between = self._count(name, keys.first, keys.last)
            # rows deleted from one part must not hide rows inserted between two others
            inside = [(part, self._count(name, part.first_key, part.last_key)) for part in parts]
            inserted = between - sum(count for _, count in inside)
            inserted += sum(max(count - part.rows, 0) for part, count in inside)
            if inserted > 0:
                yield name, inserted, keys.first, keys.last

    def changed(self, most_rows: int | None = None) -> Iterator[str]:
        """Yield each table and part of the build whose rows have changed.

        Args:
            most_rows: compare only the numbers of rows in tables that have more; None for all.
        """
        large = {
            name
            for name, written in self._manifest.tables.items()
            if most_rows is not None and written.rows > most_rows
        }
        for part in self._manifest.parts:
            for name, written in part.tables.items():
                if not written.rows or name in DERIVED:
                    continue
                count = self._count(name, written.first_key, written.last_key)
                if count != written.rows or not (name in large or self._is_same(name, written)):
                    yield f"{name} of {part.name}"
        for batch, part in self._derived.batches.items():
            for name in RESULT_TABLES:
                if name not in large and not self._derived.is_intact(batch, name):
                    yield f"{name} of {part.name}"
        for number in self._derived.changed_runs():
            yield f"{RUNS.name} of {number}"

    def _count(self, name: str, first: int, last: int) -> int:
        key = TABLES[name].columns[0]
        count = sa.select(sa.func.count()).where(key.between(first, last))
        return int(self._connection.execute(count).scalar_one())

    def _is_same(self, name: str, written: WrittenRows) -> bool:
        key = TABLES[name].columns[0].name
        if name not in self._tables:
            self._tables[name] = readable_table(self._connection, name)
        table = self._tables[name]
        within = table.c[key].between(written.first_key, written.last_key)
        rows = read_columns(self._connection, table, within)
        if name == BATCHES:
            rows = self._with_pins(rows)
        if name == _USERS:
            rows = _before_sign_in(rows)
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
            query = sa.select(RUNS.c.run_id, RUNS.c.scenario_id)
            scenario_of: dict[int, int] = dict(self._connection.execute(query).all())
            scenario = np.array([scenario_of.get(key, 0) for key in scenario.tolist()], np.int64)
        if not self._manifest.growth:
            null |= np.isin(scenario, self._derived.scenarios())
        return batches.with_columns(**{_PIN: Column(scenario, null)})


def _before_sign_in(users: Columns) -> Columns:
    """Return users without the passwords and sign-ins that they have had since the build."""
    signed_in = users["last_login"]
    return users.with_columns(
        password=texts([UNUSABLE_PASSWORD] * len(users)),
        last_login=Column(np.zeros_like(signed_in.values), np.ones(len(users), np.bool_)),
    )
