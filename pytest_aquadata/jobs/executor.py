"""An executor whose tasks are done by this process, by others that come by and by those it starts.

The one who waits for a result works as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import ParamSpec, TypeVar

from .queue import POLL_S, Outcome, WorkFolder

P = ParamSpec("P")
T = TypeVar("T")

_SPAWNS_A_SLOT = 4
"""Processes that may die before no other is started in their stead."""


class FolderExecutor(Executor):
    """Puts tasks into a folder and waits for the results, doing tasks itself meanwhile.

    Futures are completed by asking for their result, so ask for every one.
    """

    def __init__(self, folder: Path, size: int, spawn_after_s: float | None) -> None:
        """Make room for workers; the first of them is this process.

        Args:
            folder: an empty folder that nobody else may read.
            size: processes that may work at once.
            spawn_after_s: time after which processes are started for the room that is left;
                None to start none.
        """
        self.size = size
        self._folder = WorkFolder(folder)
        self._spawn_at = None if spawn_after_s is None else time.monotonic() + spawn_after_s
        self._spawned: list[subprocess.Popen[bytes]] = []
        self._count = 0
        self._join_first()

    def _join_first(self) -> None:
        self._folder.make_room(0)
        self._folder.join()
        for slot in range(1, self.size):
            self._folder.make_room(slot)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Put a task into the folder.

        Args:
            fn: what to call, found by its name in its module.
            args: its arguments.
            kwargs: its arguments by name.
        """
        name = f"{self._count:06d}"
        self._count += 1
        self._folder.put(name, (fn, args, kwargs))
        return _Awaited(self, name)

    def at_work(self) -> int:
        """Processes that work now, this one included."""
        return self.size - self._folder.room

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes that were started; the folder is left to the one who made it."""
        self._spawn_at = None
        for process in self._spawned:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._spawned:
            process.wait()
        self._spawned.clear()
        self._folder.leave()

    def finish(self, name: str, timeout_s: float | None) -> Outcome:
        """Work until a task is done, and tell what became of it.

        Raises:
            TimeoutError: when it takes longer than asked.
        """
        give_up = None if timeout_s is None else time.monotonic() + timeout_s
        while (outcome := self._folder.outcome(name)) is None:
            self._top_up()
            if not self._folder.work():
                time.sleep(POLL_S)
            if give_up is not None and time.monotonic() > give_up:
                raise TimeoutError
        return outcome

    def _top_up(self) -> None:
        """Start processes for the room that others have left."""
        if self._spawn_at is None or time.monotonic() < self._spawn_at:
            return
        if len(self._spawned) >= _SPAWNS_A_SLOT * self.size:
            return
        for _ in range(self._folder.room - self._starting):
            self._spawned.append(_spawn(self._folder.path))

    @property
    def _starting(self) -> int:
        """Processes that were started and have not taken their place yet."""
        return sum(
            process.poll() is None and not self._folder.has_met(process.pid)
            for process in self._spawned
        )


class _Awaited(Future[T]):
    """A future that is worked for by whoever waits for it."""

    def __init__(self, executor: FolderExecutor, name: str) -> None:
        super().__init__()
        self._executor = executor
        self._name = name

    def result(self, timeout: float | None = None) -> T:
        self._complete(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._complete(timeout)
        return super().exception(0)

    def _complete(self, timeout_s: float | None) -> None:
        if self.done():
            return
        well, value = self._executor.finish(self._name, timeout_s)
        if well:
            self.set_result(value)
        else:
            self.set_exception(value)


def _spawn(folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that helps out until its standard input ends, which it does with us."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest_aquadata.jobs.worker_main", str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        process_group=0,
    )
