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
    """One batch to simulate and write.

    Attributes:
        position: of the batch in the build.
        account: its account in the feed ledger.
    """

    position: int
    account: FeedAccount


class BatchWorker:
    """Works on one build, in whatever process."""

    def __init__(self, build: BuildSpec, writer: PartWriter) -> None:
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


def _written(table: str, columns: Columns) -> WrittenRows:
    if not len(columns):
        return WrittenRows(0, table_digest(columns))
    keys = columns.values(TABLES[table].columns[0].name)
    return WrittenRows(len(columns), table_digest(columns), int(keys.min()), int(keys.max()))


_current_context: tuple[Path, BatchWorker] | None = None
"""What this process is in the crew of a build, and the file that says so."""


def set_job_context(file: Path, member: BatchWorker) -> None:
    """Make this process a member of a crew, and leave in a file what makes others members."""
    global _current_context
    file.write_bytes(pickle.dumps(member, pickle.HIGHEST_PROTOCOL))
    _current_context = file, member


def demands(file: Path, positions: Sequence[int]) -> list[FeedDemand]:
    """`BatchWorker.demand` of some batches, as a member of the crew that the file is of."""
    return [_job_context(file).demand(position) for position in positions]


def batch(file: Path, task: BatchTask) -> PartEntry:
    """`BatchWorker.batch`, as a member of the crew that the file is of."""
    return _job_context(file).batch(task)


def _job_context(file: Path) -> BatchWorker:
    global _current_context
    if _current_context is None or _current_context[0] != file:
        _current_context = file, pickle.loads(file.read_bytes())
    return _current_context[1]
