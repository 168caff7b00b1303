"""The lock that lets one process at a time build a database, and shows the others who builds."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from ..errors import BuildError, StoreError
from ..files import read_regular, write_atomically
from ..signals import ended_in_order
from .progress import Progress, Silent

_BEAT_S = 1.0
_POLL_S = 0.25
_PATIENCE_S = 120.0
_OWNER_BEGINS = b'{"pid": '
_OWNER_BYTES = 10_000
"""Longest file of an owner."""


class BuildLock:
    """The right to build a database.

    The lock is the operating system's: it ends with the process that holds it, and is never taken
    from a living one. Beside it lies a file that names the owner; its time of change is the
    owner's heartbeat. A process that a signal ends while it holds the lock cleans up first.
    """

    def __init__(
        self,
        target: Path,
        *,
        name: str = "",
        patience_s: float = _PATIENCE_S,
        timeout_s: float | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Name the files; nothing is locked yet.

        Args:
            target: what is built; the lock and the owner's file are hidden ones beside it.
            name: name of what is built in messages; by default the target.
            patience_s: seconds without a heartbeat after which waiting ends with an error.
            timeout_s: longest time to wait for the lock; 0 not to wait, None for no limit.
            progress: is called while this process waits for one of another test run.
        """
        self._target = target
        self._name = name or str(target)
        self._lock = FileLock(target.parent / f".{target.name}.lock", blocking=False)
        self._owner_file = target.parent / f".{target.name}.owner"
        self._patience_s = patience_s
        self._timeout_s = timeout_s
        self._progress = progress or Silent()
        self._release = ExitStack()

    def __enter__(self) -> Self:
        """Acquire the lock.

        Raises:
            BuildError: when another process holds it and this one does not wait, or has waited
                too long without a heartbeat; the message names that process.
            StoreError: when the folder cannot be written.
        """
        folder = self._target.parent
        if not folder.is_dir():
            raise StoreError(
                f"cannot write {self._name}: there is no folder {folder}; create it first"
            )
        with ExitStack() as release:
            try:
                self._acquire()
                release.callback(self._lock.release)
                self._refuse_files_of_others()
                release.enter_context(ended_in_order())
                release.callback(self._unlock)
                release.enter_context(_Heartbeat(self._owner_file))
                _remove_abandoned_locks(folder)
            except OSError as error:
                raise StoreError(f"cannot write {self._name}: {error.strerror or error}") from error
            self._release = release.pop_all()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._release.__exit__(error_type, error, traceback)

    def _acquire(self) -> None:
        """Wait for the lock while its owner shows signs of life."""
        monitor = _HeartbeatMonitor(self._owner_file)
        started = time.monotonic()
        while not self._try():
            monitor.look()
            if self._timeout_s is not None and time.monotonic() - started >= self._timeout_s:
                waited = f" after {self._timeout_s:g} s" if self._timeout_s else ""
                raise BuildError(
                    f"{monitor.owner_name} is building {self._name} right now{waited}; wait for "
                    "it to finish, or give a longer --lock-timeout"
                )
            if monitor.quiet_s > self._patience_s:
                raise BuildError(
                    f"{monitor.owner_name} is building {self._name} and has given no sign of "
                    f"life for {monitor.quiet_s:.0f} s; end that process, and run this again"
                )
            if monitor.owner is not None and not monitor.owner.is_in_this_run:
                self._progress.waiting(monitor.owner_name)
            time.sleep(_POLL_S)

    def _try(self) -> bool:
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def _refuse_files_of_others(self) -> None:
        """Raise if a file that aquadata did not make has the name of one of its own."""
        for file in (Path(self._lock.lock_file), self._owner_file):
            with suppress(FileNotFoundError):
                if not is_of_build_lock(file.name, read_regular(file, _OWNER_BYTES)):
                    raise StoreError(
                        f"cannot write {self._name}: {file} is no file of aquadata, which needs "
                        "that name while it builds; move or remove it"
                    )

    def _unlock(self) -> None:
        """Remove the lock file while it is locked: a process that has just opened it sees that."""
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()


