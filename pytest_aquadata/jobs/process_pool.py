"""A pool of processes that replaces those that die, and ends with the process that owns it.

Each process is an executor of its own: when a process dies, `ProcessPoolExecutor` fails all calls
that it has been given, so it is given one.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.shared_memory import SharedMemory
from types import ModuleType
from typing import Any, ParamSpec, Self, TypeVar

from ..errors import BuildError

P = ParamSpec("P")
T = TypeVar("T")

_LOST = "a process died while it worked (killed, or short of memory or disk)"


class LostWorkerError(BuildError):
    """A process of the pool died before its task was finished."""


class ProcessPool:
    """Calls functions in other processes, at most one call at a time in each.

    When a process dies, only the call that it worked on fails, with LostWorkerError; another
    process takes its place.
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
        self._start = _shared(pickle.dumps((initializer, arguments), pickle.HIGHEST_PROTOCOL))
        self._lock = threading.Lock()
        self._executors = [self._new_executor() for _ in range(processes)]
        self._idle = list(self._executors)
        self._queue: deque[_QueuedCall] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for call in self._queue:
                call.future.cancel()
            self._queue.clear()
        for executor in self._executors:
            executor.shutdown(wait=True)
        self._start.close()
        self._start.unlink()

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function of a module in one of the processes, as soon as one is idle."""
        future: Future[T] = Future()
        with self._lock:
            self._queue.append(_QueuedCall(future, partial(function, *args, **kwargs)))
        self._start_queued()
        return future

    def _start_queued(self) -> None:
        """Give queued calls to idle processes."""
        while True:
            with self._lock:
                if not self._queue or not self._idle:
                    return
                call, executor = self._queue.popleft(), self._idle.pop()
            try:
                executor, running = self._call_in(executor, call.function)
            except Exception as error:
                call.future.set_exception(error)
                self._make_idle(executor)
            else:
                running.add_done_callback(partial(self._finish, executor, call.future))

    def _call_in(
        self, executor: ProcessPoolExecutor, function: Callable[[], Any]
    ) -> tuple[ProcessPoolExecutor, Future[Any]]:
        """Call a function in a process, or in a new one if that process died while it was idle."""
        with _interrupts_blocked(), _main_module_hidden():
            try:
                return executor, executor.submit(_portable, function)
            except BrokenProcessPool:
                executor = self._replacement()
                return executor, executor.submit(_portable, function)

    def _finish(
        self, executor: ProcessPoolExecutor, future: Future[Any], running: Future[Any]
    ) -> None:
        """Pass on the outcome of a call, and start the next one; runs in a thread."""
        error = running.exception()
        died = isinstance(error, BrokenProcessPool)
        self._make_idle(self._replacement() if died else executor)
        self._start_queued()
        if error is None:
            future.set_result(running.result())
        else:
            future.set_exception(error)

    def _make_idle(self, executor: ProcessPoolExecutor) -> None:
        with self._lock:
            self._idle.append(executor)

    def _replacement(self) -> ProcessPoolExecutor:
        """Return a new executor; one whose process died cannot be used again."""
        executor = self._new_executor()
        with self._lock:
            self._executors.append(executor)
        return executor

    def _new_executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), _start_process, (self._start.name,)
        )


@dataclass(frozen=True)
class _QueuedCall:
    """A call that waits for an idle process."""

    future: Future[Any]
    function: Callable[[], Any]


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


_main_module_lock = threading.Lock()


@contextmanager
def _main_module_hidden() -> Iterator[None]:
    """Start processes that do not import `__main__`.

    It may be a script that builds as soon as it is imported, or standard input.
    """
    with _main_module_lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _shared(data: bytes) -> SharedMemory:
    """Return data that new processes read from memory.

    An argument would reach them through a pipe. If a process died before it had read one larger
    than the pipe, `multiprocessing` would block for ever.
    """
    memory = SharedMemory(create=True, size=len(data))
    assert memory.buf is not None
    memory.buf[: len(data)] = data
    return memory


def _start_process(start: str) -> None:
    """Prepare a process of the pool: it ends with its parent and writes nothing to stdout."""
    threading.Thread(target=_end_with_parent, name="aquadata parent", daemon=True).start()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    memory = SharedMemory(start)
    assert memory.buf is not None
    initializer, arguments = pickle.loads(bytes(memory.buf))
    memory.close()
    initializer(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _portable(function: Callable[[], Any]) -> Any:
    """Call a function; an error that cannot be sent to another process becomes a BuildError."""
    try:
        return function()
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            raise BuildError(f"{type(error).__name__}: {error}") from error
        raise
