"""Batches simulated and written by several processes; this one takes them into the store."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import partial
from typing import Generic, TypeVar

from ..databases.store import PartWriter, Store
from ..datasets.manifest import PartEntry
from ..jobs.process_pool import ProcessPool
from ..lifecycle.feeding import FeedDemand
from .batch_runner import AttemptError, FailedBatch, LogLine, with_retries
from .build_spec import BuildSpec
from .simulation import BatchTask, feed_demand, seconds_since, simulate

T = TypeVar("T")

_AHEAD = 2
"""Unfinished batches for each process, besides the one that is waited for."""
_DEMANDS_A_TASK = 4


class ProcessRunner:
    """Simulates and writes batches in other processes, and loads them in order."""

    def __init__(
        self,
        build: BuildSpec,
        store: Store,
        pool: ProcessPool,
        retries: int,
        log: LogLine,
    ) -> None:
        """Keep the build, its store and the pool.

        Args:
            build: the build.
            store: store of the build, with its schema made.
            pool: processes started with `start_worker`.
            retries: further attempts at a batch that fails.
            log: receives a line for each attempt that failed and is followed by another.
        """
        self.processes = pool.processes
        self._names = [batch.number for batch in build.batches]
        self._store = store
        self._pool = pool
        self._tries = 1 + retries
        self._log = log

    def feed_demands(self) -> list[FeedDemand]:
        """Return the feed that each batch will eat, in the order of the build."""
        positions = range(len(self._names))
        slices = [
            positions[start : start + _DEMANDS_A_TASK]
            for start in range(0, len(positions), _DEMANDS_A_TASK)
        ]
        calls = [_Call(partial(self._pool.submit, _feed_demands, part)) for part in slices]
        demands: list[FeedDemand] = []
        for part, call in zip(slices, calls, strict=True):
            names = ", ".join(self._names[position] for position in part)
            try:
                demands += with_retries(names, self._tries, call.result, self._log)
            except AttemptError as failure:
                raise failure.error from None
        return demands

    def load(self, tasks: Iterable[BatchTask]) -> Iterator[PartEntry | FailedBatch]:
        """Load batches in order, at most a few of them written ahead."""
        waiting: deque[tuple[str, _Call[PartEntry]]] = deque()
        for task in tasks:
            call = _Call(partial(self._pool.submit, _write, task))
            waiting.append((self._names[task.position], call))
            if len(waiting) > _AHEAD * self.processes:
                yield self._loaded(*waiting.popleft())
        while waiting:
            yield self._loaded(*waiting.popleft())

    def _loaded(self, name: str, call: _Call[PartEntry]) -> PartEntry | FailedBatch:
        try:
            entry = with_retries(name, self._tries, call.result, self._log)
        except AttemptError as failure:
            return FailedBatch(name, self._tries, failure.error)
        self._store.absorb(name)
        return entry


class _Call(Generic[T]):
    """A call in another process that can be repeated."""

    def __init__(self, submit: Callable[[], Future[T]]) -> None:
        self._submit = submit
        self._future = submit()

    def result(self, attempt: int) -> T:
        """Return the result; attempts after the first call again.

        Raises:
            AttemptError: when the call failed.
        """
        if attempt > 1:
            self._future = self._submit()
        wait([self._future])
        error = self._future.exception()
        if isinstance(error, Exception):
            raise AttemptError(error) from error
        return self._future.result()


_context: tuple[BuildSpec, PartWriter]
"""Build and writer of this process, set once when it starts."""


def start_worker(build: BuildSpec, writer: PartWriter) -> None:
    """Prepare a process of the pool for a build."""
    global _context
    _context = build, writer


def _feed_demands(positions: Sequence[int]) -> list[FeedDemand]:
    build, _ = _context
    return [feed_demand(build, position) for position in positions]


def _write(task: BatchTask) -> PartEntry:
    build, writer = _context
    part = simulate(build, task)
    started = time.perf_counter()
    writer.write(part.entry.name, part.entry.to_json(), part.tables)
    return replace(part.entry, seconds=part.entry.seconds + seconds_since(started))