@dataclass(frozen=True)
class LockOwner:
    """The process that builds.

    Attributes:
        pid: process id.
        name: id of the pytest-xdist worker, or name of the program.
        since: when it acquired the lock, ISO.
        run: id of its pytest-xdist run; empty if there is none.
    """

    pid: int
    name: str
    since: str
    run: str = ""

    @classmethod
    def this_process(cls) -> LockOwner:
        """Return the owner that this process is, from now on."""
        name = os.environ.get("PYTEST_XDIST_WORKER") or Path(sys.argv[0]).name or "python"
        return cls(os.getpid(), name, datetime.now(UTC).isoformat(timespec="seconds"), _run_id())

    @classmethod
    def read(cls, file: Path) -> LockOwner:
        """Return the owner that a file names; anyone may have written it.

        Raises:
            OSError: when it is no regular file.
            ValueError: when it names none.
        """
        values = json.loads(read_regular(file, _OWNER_BYTES))
        if not isinstance(values, dict) or values.keys() != cls.__dataclass_fields__.keys():
            raise ValueError("names no owner")
        texts = [str(values[name]) for name in ("name", "since", "run")]
        if not all(text.isprintable() for text in texts):
            raise ValueError("has control characters")
        owner = cls(int(values["pid"]), *texts)
        if datetime.fromisoformat(owner.since).tzinfo is None:
            raise ValueError("has a time without a zone")
        return owner

    def __str__(self) -> str:
        """Return the process and how long it has had the lock."""
        began = datetime.fromisoformat(self.since)
        age = (datetime.now(UTC) - began).total_seconds()
        return f"process {self.pid} ({self.name}, begun {age:.0f} s ago)"

    @property
    def is_in_this_run(self) -> bool:
        """True if its progress is shown by the same pytest-xdist controller."""
        return self.run != "" and self.run == _run_id()


def is_of_build_lock(name: str, content: bytes) -> bool:
    """Return whether a file is a lock, which is empty, or names the owner of one."""
    return not content or (content.startswith(_OWNER_BEGINS) and not name.endswith(".lock"))


def _remove_abandoned_locks(folder: Path) -> None:
    """Remove the files of locks in a folder whose owners were killed."""
    for owner_file in folder.glob(".*.owner"):
        with suppress(OSError, ValueError, TypeError, Timeout):
            LockOwner.read(owner_file)
            lock_file = owner_file.with_suffix(".lock")
            with FileLock(lock_file, blocking=False):
                owner_file.unlink(missing_ok=True)
                lock_file.unlink(missing_ok=True)


def _run_id() -> str:
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", "")


class _Heartbeat:
    """Writes the owner's file, and renews its time of change until the lock is released."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="aquadata heartbeat", daemon=True)

    def __enter__(self) -> None:
        write_atomically(self._file, json.dumps(asdict(LockOwner.this_process())))
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._file.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_S):
            with suppress(OSError):
                os.utime(self._file)


class _HeartbeatMonitor:
    """Measures by this process's own clock how long the owner's heartbeat has not changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._last_beat_ns: int | None = None
        self._heard = time.monotonic()
        self.owner: LockOwner | None = None

    @property
    def owner_name(self) -> str:
        return "another process" if self.owner is None else str(self.owner)

    @property
    def quiet_s(self) -> float:
        """Seconds since the heartbeat changed."""
        return time.monotonic() - self._heard

    def look(self) -> None:
        """Read the owner's file, if it can be read."""
        with suppress(OSError, ValueError, TypeError):
            beat_ns = self._file.stat().st_mtime_ns
            if beat_ns != self._last_beat_ns:
                self._last_beat_ns = beat_ns
                self._heard = time.monotonic()
            self.owner = LockOwner.read(self._file)
