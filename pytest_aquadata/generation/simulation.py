"""One batch from its plan to complete columns, with its entry in the manifest."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ..databases.column_types import complete
from ..datasets.digests import table_digest
from ..datasets.manifest import PartEntry, WrittenRows
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.feed import FeedAccount
from ..lifecycle.feeding import FeedDemand
from ..lifecycle.growth_analysis.analyse import growth_tables
from ..lifecycle.history import demand_of, simulate_batch
from ..lifecycle.inputs import BatchInputs
from ..schema import TABLES
from .build_spec import BuildSpec


@dataclass(frozen=True)
class BatchTask:
    """One batch to simulate.

    Attributes:
        position: index of the batch in the build.
        account: its account in the feed ledger.
    """

    position: int
    account: FeedAccount


@dataclass(frozen=True)
class SimulatedPart:
    """Rows to load, with their entry in the manifest.

    Attributes:
        entry: name, row counts and digests; its seconds are those of the simulation.
        tables: every column of each table.
    """

    entry: PartEntry
    tables: BatchTables


def feed_demand(build: BuildSpec, position: int) -> FeedDemand:
    """Return the feed that a batch will eat, by day and container."""
    return demand_of(build.inputs(position))


def simulate(build: BuildSpec, task: BatchTask) -> SimulatedPart:
    """Simulate a batch and, if the build asks for it, its growth analysis."""
    started = time.perf_counter()
    inputs = build.inputs(task.position)
    tables: Mapping[str, Columns] = simulate_batch(inputs, task.account).tables
    if build.growth:
        tables = {**tables, **_growth_analysis(build, inputs, tables)}
    return simulated_part(inputs.plan.number, tables, started)


def _growth_analysis(build: BuildSpec, inputs: BatchInputs, tables: BatchTables) -> BatchTables:
    return growth_tables(
        tables,
        build.models,
        inputs.first_ids,
        geography=inputs.plan.geography,
        parameter=inputs.keys.parameters["temperature"],
        suppliers=build.supplier_names,
        owner=inputs.keys.users["manager"],
        as_of=inputs.as_of,
    )


def simulated_part(name: str, tables: BatchTables, started: float) -> SimulatedPart:
    """Complete the columns of a part and describe it.

    Args:
        name: name of the part.
        tables: columns by table; those with a default may be missing.
        started: value of `time.perf_counter()` when work on the part began.
    """
    whole = complete_tables(tables)
    written = {table: _written(table, columns) for table, columns in whole.items()}
    return SimulatedPart(PartEntry(name, written, seconds_since(started)), whole)


def complete_tables(tables: BatchTables) -> BatchTables:
    """Add the columns that have a default and are missing."""
    return {name: complete(TABLES[name], columns) for name, columns in tables.items()}


def seconds_since(started: float) -> float:
    """Return the time since a value of `time.perf_counter()`, to the millisecond."""
    return round(time.perf_counter() - started, 3)


def _written(table: str, columns: Columns) -> WrittenRows:
    if not len(columns):
        return WrittenRows(0, table_digest(columns))
    keys = columns.values(TABLES[table].columns[0].name)
    return WrittenRows(len(columns), table_digest(columns), int(keys.min()), int(keys.max()))
