"""Batches simulated and loaded one after another in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from ..databases.store import Store
from ..datasets.manifest import PartEntry
from ..errors import AquadataError
from ..lifecycle.feeding import FeedDemand
from ..signals import signals_deferred
from .build_spec import BuildSpec
from .simulation import BatchTask, SimulatedPart, feed_demand, seconds_since, simulate

T = TypeVar("T")

LogLine = Callable[[str], object]
"""Adds a line to the log of the run."""


@dataclass(frozen=True)
class FailedBatch:
    """A batch that failed at every attempt.

    Attributes:
        name: the batch number.
        tries: number of attempts.
        error: error of the last attempt.
    """

    name: str
    tries: int
    error: Exception

    @property
    def reason(self) -> str:
        """Return the error in one line."""
        kind = "" if isinstance(self.error, AquadataError) else f"{type(self.error).__name__}: "
        return kind + " ".join(str(self.error).split())


class AttemptError(Exception):
    """An attempt at a batch failed; its cause is the error.

    It differs from an exception that a signal raises while a batch is waited for: that one ends
    the build.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


class BatchRunner(Protocol):
    """Simulates the batches of a build and loads them into its store."""

    @property
    def processes(self) -> int:
        """Return the number of processes that simulate."""

    def feed_demands(self) -> list[FeedDemand]:
        """Return the feed that each batch will eat, in the order of the build.

        Raises:
            Exception: the error of a batch's last attempt.
        """

    def load(self, tasks: Iterable[BatchTask]) -> Iterator[PartEntry | FailedBatch]:
        """Simulate and load batches in order; one that is returned as an entry is in the store."""


class InProcessRunner:
    """Simulates and loads one batch after another in this process."""

    processes = 1

    def __init__(self, build: BuildSpec, store: Store, retries: int, log: LogLine) -> None:
        """Keep the build and the store.

        Args:
            build: the build.
            store: store of the build, with its schema made.
            retries: further attempts at a batch that fails.
            log: receives a line for each attempt that failed and is followed by another.
        """
        self._build = build
        self._store = store
        self._tries = 1 + retries
        self._log = log

    def feed_demands(self) -> list[FeedDemand]:
        """Return the feed that each batch will eat, in the order of the build."""
        return [feed_demand(self._build, position) for position in range(len(self._build.batches))]

    def load(self, tasks: Iterable[BatchTask]) -> Iterator[PartEntry | FailedBatch]:
        """Simulate and load batches in order.

        Loading is tried again only where a part is a transaction of its own.
        """
        for task in tasks:
            if self._store.resumable:
                yield self._attempt(task, lambda task: self._load(simulate(self._build, task)))
            else:
                part = self._attempt(task, lambda task: simulate(self._build, task))
                yield part if isinstance(part, FailedBatch) else self._load(part)

    def _attempt(self, task: BatchTask, work: Callable[[BatchTask], T]) -> T | FailedBatch:
        name = self._build.batches[task.position].number

        def attempt(_: int) -> T:
            with signals_deferred():
                try:
                    return work(task)
                except Exception as error:
                    raise AttemptError(error) from error

        try:
            return with_retries(name, self._tries, attempt, self._log)
        except AttemptError as failure:
            return FailedBatch(name, self._tries, failure.error)

    def _load(self, part: SimulatedPart) -> PartEntry:
        started = time.perf_counter()
        self._store.load(part.entry.name, part.entry.to_json(), part.tables)
        return replace(part.entry, seconds=part.entry.seconds + seconds_since(started))


def with_retries(name: str, tries: int, work: Callable[[int], T], log: LogLine) -> T:
    """Call `work` with the number of the attempt until it succeeds.

    Args:
        name: batch or batches, for the log.
        tries: number of attempts.
        work: called with 1, 2, …, `tries`; raises AttemptError if it fails.
        log: receives a line for each attempt that failed and is followed by another.

    Raises:
        AttemptError: when the last attempt failed.
    """
    for attempt in range(1, tries):
        try:
            return work(attempt)
        except AttemptError as failure:
            log(f"{name}: try {attempt} of {tries} failed: {failure}")
    return work(tries)
