"""Which rows of a database belong to a build.

Most are known by their primary keys, which the manifest says. What the growth analysis derives
belongs to the build whose batches it is about, whoever derived it last: daily states, the batches'
own scenarios, and the projections of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from ..databases.projection_runs import LABEL
from ..datasets.manifest import KeyRange
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from ..lifecycle.growth_analysis.scenarios import OWN_NAMES
from ..schema import TABLES, later_versions

DERIVED = (PROJECTIONS, later_versions.PROJECTION_RUNS.name, STATES, SCENARIOS)
"""What the growth analysis writes: rows go in this order."""

_BATCHES = "batch_batch"


class Ownership:
    """The rows of one build."""

    def __init__(self, keys: Mapping[str, KeyRange], *, has_runs: bool) -> None:
        """Take the keys that a manifest says.

        Args:
            keys: between which primary keys the rows of each table lie.
            has_runs: whether projections belong to runs of their scenarios.
        """
        self._keys = {name: one for name, one in keys.items() if name not in DERIVED}
        self._has_runs = has_runs
        self.derived = tuple(
            name for name in DERIVED if _BATCHES in keys and (has_runs or name in TABLES)
        )

    @property
    def tables(self) -> Iterable[str]:
        """Names of the tables that may have rows of it."""
        return (*self._keys, *self.derived)

    @property
    def keys(self) -> Mapping[str, KeyRange]:
        """Between which primary keys rows lie, where keys say it."""
        return self._keys

    def key(self, name: str) -> str:
        """Name of the key column of a table."""
        table = (
            later_versions.PROJECTION_RUNS
            if name == later_versions.PROJECTION_RUNS.name
            else TABLES[name]
        )
        return str(table.columns[0].name)

    def rows(self, name: str, *more: str) -> sa.TableClause:
        """A table with the columns that tell whose a row is.

        Args:
            name: of the table.
            more: further columns.
        """
        told = {
            STATES: ("batch_id",),
            SCENARIOS: ("batch_id", "name"),
            PROJECTIONS: ("projection_run_id" if self._has_runs else "scenario_id",),
            later_versions.PROJECTION_RUNS.name: ("scenario_id", "label"),
        }
        wanted = [*more]
        if name in self.tables:
            wanted += [self.key(name), *(told[name] if name in self.derived else ())]
        return sa.table(name, *map(sa.column, dict.fromkeys(wanted)))

    def own(self, rows: sa.TableClause) -> sa.ColumnElement[bool]:
        """Whether a row belongs to the build."""
        name = rows.name
        if name not in self.derived:
            return self.holds(name, rows.c[self.key(name)])
        if name == SCENARIOS:
            batch = TABLES[_BATCHES].alias("owner")
            named = sa.or_(*(rows.c.name == prefix + batch.c.batch_number for prefix in OWN_NAMES))
            batches = sa.select(batch.c.id).where(batch.c.id == rows.c.batch_id, named)
            return self.holds(_BATCHES, rows.c.batch_id) & batches.exists()
        if name == STATES:
            return self.holds(_BATCHES, rows.c.batch_id)
        if name == later_versions.PROJECTION_RUNS.name:
            return self.holds(SCENARIOS, rows.c.scenario_id) & (rows.c.label == LABEL)
        if self._has_runs:
            return self.holds(later_versions.PROJECTION_RUNS.name, rows.c.projection_run_id)
        return self.holds(SCENARIOS, rows.c.scenario_id)

    def not_own(self, rows: sa.TableClause) -> sa.ColumnElement[bool]:
        """Whether a row belongs to somebody else; what is null counts as another's."""
        if rows.name not in self.tables:
            return sa.true()
        return sa.case((self.own(rows), 1), else_=0) == 0

    def holds(self, name: str, key: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether a key is that of a row of the build.

        Args:
            name: the table.
            key: a column that refers to it.
        """
        if name in self._keys:
            return key.between(self._keys[name].first, self._keys[name].last)
        rows = self.rows(name)
        # MariaDB deletes from no table that a subquery reads, unless that is materialised
        listed = sa.select(rows.c[self.key(name)]).where(self.own(rows)).subquery()
        return key.in_(sa.select(listed.c[self.key(name)]))
