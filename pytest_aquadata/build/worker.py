"""What a process of the crew does: simulate one batch and write it."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..databases.column_types import complete
from ..databases.store import PartWriter
from ..datasets.digests import table_digest
from ..datasets.manifest import PartEntry, Written
from ..lifecycle.analysis.analyse import growth_tables
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.feed import FeedAccount
from ..lifecycle.feeding import FeedDemand
from ..lifecycle.history import demand_of, simulate_batch
from ..lifecycle.inputs import BatchInputs
from ..schema import TABLES
from .inputs import Build


@dataclass(frozen=True)
class BatchTask:
    """One batch to simulate and write.

    Attributes:
        position: of the batch in the build.
        account: its account in the feed ledger.
    """

    position: int
    account: FeedAccount


class Worker:
    """Works on one build, in whatever process."""

    def __init__(self, build: Build, writer: PartWriter) -> None:
        """Take on a build.

        Args:
            build: the build.
            writer: writes each batch as a part of it.
        """
        self.build = build
        self._writer = writer

    def demand(self, position: int) -> FeedDemand:
        """What a batch will eat."""
        return demand_of(self.build.inputs(position))

    def batch(self, task: BatchTask) -> PartEntry:
        """Simulate a batch, analyse it and write it."""
        started = time.perf_counter()
        inputs = self.build.inputs(task.position)
        tables = simulate_batch(inputs, task.account).tables
        if self.build.growth:
            tables = {**tables, **self._analysed(inputs, tables)}
        tables = complete_tables(tables)
        entry = part_entry(inputs.plan.number, tables, time.perf_counter() - started)
        self._writer.write(entry.name, entry.to_json(), tables)
        return replace(entry, seconds=round(time.perf_counter() - started, 3))

    def _analysed(self, inputs: BatchInputs, tables: BatchTables) -> BatchTables:
        """The growth analysis of a batch, from its own rows."""
        return growth_tables(
            tables,
            self.build.models,
            inputs.first_ids,
            geography=inputs.plan.geography,
            parameter=inputs.keys.parameters["temperature"],
            suppliers=self.build.supplier_names,
            as_of=inputs.as_of,
        )


def complete_tables(tables: BatchTables) -> BatchTables:
    """Rows with every column of their tables."""
    return {name: complete(TABLES[name], columns) for name, columns in tables.items()}


def part_entry(name: str, tables: BatchTables, seconds: float) -> PartEntry:
    """What the manifest says of rows that were written."""
    written = {table: _written(table, columns) for table, columns in tables.items()}
    return PartEntry(name, written, round(seconds, 3))


def _written(table: str, columns: Columns) -> Written:
    if not len(columns):
        return Written(0, table_digest(columns))
    keys = columns.values(TABLES[table].columns[0].name)
    return Written(len(columns), table_digest(columns), int(keys.min()), int(keys.max()))


_enlisted: tuple[Path, Worker] | None = None
"""What this process is in the crew of a build, and the file that says so."""


def enlist(file: Path, member: Worker) -> None:
    """Make this process a member of a crew, and leave in a file what makes others members."""
    global _enlisted
    file.write_bytes(pickle.dumps(member, pickle.HIGHEST_PROTOCOL))
    _enlisted = file, member


def demands(file: Path, positions: Sequence[int]) -> list[FeedDemand]:
    """`Worker.demand` of some batches, as a member of the crew that the file is of."""
    return [_member(file).demand(position) for position in positions]


def batch(file: Path, task: BatchTask) -> PartEntry:
    """`Worker.batch`, as a member of the crew that the file is of."""
    return _member(file).batch(task)


def _member(file: Path) -> Worker:
    global _enlisted
    if _enlisted is None or _enlisted[0] != file:
        _enlisted = file, pickle.loads(file.read_bytes())
    return _enlisted[1]
