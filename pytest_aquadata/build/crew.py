"""Who does the work: this process alone, or a pool of spawned ones."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from ..errors import BuildError
from ..lifecycle.feeding import FeedDemand
from ..stores.store import PartWriter
from . import worker
from .inputs import Build
from .manifest import PartEntry
from .worker import BatchTask, Worker

_AHEAD = 2
"""Tasks a process may be ahead of what has been taken from it."""


class Alone:
    """Does the work in this process."""

    size = 1

    def __init__(self, build: Build, writer: PartWriter) -> None:
        """Take on a build; each batch is written by the writer."""
        self._worker = Worker(build, writer)

    def demands(self, positions: Iterable[int]) -> Iterator[FeedDemand]:
        """What each batch will eat, in order."""
        return map(self._worker.demand, positions)

    def batches(self, tasks: Iterable[BatchTask]) -> Iterator[PartEntry]:
        """Write each batch, in order."""
        return map(self._worker.batch, tasks)

    def __enter__(self) -> Alone:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Pool:
    """Spreads the work over spawned processes; results come in the order of the tasks."""

    def __init__(self, build: Build, writer: PartWriter, size: int) -> None:
        """Start processes when the first work comes.

        Args:
            build: the build.
            writer: writes each batch as a part of it.
            size: number of processes.
        """
        self.size = size
        self._executor: Executor = ProcessPoolExecutor(
            size,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=worker.begin,
            initargs=(build, writer),
        )

    def demands(self, positions: Iterable[int]) -> Iterator[FeedDemand]:
        """What each batch will eat, in order."""
        with _naming_dead_workers():
            yield from self._executor.map(worker.demand, positions, chunksize=4)

    def batches(self, tasks: Iterable[BatchTask]) -> Iterator[PartEntry]:
        """Write each batch, in order, never far ahead of the one who takes them."""
        waiting: deque[Future[PartEntry]] = deque()
        with _naming_dead_workers():
            for task in tasks:
                waiting.append(self._executor.submit(worker.batch, task))
                if len(waiting) > _AHEAD * self.size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _naming_dead_workers() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise BuildError(
            "a worker process died before its batch was finished (killed, or out of memory); "
            "try again, with fewer --workers if memory is short"
        ) from error
