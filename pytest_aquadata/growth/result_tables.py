"""Replacement of the growth analysis rows of a database.

New rows go into a temporary table and the database compares them with the existing ones: unchanged
rows are not written, and changed rows keep their primary keys. In AquaMind versions in which
projections belong to runs of scenarios, each scenario has one run with the label of aquadata; other
runs are not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..databases.bulk_insert import insert_columns
from ..databases.column_types import complete
from ..databases.layout import readable_table
from ..databases.projection_runs import LABEL, run_columns
from ..databases.python_rows import driver_values
from ..databases.temp_tables import staged
from ..lifecycle.columns import Columns, constant, integers
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from ..schema import TABLES
from ..schema.later_versions import BATCHES, PROJECTION_RUNS, REPLACED_REFERENCES

_UNCHANGED_SCENARIO_COLUMNS = frozenset({"scenario_id", "supplier", "created_at", "created_by_id"})
_UPDATED_RUN_COLUMNS = ("total_projections", "final_weight_g", "final_biomass_kg", "updated_at")


class ResultTables:
    """The tables that the growth analysis writes, in one database."""

    def __init__(self, connection: sa.Connection) -> None:
        """Inspect the tables of the database.

        Args:
            connection: connection to the database; its transactions are the caller's.
        """
        self._connection = connection
        self._written = 0
        self._tables = {name: readable_table(connection, name) for name in (STATES, PROJECTIONS)}
        self._batches = readable_table(connection, "batch_batch")
        self._owner_column = next(
            name
            for name in REPLACED_REFERENCES[PROJECTIONS]
            if name in self._tables[PROJECTIONS].columns
        )

    @property
    def has_runs(self) -> bool:
        """True if projections belong to runs of their scenarios."""
        return self._owner_column == REPLACED_REFERENCES[PROJECTIONS][1]

    @property
    def written(self) -> int:
        """Number of rows of results that were inserted, updated or deleted so far."""
        return self._written

    @property
    def batches(self) -> sa.Table:
        """The table of batches with the columns that the database has."""
        return self._batches

    def pinned_scenario(self, batch: int) -> int | None:
        """Return the primary key of the scenario that a batch is pinned to; None without one."""
        if not self.has_runs:
            query = sa.select(self._batches.c.pinned_scenario_id).where(self._batches.c.id == batch)
        else:
            pin = BATCHES.c.pinned_projection_run_id == PROJECTION_RUNS.c.run_id
            query = (
                sa.select(PROJECTION_RUNS.c.scenario_id)
                .join(BATCHES, pin)
                .where(BATCHES.c.id == batch)
            )
        return self._connection.execute(query).scalar()

    def pin(self, batch: int, scenario: int) -> None:
        """Pin a batch to one of its scenarios if it is not pinned."""
        name, key = REPLACED_REFERENCES["batch_batch"][self.has_runs], scenario
        if self.has_runs:
            key = self._own_run(scenario) or 0
        table = sa.table("batch_batch", sa.column("id"), sa.column(name))
        is_unpinned = (table.c.id == batch) & table.c[name].is_(None)
        self._connection.execute(sa.update(table).where(is_unpinned).values(**{name: key}))

    def replace_states(self, batch: int, columns: Columns, since: date | None = None) -> None:
        """Replace the states of a batch, all or from a day on."""
        table = self._tables[STATES]
        where = table.c.batch_id == batch
        if since is not None:
            where &= table.c.date >= since
        self._replace(table, columns, where, ("assignment_id", "date"))

    def replace_projections(self, scenario: int, columns: Columns) -> None:
        """Replace the projections of a scenario."""
        table, owner = self._tables[PROJECTIONS], scenario
        if self.has_runs:
            owner = self._save_run(scenario, columns)
            runs = integers(np.full(len(columns), owner, np.int64))
            columns = _without(columns, "scenario_id").with_columns(**{self._owner_column: runs})
        where = table.c[self._owner_column] == owner
        self._replace(table, columns, where, (self._owner_column, "day_number"))

    def insert_scenario(self, batch: int, columns: Columns) -> int:
        """Insert a scenario of a batch and return its primary key."""
        table = TABLES[SCENARIOS]
        self._insert(table, columns)
        newest = sa.select(sa.func.max(table.c.scenario_id)).where(table.c.batch_id == batch)
        return int(self._connection.execute(newest).scalar_one())

    def update_scenario(self, scenario: int, columns: Columns) -> None:
        """Update a scenario, except its supplier and its creation."""
        values = self._row_values(TABLES[SCENARIOS], columns)
        for name in _UNCHANGED_SCENARIO_COLUMNS & values.keys():
            del values[name]
        self._update_row(TABLES[SCENARIOS], scenario, values)
        self._written += 1

    def _own_run(self, scenario: int) -> int | None:
        """Return the primary key of aquadata's run of a scenario; None without one."""
        is_own = (PROJECTION_RUNS.c.scenario_id == scenario) & (PROJECTION_RUNS.c.label == LABEL)
        return self._connection.execute(
            sa.select(sa.func.min(PROJECTION_RUNS.c.run_id)).where(is_own)
        ).scalar()

    def _save_run(self, scenario: int, projections: Columns) -> int:
        """Insert aquadata's run of a scenario, or update it; return its primary key."""
        last = projections.take(np.array([int(projections.values("day_number").argmax())]))
        existing = self._own_run(scenario)
        is_of_scenario = PROJECTION_RUNS.c.scenario_id == scenario
        highest = sa.select(sa.func.max(PROJECTION_RUNS.c.run_number)).where(is_of_scenario)
        number = (self._connection.execute(highest).scalar() or 0) + 1
        owner = self._connection.execute(
            sa.select(TABLES[SCENARIOS].c.created_by_id).where(
                TABLES[SCENARIOS].c.scenario_id == scenario
            )
        ).scalar()
        run = run_columns([0], [scenario], [number], [len(projections)], last, constant(owner, 1))
        if existing is None:
            self._insert(PROJECTION_RUNS, run)
            return int(self._own_run(scenario) or 0)
        values = self._row_values(PROJECTION_RUNS, run)
        changed = {name: values[name] for name in _UPDATED_RUN_COLUMNS}
        self._update_row(PROJECTION_RUNS, existing, changed)
        return existing

    def _replace(
        self,
        table: sa.Table,
        columns: Columns,
        where: sa.ColumnElement[bool],
        unique: tuple[str, str],
    ) -> None:
        """Update, delete and insert rows so that a part of a table equals new rows.

        Args:
            table: the table.
            columns: the new rows.
            where: condition of the existing rows to replace.
            unique: columns that identify a row.
        """
        names = table.columns.keys()[1:]
        other_names = [name for name in names if name not in unique]
        with staged(self._connection, table, _without_key(table, columns), unique) as new:
            is_same = sa.and_(*(table.c[name] == new.c[name] for name in unique))
            differs = sa.or_(*(table.c[name].is_distinct_from(new.c[name]) for name in other_names))
            values = {name: new.c[name] for name in other_names}
            is_obsolete = ~sa.select(new).where(is_same).correlate(table).exists()
            is_added = ~sa.select(table).where(where, is_same).correlate(new).exists()
            order = [new.c[name] for name in unique]
            added = sa.select(*new.c).where(is_added).order_by(*order)
            for statement in (
                sa.update(table).where(where, is_same, differs).values(values),
                sa.delete(table).where(where, is_obsolete),
                sa.insert(table).from_select(names, added),
            ):
                self._written += self._connection.execute(statement).rowcount

    def _insert(self, table: sa.Table, columns: Columns) -> None:
        """Insert rows; the database assigns their primary keys."""
        self._written += len(columns)
        insert_columns(self._connection, table, _without_key(table, complete(table, columns)))

    def _row_values(self, table: sa.Table, columns: Columns) -> dict[str, Any]:
        """Return a row as values of the driver, without its primary key."""
        row = _without_key(table, complete(table, columns))
        values = driver_values(row, table, self._connection.dialect)
        return {name: column_values[0] for name, column_values in values.items()}

    def _update_row(self, table: sa.Table, key: int, values: Mapping[str, Any]) -> None:
        untyped = sa.table(table.name, *map(sa.column, table.columns.keys()))
        is_row = untyped.c[table.columns[0].name] == key
        self._connection.execute(sa.update(untyped).where(is_row).values(**values))


def _without(columns: Columns, dropped: str) -> Columns:
    remaining = {name: column for name, column in columns.columns.items() if name != dropped}
    return Columns(remaining, len(columns))


def _without_key(table: sa.Table, columns: Columns) -> Columns:
    return _without(columns, table.columns[0].name)
