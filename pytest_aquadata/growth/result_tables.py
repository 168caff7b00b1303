"""Rows of the growth analysis put in the place of those that a database holds.

The database compares them itself: rows that are replaced keep their primary keys, and what is
there already, value for value, stays.
Where projections belong to runs of their scenarios, each scenario has one run that is ours; the
runs of others are left alone.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..databases.bulk_insert import insert_columns
from ..databases.column_types import complete, form_of
from ..databases.layout import table_as_found
from ..databases.projection_runs import LABEL, run_columns
from ..databases.sqlite_rows import sqlite_values
from ..databases.temp_tables import staged
from ..lifecycle.columns import Columns, integers
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from ..schema import TABLES
from ..schema.later_versions import BATCHES, PROJECTION_RUNS, REPLACED_REFERENCES

_KEPT_OF_A_SCENARIO = frozenset({"scenario_id", "supplier", "created_at", "created_by_id"})
_CHANGED_OF_A_RUN = ("total_projections", "final_weight_g", "final_biomass_kg", "updated_at")


class ResultTables:
    """The tables that the analysis writes, in one database."""

    def __init__(self, connection: sa.Connection) -> None:
        """Look at the tables.

        Args:
            connection: to the database; its transactions are the caller's.
        """
        self._connection = connection
        self._tables = {name: table_as_found(connection, name) for name in (STATES, PROJECTIONS)}
        self._batches = table_as_found(connection, "batch_batch")
        self._owner = next(
            name
            for name in REPLACED_REFERENCES[PROJECTIONS]
            if name in self._tables[PROJECTIONS].columns
        )

    @property
    def has_runs(self) -> bool:
        """Whether projections belong to runs of their scenarios."""
        return self._owner == REPLACED_REFERENCES[PROJECTIONS][1]

    @property
    def batches(self) -> sa.Table:
        """The table of batches, as it is there."""
        return self._batches

    def pinned(self, batch: int) -> int | None:
        """The scenario that a batch is pinned to."""
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
        """Pin a batch to a scenario of its own if it is pinned to none."""
        name, key = REPLACED_REFERENCES["batch_batch"][self.has_runs], scenario
        if self.has_runs:
            key = self._own_run(scenario) or 0
        table = sa.table("batch_batch", sa.column("id"), sa.column(name))
        free = (table.c.id == batch) & table.c[name].is_(None)
        self._connection.execute(sa.update(table).where(free).values(**{name: key}))

    def replace_states(self, batch: int, columns: Columns, since: date | None = None) -> None:
        """Put states in the place of those that a batch has from a day on."""
        table = self._tables[STATES]
        where = table.c.batch_id == batch
        if since is not None:
            where &= table.c.date >= since
        self._replace(table, columns, where, ("assignment_id", "date"))

    def replace_projections(self, scenario: int, columns: Columns) -> None:
        """Put projections in the place of those that a scenario has."""
        table, owner = self._tables[PROJECTIONS], scenario
        if self.has_runs:
            owner = self._keep_run(scenario, columns)
            kept = {name: one for name, one in columns.columns.items() if name != "scenario_id"}
            runs = np.full(len(columns), owner, np.int64)
            columns = Columns(kept, len(columns)).with_columns(**{self._owner: integers(runs)})
        where = table.c[self._owner] == owner
        self._replace(table, columns, where, (self._owner, "day_number"))

    def insert_scenario(self, batch: int, columns: Columns) -> int:
        """Enter a scenario of a batch; returns its key."""
        table = TABLES[SCENARIOS]
        self._insert(table, columns)
        newest = sa.select(sa.func.max(table.c.scenario_id)).where(table.c.batch_id == batch)
        return int(self._connection.execute(newest).scalar_one())

    def update_scenario(self, scenario: int, columns: Columns) -> None:
        """Bring a scenario up to date."""
        table = TABLES[SCENARIOS]
        given = _values(table, columns)
        changed = {name: one for name, one in given.items() if name not in _KEPT_OF_A_SCENARIO}
        light = sa.table(table.name, *map(sa.column, table.columns.keys()))
        own = light.c.scenario_id == scenario
        self._connection.execute(sa.update(light).where(own).values(**changed))

    def _own_run(self, scenario: int) -> int | None:
        own = (PROJECTION_RUNS.c.scenario_id == scenario) & (PROJECTION_RUNS.c.label == LABEL)
        return self._connection.execute(
            sa.select(sa.func.min(PROJECTION_RUNS.c.run_id)).where(own)
        ).scalar()

    def _keep_run(self, scenario: int, projections: Columns) -> int:
        """Enter the run of a scenario, or bring the one it has up to date; returns its key."""
        last = projections.take(np.array([int(projections.values("day_number").argmax())]))
        held = self._own_run(scenario)
        of_scenario = PROJECTION_RUNS.c.scenario_id == scenario
        numbers = sa.select(sa.func.max(PROJECTION_RUNS.c.run_number)).where(of_scenario)
        number = (self._connection.execute(numbers).scalar() or 0) + 1
        made = run_columns([0], [scenario], [number], [len(projections)], last)
        if held is None:
            self._insert(PROJECTION_RUNS, made)
            return int(self._own_run(scenario) or 0)
        given = _values(PROJECTION_RUNS, made)
        light = sa.table(PROJECTION_RUNS.name, *map(sa.column, PROJECTION_RUNS.columns.keys()))
        changed = {name: given[name] for name in _CHANGED_OF_A_RUN}
        self._connection.execute(sa.update(light).where(light.c.run_id == held).values(**changed))
        return held

    def _replace(
        self,
        table: sa.Table,
        columns: Columns,
        where: sa.ColumnElement[bool],
        unique: tuple[str, str],
    ) -> None:
        """Put rows in the place of others.

        Args:
            table: the table.
            columns: the rows to come.
            where: which rows are there in their place.
            unique: what tells them apart.
        """
        names = table.columns.keys()[1:]
        changing = [name for name in names if name not in unique]
        with staged(self._connection, table, _keyless(table, columns), unique) as coming:
            same = sa.and_(*(table.c[name] == coming.c[name] for name in unique))
            differs = sa.or_(*(table.c[name].is_distinct_from(coming.c[name]) for name in changing))
            changed = {name: coming.c[name] for name in changing}
            gone = ~sa.select(coming).where(same).correlate(table).exists()
            new = ~sa.select(table).where(where, same).correlate(coming).exists()
            come = sa.select(*coming.c).where(new).order_by(*(coming.c[name] for name in unique))
            for statement in (
                sa.update(table).where(where, same, differs).values(changed),
                sa.delete(table).where(where, gone),
                sa.insert(table).from_select(names, come),
            ):
                self._connection.execute(statement)

    def _insert(self, table: sa.Table, columns: Columns) -> None:
        """Insert rows, which the database numbers."""
        insert_columns(self._connection, table, _keyless(table, complete(table, columns)))


def _keyless(table: sa.Table, columns: Columns) -> Columns:
    key = table.columns[0].name
    kept = {name: column for name, column in columns.columns.items() if name != key}
    return Columns(kept, len(columns))


def _values(table: sa.Table, columns: Columns) -> dict[str, Any]:
    """A row as numbers and texts that every database takes, by column, without its key."""
    whole = _keyless(table, complete(table, columns))
    return {
        name: sqlite_values(column, form_of(table.c[name]))[0]
        for name, column in whole.columns.items()
    }
