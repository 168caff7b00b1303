"""One process of the pool, as its owner sees it: one call at a time, ended if it hangs."""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import BuildError
from .worker_launch import launch_command, launch_environment
from .worker_main import HEADER_BYTES

IDLE_LIMIT_S = 60.0
"""Time without processor time after which a process in a call is ended."""
_LIMIT_S = 1800.0
"""The same where the processor time of a process is not known."""
_TICK_S = 0.5
_SECONDS_TO_END = 5.0
_CHUNK_BYTES = 1 << 20
_PROCESSOR_TIMES = slice(11, 13)
"""User and system time in /proc/PID/stat, after the name: proc_pid_stat(5)."""


class LostWorkerError(BuildError):
    """A process of the pool died before its task was finished, or hung and was ended."""


class WorkerProcess:
    """A process that calls functions of modules.

    It is started, called and ended by one thread: on Linux it ends with the thread that started it.
    `kill` may be called by any thread.
    """

    def __init__(self, start: bytes) -> None:
        """Start the process.

        Args:
            start: pickle of the function without arguments that is called first.

        Raises:
            BuildError: when the operating system starts no more processes.
        """
        try:
            self._process = subprocess.Popen(
                launch_command(),
                env=dict(launch_environment()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        except OSError as error:
            raise BuildError(f"cannot start a process: {error.strerror or error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin.fileno()
        self._replies = self._process.stdout.fileno()
        os.set_blocking(self._requests, False)
        self._start: bytes | None = start

    @property
    def is_alive(self) -> bool:
        """False if the process has ended."""
        return self._process.poll() is None

    def call(self, function: Callable[[], Any]) -> Any:
        """Return what a function returns in the process.

        Raises:
            LostWorkerError: when the process dies or hangs; it has ended then.
            Exception: the error of the function; its cause has the traceback.
        """
        message = pickle.dumps(function, pickle.HIGHEST_PROTOCOL)
        try:
            if self._start is not None:
                self._exchange(self._start)
                self._start = None
            return self._exchange(message)
        except LostWorkerError:
            self.end(at_once=True)
            raise

    def kill(self) -> None:
        """End the process at once, even if it is stopped."""
        with suppress(ProcessLookupError):
            self._process.kill()

    def end(self, *, at_once: bool = False) -> None:
        """End the process, and wait until it has ended."""
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            if not at_once:
                self._process.wait(_SECONDS_TO_END)
        self.kill()
        # a process in an uninterruptible call of the system ends later
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_SECONDS_TO_END)

    def _exchange(self, message: bytes) -> Any:
        """Send a message; return the result of the reply, or raise its error."""
        limit = _IdleLimit(self._process.pid)
        self._send(len(message).to_bytes(HEADER_BYTES, "big") + message, limit)
        size = int.from_bytes(self._receive(HEADER_BYTES, limit), "big")
        result, lines = pickle.loads(self._receive(size, limit))
        if lines is None:
            return result
        raise result from _RemoteTraceback(lines)

    def _send(self, data: bytes, limit: _IdleLimit) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._requests, select.POLLOUT, limit)
            try:
                rest = rest[os.write(self._requests, rest[:_CHUNK_BYTES]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                raise LostWorkerError(_DIED) from None

    def _receive(self, size: int, limit: _IdleLimit) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait(self._replies, select.POLLIN, limit)
            chunk = os.read(self._replies, min(size - len(data), _CHUNK_BYTES))
            if not chunk:
                raise LostWorkerError(_DIED)
            data += chunk
        return bytes(data)

    def _wait(self, descriptor: int, event: int, limit: _IdleLimit) -> None:
        """Wait until a pipe is ready, or has no other end."""
        poll = select.poll()
        poll.register(descriptor, event)
        while not poll.poll(_TICK_S * 1000):
            if limit.is_exceeded():
                raise LostWorkerError(
                    f"a process was ended that had done nothing for {limit.seconds:.0f} s "
                    "(stopped, or waiting for a lock)"
                )


_DIED = "a process died while it worked (killed, or short of memory or disk)"


class _IdleLimit:
    """The time that a process may spend in a call without using the processor.

    Time counts only while this process runs: both may have been stopped, or the machine suspended.
    """

    def __init__(self, pid: int) -> None:
        self._read = partial(_processor_time, pid)
        self._used = self._read()
        self.seconds = 0.0
        self._looked = time.monotonic()

    def is_exceeded(self) -> bool:
        """Return whether the process has been idle for too long; called at least every tick."""
        now, used = time.monotonic(), self._read()
        self.seconds = 0.0 if used != self._used else self.seconds + min(now - self._looked, 1.0)
        self._looked, self._used = now, used
        return self.seconds > (_LIMIT_S if used is None else IDLE_LIMIT_S)


def _processor_time(pid: int) -> int | None:
    """Return the processor time of a process in clock ticks; None where it is not known."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return sum(map(int, status.rpartition(b")")[2].split()[_PROCESSOR_TIMES]))


class _RemoteTraceback(Exception):
    """The traceback of an error in another process, as the cause of the error."""

    def __str__(self) -> str:
        return "\n" + str(self.args[0])
