"""What a process of the pool does: simulate one batch and write it."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, replace

from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.feed import FeedAccount
from ..lifecycle.feeding import FeedDemand
from ..lifecycle.history import demand_of, simulate_batch
from ..schema import TABLES
from ..stores.kinds import complete
from ..stores.store import PartWriter
from .digests import table_digest
from .inputs import Build
from .manifest import PartEntry, Written


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
    """Works on one build, in this process or in one of a pool."""

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
        """Simulate a batch and write it."""
        started = time.perf_counter()
        history = simulate_batch(self.build.inputs(task.position), task.account)
        tables = complete_tables(history.tables)
        entry = part_entry(history.number, tables, time.perf_counter() - started)
        self._writer.write(entry.name, entry.to_json(), tables)
        return replace(entry, seconds=round(time.perf_counter() - started, 3))


def complete_tables(tables: BatchTables) -> BatchTables:
    """Rows with every column of their tables."""
    return {name: complete(TABLES[name], columns) for name, columns in tables.items()}


def part_entry(name: str, tables: BatchTables, seconds: float) -> PartEntry:
    """What the manifest says of rows that were written."""
    written = {table: _written(columns) for table, columns in tables.items()}
    return PartEntry(name, written, round(seconds, 3))


def _written(columns: Columns) -> Written:
    return Written(len(columns), table_digest(columns))


_worker: Worker | None = None


def begin(build: Build, writer: PartWriter) -> None:
    """Make this process a worker of a build; Ctrl-C is left to the process that leads it."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = Worker(build, writer)


def demand(position: int) -> FeedDemand:
    """`Worker.demand` in a process of the pool."""
    assert _worker is not None
    return _worker.demand(position)


def batch(task: BatchTask) -> PartEntry:
    """`Worker.batch` in a process of the pool."""
    assert _worker is not None
    return _worker.batch(task)
