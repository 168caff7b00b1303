"""What a process of the pool does: simulate one batch and write it into a shard."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path

from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.feed import FeedAccount
from ..lifecycle.feeding import FeedDemand
from ..lifecycle.history import demand_of, simulate_batch
from ..schema import TABLES
from ..stores.kinds import complete
from ..stores.sqlite import write_shard
from .digests import table_digest
from .inputs import Build
from .manifest import PartEntry, Written


@dataclass(frozen=True)
class BatchTask:
    """One batch to simulate and write.

    Attributes:
        position: of the batch in the build.
        account: its account in the feed ledger.
        shard: the file to write.
    """

    position: int
    account: FeedAccount
    shard: Path


class Worker:
    """Works on one build, in this process or in one of a pool."""

    def __init__(self, build: Build) -> None:
        """Take on a build."""
        self.build = build

    def demand(self, position: int) -> FeedDemand:
        """What a batch will eat."""
        return demand_of(self.build.inputs(position))

    def batch(self, task: BatchTask) -> PartEntry:
        """Simulate a batch and write its shard."""
        started = time.perf_counter()
        history = simulate_batch(self.build.inputs(task.position), task.account)
        tables = complete_tables(history.tables)
        write_shard(task.shard, tables)
        return part_entry(history.number, tables, time.perf_counter() - started)


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


def begin(build: Build) -> None:
    """Make this process a worker of a build; Ctrl-C is left to the process that leads it."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = Worker(build)


def demand(position: int) -> FeedDemand:
    """`Worker.demand` in a process of the pool."""
    assert _worker is not None
    return _worker.demand(position)


def batch(task: BatchTask) -> PartEntry:
    """`Worker.batch` in a process of the pool."""
    assert _worker is not None
    return _worker.batch(task)
