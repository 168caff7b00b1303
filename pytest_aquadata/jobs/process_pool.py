"""A pool of processes that replaces those that die, and ends with the process that owns it."""

from __future__ import annotations

import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

from .worker_process import LostWorkerError, WorkerProcess

__all__ = ["LostWorkerError", "ProcessPool"]

P = ParamSpec("P")
T = TypeVar("T")


class ProcessPool:
    """Calls functions in other processes, at most one call at a time in each.

    When a process dies or hangs, only the call that it worked on fails, with LostWorkerError;
    another process takes its place.
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
        self._start = pickle.dumps(partial(initializer, *arguments), pickle.HIGHEST_PROTOCOL)
        self._calls: SimpleQueue[_QueuedCall | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._workers: set[WorkerProcess] = set()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all processes: at once after an error, otherwise after the calls under way."""
        while not self._calls.empty():
            call = self._calls.get()
            if call is not None:
                call.future.cancel()
        with self._lock:
            self._is_closed = True
            for worker in self._workers if error_type is not None else ():
                worker.kill()
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join()

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function of a module in one of the processes, as soon as one is idle."""
        future: Future[T] = Future()
        self._calls.put(_QueuedCall(future, partial(function, *args, **kwargs)))
        if len(self._threads) < self.processes:
            thread = threading.Thread(target=self._serve, name="aquadata process", daemon=True)
            thread.start()
            self._threads.append(thread)
        return future

    def _serve(self) -> None:
        """Give calls to a process, and replace it when it is lost; runs in a thread."""
        # a process starts with this mask: the one that owns the pool ends it, not Ctrl-C
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        worker: WorkerProcess | None = None
        try:
            while (call := self._calls.get()) is not None:
                if call.future.set_running_or_notify_cancel():
                    worker = self._answer(call, worker)
        finally:
            if worker is not None:
                self._discard(worker)

    def _answer(self, call: _QueuedCall, worker: WorkerProcess | None) -> WorkerProcess | None:
        """Set the outcome of a call; return the process for the next one, if there is one."""
        try:
            if worker is None or not worker.is_alive:
                if worker is not None:
                    self._discard(worker)
                worker = None
                worker = self._new_worker()
            call.future.set_result(worker.call(call.function))
        except BaseException as error:
            call.future.set_exception(error)
        return worker

    def _new_worker(self) -> WorkerProcess:
        worker = WorkerProcess(self._start)
        with self._lock:
            self._workers.add(worker)
            if self._is_closed:
                worker.kill()
        return worker

    def _discard(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._workers.discard(worker)
        worker.end()


@dataclass(frozen=True)
class _QueuedCall:
    """A call that waits for an idle process."""

    future: Future[Any]
    function: Callable[[], Any]
