"""The work of a build, spread over whoever works in its folder."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from ..databases.store import PartWriter
from ..datasets.manifest import PartEntry
from ..errors import AquadataError
from ..jobs.executor import FolderExecutor
from ..lifecycle.feeding import FeedDemand
from . import batch_worker as worker
from .batch_worker import BatchTask, BatchWorker
from .build_spec import BuildSpec

A = TypeVar("A")
T = TypeVar("T")

_AHEAD = 2
"""Batches a process may be ahead of what has been taken from the crew."""
_DEMANDS_A_TASK = 4


@dataclass(frozen=True)
class WorkerOptions:
    """Who may work on a build.

    Attributes:
        workers: processes that work at once, at most.
        folder: where they find the work; a temporary folder if None.
        spawn_after_s: seconds to wait for others to come and help before processes are started in
            their place; None to start none.
        retries: how often a batch that fails is tried again.
    """

    workers: int = 1
    folder: Path | None = None
    spawn_after_s: float | None = 0.0
    retries: int = 1

    @staticmethod
    def of(workers: WorkerOptions | int) -> WorkerOptions:
        """So many processes, unless it is said in full."""
        return workers if isinstance(workers, WorkerOptions) else WorkerOptions(workers)


def usable_processors() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True)
class FailedBatch:
    """A batch that could not be built, however often it was tried.

    Attributes:
        name: the batch number.
        tries: how often it was tried.
        error: what it ended with the last time; its notes have the traceback.
    """

    name: str
    tries: int
    error: Exception

    @property
    def reason(self) -> str:
        """What went wrong, in one line."""
        kind = "" if isinstance(self.error, AquadataError) else f"{type(self.error).__name__}: "
        return kind + " ".join(str(self.error).split())


@contextmanager
def batch_pool(
    build: BuildSpec,
    writer: PartWriter,
    hands: WorkerOptions,
    say: Callable[[str], object] = lambda _: None,
) -> Iterator[BatchPool]:
    """A crew for a build, dismissed when the block ends.

    Args:
        build: the build.
        writer: writes each batch as a part of it.
        hands: who may work.
        say: is told of each batch that is tried again.
    """
    with (
        _folder(hands.folder) as folder,
        FolderExecutor(folder, hands.workers, hands.spawn_after_s) as executor,
    ):
        member = BatchWorker(build, writer)
        yield BatchPool(member, executor, folder / "member", hands.retries, say)


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """The folder that is given, or else one for the time being."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="aquadata-") as own:
        yield Path(own)


class BatchPool:
    """Simulates batches on an executor; results come in the order of the tasks."""

    def __init__(
        self,
        member: BatchWorker,
        executor: FolderExecutor,
        file: Path,
        retries: int,
        say: Callable[[str], object],
    ) -> None:
        """Take on a build.

        Args:
            member: what every process of the crew is.
            executor: does the work.
            file: where the others find the member; all who work can read it.
            retries: how often a batch that fails is tried again.
            say: is told of each batch that is tried again.
        """
        self.size = executor.size
        self._names = [batch.number for batch in member.build.batches]
        self._executor = executor
        self._tries = 1 + retries
        self._say = say
        self._file = file
        worker.set_job_context(file, member)

    @property
    def at_work(self) -> int:
        """Processes that work now."""
        return self._executor.at_work()

    def demands(self, positions: Sequence[int]) -> Iterator[FeedDemand]:
        """What each batch will eat, in order.

        Raises:
            Exception: what the last try of a batch ended with.
        """
        parts = [
            positions[start : start + _DEMANDS_A_TASK]
            for start in range(0, len(positions), _DEMANDS_A_TASK)
        ]
        tried = [self._tried(worker.demands, part) for part in parts]
        for part, one in zip(parts, tried, strict=True):
            yield from self._outcome(one, ", ".join(self._names[position] for position in part))

    def batches(self, tasks: Iterable[BatchTask]) -> Iterator[PartEntry | FailedBatch]:
        """Write each batch's rows, in order, never far ahead of the one who takes them."""
        waiting: deque[tuple[str, _Tried[PartEntry]]] = deque()
        for task in tasks:
            waiting.append((self._names[task.position], self._tried(worker.batch, task)))
            if len(waiting) > _AHEAD * self.size:
                yield self._written(*waiting.popleft())
        while waiting:
            yield self._written(*waiting.popleft())

    def _tried(self, function: Callable[[Path, A], T], argument: A) -> _Tried[T]:
        return _Tried(partial(self._executor.submit, function, self._file, argument))

    def _written(self, name: str, tried: _Tried[PartEntry]) -> PartEntry | FailedBatch:
        try:
            return self._outcome(tried, name)
        except Exception as error:
            return FailedBatch(name, self._tries, error)

    def _outcome(self, tried: _Tried[T], name: str) -> T:
        """What a task gives, after as many tries as it needs and may have."""
        for turn in range(1, self._tries):
            try:
                return tried.future.result()
            except Exception as error:
                self._say(f"{name}: try {turn} of {self._tries} failed: {error}")
                tried.again()
        return tried.future.result()


class _Tried(Generic[T]):
    """A task that can be submitted again."""

    def __init__(self, submit: Callable[[], Future[T]]) -> None:
        self._submit = submit
        self.future = submit()

    def again(self) -> None:
        self.future = self._submit()
