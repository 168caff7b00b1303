"""A pool of processes that replaces those that die, and ends with the process that owns it."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, ParamSpec, Self, TypeVar

from ..errors import BuildError

P = ParamSpec("P")
T = TypeVar("T")

_LOST = "a process died while it worked (killed, or short of memory or disk)"


class LostWorkerError(BuildError):
    """A process of the pool died before its task was finished."""


class ProcessPool:
    """Calls functions in other processes.

    When a process dies, every call that is not finished fails with LostWorkerError, and the next
    call starts new processes.
    """

    def __init__(
        self, processes: int, initializer: Callable[..., None], *arguments: object
    ) -> None:
        """Describe the processes; they are started by the first calls.

        Args:
            processes: processes at most.
            initializer: called once in each process before its first task.
            arguments: its arguments; sent once to each process.
        """
        self.processes = processes
        self._start = pickle.dumps((initializer, arguments), pickle.HIGHEST_PROTOCOL)
        self._executor = self._new_executor()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function of a module in one of the processes."""
        with _interrupts_blocked():
            try:
                return self._executor.submit(_portable, function, *args, **kwargs)
            except BrokenProcessPool:
                self._executor.shutdown(wait=True)
                self._executor = self._new_executor()
                return self._executor.submit(_portable, function, *args, **kwargs)

    def _new_executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.processes,
            multiprocessing.get_context("spawn"),
            _start_process,
            (self._start,),
        )


def result_of(future: Future[T]) -> T:
    """Return the result of a call.

    Raises:
        LostWorkerError: when a process of the pool died.
        Exception: the error of the call.
    """
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise LostWorkerError(_LOST) from error


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Start processes that never see Ctrl-C: the one that owns the pool ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_process(pickled: bytes) -> None:
    """Prepare a process of the pool: it ends with its parent and writes nothing to stdout."""
    threading.Thread(target=_end_with_parent, name="aquadata parent", daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    initializer, arguments = pickle.loads(pickled)
    initializer(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _portable(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function; an error that cannot be sent to another process becomes a BuildError."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise BuildError(f"{type(error).__name__}: {error}") from error
        raise
