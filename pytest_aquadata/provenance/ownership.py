"""Conditions in SQL for the rows that belong to a build.

Most rows are known by their primary keys, which the manifest has as ranges. Results of the growth
analysis belong to the build of their batches: daily states, the scenarios that the build or a later
analysis inserted, and the projections of these. `derived_rows` tells which of them others inserted.
The places that a profile may see belong to the build of the profile.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from ..databases.allowed_places import ALLOWED_PLACES, PROFILES
from ..databases.projection_runs import LABEL
from ..datasets.manifest import KeyRange
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from ..schema import TABLES, later_versions

RUNS = later_versions.PROJECTION_RUNS
DERIVED = (PROJECTIONS, RUNS.name, STATES, SCENARIOS)
"""Tables that the growth analysis writes, in the order in which rows are deleted."""

BATCHES = "batch_batch"


class Ownership:
    """The rows of one build."""

    def __init__(
        self,
        keys: Mapping[str, KeyRange],
        scenarios: Iterable[int],
        present: Container[str],
        *,
        has_runs: bool,
    ) -> None:
        """Set the build.

        Args:
            keys: range of primary keys by table, from the manifest.
            scenarios: primary keys of the scenarios of the build.
            present: names of the tables of the database.
            has_runs: True if projections belong to runs of their scenarios.
        """
        self._keys = {name: key_range for name, key_range in keys.items() if name not in DERIVED}
        self._scenarios = sorted(scenarios)
        self.has_runs = has_runs
        self.derived = (
            *(name for name in DERIVED if BATCHES in keys and (has_runs or name in TABLES)),
            *(name for name in ALLOWED_PLACES if PROFILES in keys and name in present),
        )

    @property
    def tables(self) -> Iterable[str]:
        """Names of the tables that may have rows of the build."""
        return (*self._keys, *self.derived)

    @property
    def keys(self) -> Mapping[str, KeyRange]:
        """Range of primary keys by table, without the tables of derived rows."""
        return self._keys

    def key(self, name: str) -> str:
        """Return the name of a table's key column."""
        if name in ALLOWED_PLACES:
            return "id"
        table = RUNS if name == RUNS.name else TABLES[name]
        return str(table.columns[0].name)

    def rows(
        self, name: str, *columns: str, schema: str | None = None, alias: str | None = None
    ) -> Any:
        """Return a table with the columns by which its rows are assigned to builds.

        Args:
            name: of the table.
            columns: further columns.
            schema: of the table, if it is not the one of the build's tables.
            alias: name of the table in a query; its own if None.
        """
        references = {
            STATES: ("batch_id",),
            SCENARIOS: (),
            PROJECTIONS: ("projection_run_id" if self.has_runs else "scenario_id",),
            RUNS.name: ("scenario_id", "label"),
            **dict.fromkeys(ALLOWED_PLACES, ("userprofile_id",)),
        }
        names = [*columns]
        if schema is None and name in self.tables:
            names += [self.key(name), *(references[name] if name in self.derived else ())]
        quoted: list[sa.ColumnClause[Any]] = [
            sa.column(_quoted(column)) for column in dict.fromkeys(names)
        ]
        table = sa.table(_quoted(name), *quoted, schema=schema and _quoted(schema))
        return table if alias is None else table.alias(alias)

    def own(self, name: str, rows: Any) -> sa.ColumnElement[bool]:
        """Return the condition that a row belongs to the build.

        Args:
            name: of the table.
            rows: the table, as `rows` returns it.
        """
        if name == STATES and name in self.derived:
            return self.refers_to_own(BATCHES, rows.c.batch_id)
        if name == PROJECTIONS and name in self.derived:
            owner = RUNS.name if self.has_runs else SCENARIOS
            return self.refers_to_own(
                owner, rows.c.projection_run_id if self.has_runs else rows.c.scenario_id
            )
        if name in ALLOWED_PLACES:
            return self.refers_to_own(PROFILES, rows.c.userprofile_id)
        return self.refers_to_own(name, rows.c[self.key(name)])

    def not_own(self, name: str, rows: Any, schema: str | None) -> sa.ColumnElement[bool]:
        """Return the condition that a row does not belong to the build; true if it is unknown."""
        if schema is not None or name not in self.tables:
            return sa.true()
        return sa.case((self.own(name, rows), 1), else_=0) == 0

    def refers_to_own(self, name: str, key: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Return the condition that a key is that of a row of the build.

        Args:
            name: of the table with the row.
            key: its primary key, or a column that refers to it.
        """
        if name in self._keys:
            return key.between(self._keys[name].first, self._keys[name].last)
        if name == SCENARIOS:
            return key.in_(self._scenarios)
        if name == RUNS.name:
            # MariaDB cannot delete from a table that a subquery reads unless it is materialised
            runs = self._own_runs()
            return key.in_(sa.select(runs.c.run_id))
        rows = self.rows(name)
        keys = sa.select(rows.c[self.key(name)]).where(self.own(name, rows)).subquery()
        return key.in_(sa.select(keys.c[self.key(name)]))

    def _own_runs(self) -> Any:
        """Return the run of each scenario that has the label of aquadata: the first of them."""
        runs = self.rows(RUNS.name).alias("own_run")
        return (
            sa.select(sa.func.min(runs.c.run_id).label("run_id"))
            .where(runs.c.scenario_id.in_(self._scenarios), runs.c.label == LABEL)
            .group_by(runs.c.scenario_id)
            .subquery()
        )


def _quoted(name: str) -> sa.quoted_name:
    """Return a name of any characters, which the compiler quotes."""
    return sa.quoted_name(name, quote=True)
