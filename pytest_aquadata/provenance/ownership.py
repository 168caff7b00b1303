"""Conditions in SQL for the rows that belong to a build.

Most rows are known by their primary keys, which the manifest has as ranges. Results of the growth
analysis belong to the build of their batches, whichever analysis wrote them last: daily states,
the batches' own scenarios, and the projections of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from ..databases.projection_runs import LABEL
from ..datasets.manifest import KeyRange
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from ..lifecycle.growth_analysis.scenarios import OWN_NAME_PREFIXES
from ..schema import TABLES, later_versions

_RUNS = later_versions.PROJECTION_RUNS
DERIVED = (PROJECTIONS, _RUNS.name, STATES, SCENARIOS)
"""Tables that the growth analysis writes, in the order in which rows are deleted."""

_BATCHES = "batch_batch"


class Ownership:
    """The rows of one build."""

    def __init__(self, keys: Mapping[str, KeyRange], *, has_runs: bool) -> None:
        """Set the build.

        Args:
            keys: range of primary keys by table, from the manifest.
            has_runs: True if projections belong to runs of their scenarios.
        """
        self._keys = {name: key_range for name, key_range in keys.items() if name not in DERIVED}
        self._has_runs = has_runs
        self.derived = tuple(
            name for name in DERIVED if _BATCHES in keys and (has_runs or name in TABLES)
        )

    @property
    def tables(self) -> Iterable[str]:
        """Names of the tables that may have rows of the build."""
        return (*self._keys, *self.derived)

    @property
    def keys(self) -> Mapping[str, KeyRange]:
        """Range of primary keys by table, without the tables of the growth analysis."""
        return self._keys

    def key(self, name: str) -> str:
        """Return the name of a table's key column."""
        table = _RUNS if name == _RUNS.name else TABLES[name]
        return str(table.columns[0].name)

    def rows(self, name: str, *columns: str) -> sa.TableClause:
        """Return a table with the columns by which its rows are assigned to builds.

        Args:
            name: of the table.
            columns: further columns.
        """
        references = {
            STATES: ("batch_id",),
            SCENARIOS: ("batch_id", "name"),
            PROJECTIONS: ("projection_run_id" if self._has_runs else "scenario_id",),
            _RUNS.name: ("scenario_id", "label"),
        }
        names = [*columns]
        if name in self.tables:
            names += [self.key(name), *(references[name] if name in self.derived else ())]
        return sa.table(name, *map(sa.column, dict.fromkeys(names)))

    def own(self, rows: sa.TableClause) -> sa.ColumnElement[bool]:
        """Return the condition that a row belongs to the build."""
        name = rows.name
        if name not in self.derived:
            return self.refers_to_own(name, rows.c[self.key(name)])
        if name == SCENARIOS:
            batch = TABLES[_BATCHES].alias("owner")
            named = sa.or_(
                *(rows.c.name == prefix + batch.c.batch_number for prefix in OWN_NAME_PREFIXES)
            )
            batches = sa.select(batch.c.id).where(batch.c.id == rows.c.batch_id, named)
            return self.refers_to_own(_BATCHES, rows.c.batch_id) & batches.exists()
        if name == STATES:
            return self.refers_to_own(_BATCHES, rows.c.batch_id)
        if name == _RUNS.name:
            return self.refers_to_own(SCENARIOS, rows.c.scenario_id) & (rows.c.label == LABEL)
        if self._has_runs:
            return self.refers_to_own(_RUNS.name, rows.c.projection_run_id)
        return self.refers_to_own(SCENARIOS, rows.c.scenario_id)

    def not_own(self, rows: sa.TableClause) -> sa.ColumnElement[bool]:
        """Return the condition that a row does not belong to the build; true if it is unknown."""
        if rows.name not in self.tables:
            return sa.true()
        return sa.case((self.own(rows), 1), else_=0) == 0

    def refers_to_own(self, name: str, key: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Return the condition that a key is that of a row of the build.

        Args:
            name: of the table with the row.
            key: its primary key, or a column that refers to it.
        """
        if name in self._keys:
            return key.between(self._keys[name].first, self._keys[name].last)
        rows = self.rows(name)
        # MariaDB cannot delete from a table that a subquery reads unless it is materialised
        keys = sa.select(rows.c[self.key(name)]).where(self.own(rows)).subquery()
        return key.in_(sa.select(keys.c[self.key(name)]))
