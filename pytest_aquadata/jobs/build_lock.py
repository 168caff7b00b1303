"""Taking turns at a place: one process builds there, and those who wait for their turn help."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import BuildError, StoreError
from ..files import write_atomically
from .progress import Progress, Silent
from .queue import WorkFolder, folders_at, work_folder

_HOLDER = "holder"
_BEAT_S = 1.0
_WORKING_POLL_S = 0.05
_WAITING_POLL_S = 0.25
_PATIENCE_S = 120.0
"""Time without a sign of life after which a waiting process gives up."""


class BuildLock:
    """The right to build at a place; waiting for it, this process works for the one who has it.

    The lock is the operating system's: it ends with the process that holds it, and is never taken
    from one that lives.
    """

    def __init__(
        self,
        target: Path,
        *,
        patience_s: float = _PATIENCE_S,
        timeout_s: float | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Name the place; nothing is locked yet.

        Args:
            target: what is built; the files of the turn are hidden ones beside it.
            patience_s: time without a sign of life from the one who builds until this process
                gives up waiting.
            timeout_s: longest time to wait for the lock; 0 not to wait, None for no limit.
            progress: is told when this process waits for one of another run.
        """
        self._target = target
        self._place = target.parent / f".{target.name}"
        self._patience_s = patience_s
        self._timeout_s = timeout_s
        self._lock = FileLock(target.parent / f".{target.name}.lock", blocking=False)
        self._progress = progress or Silent()
        self._held = ExitStack()

    def __enter__(self) -> Path:
        """Wait for the turn.

        Returns:
            A folder for the work of others, private to this user, for as long as the turn lasts.

        Raises:
            BuildError: when another process builds and this one does not wait, or has waited for
                long without a sign of life; the message names that process.
            StoreError: when the place cannot be written.
        """
        folder = self._target.parent
        if not folder.is_dir():
            raise StoreError(
                f"cannot write {self._target}: there is no folder {folder}; create it first"
            )
        with ExitStack() as held:
            try:
                self._acquire()
                held.callback(self._release)
                folder = held.enter_context(work_folder(self._place))
            except OSError as error:
                raise StoreError(
                    f"cannot write {self._target}: {error.strerror or error}"
                ) from error
            held.enter_context(_Heartbeat(folder))
            self._held = held.pop_all()
        return folder

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def _acquire(self) -> None:
        """Get the lock, working for its holder until then."""
        watch = _HeartbeatMonitor(self._place, self._progress)
        helping: WorkFolder | None = None
        started = time.monotonic()
        try:
            while not self._try():
                quiet_s = watch.quiet_s
                if self._timeout_s is not None and time.monotonic() - started >= self._timeout_s:
                    waited = f" after {self._timeout_s:g} s" if self._timeout_s else ""
                    raise BuildError(
                        f"{watch.who} is building {self._target} right now{waited}; "
                        "wait for it to finish, or give a longer --lock-timeout"
                    )
                if quiet_s > self._patience_s:
                    raise BuildError(
                        f"{watch.who} is building {self._target} and has given no sign of life "
                        f"for {quiet_s:.0f} s; end that process, and run this again"
                    )
                helping = _current(self._place, helping)
                if helping is not None and helping.help():
                    continue
                at_work = helping is not None and helping.has_joined
                time.sleep(_WORKING_POLL_S if at_work else _WAITING_POLL_S)
        finally:
            if helping is not None:
                helping.leave()

    def _try(self) -> bool:
        try:
            self._lock.acquire()
        except Timeout:
            return False
        return True

    def _release(self) -> None:
        """Remove the lock's file while it is held: who opened it meanwhile sees that it is gone."""
        with suppress(FileNotFoundError):
            Path(self._lock.lock_file).unlink()
        self._lock.release()


def _current(place: Path, before: WorkFolder | None) -> WorkFolder | None:
    """The folder of the one who builds now."""
    found = folders_at(place)
    if before is not None:
        if found and found[-1] == before.path:
            return before
        before.leave()
    with suppress(FileNotFoundError, BuildError):
        return WorkFolder(found[-1]) if found else None
    return None


@dataclass(frozen=True)
class LockOwner:
    """Who builds.

    Attributes:
        pid: process.
        name: what it is called: a worker of pytest-xdist, or a program.
        since: the instant it began, ISO.
        run: the run of pytest-xdist that it is of, if any.
    """

    pid: int
    name: str
    since: str
    run: str = ""

    def __str__(self) -> str:
        """Who, and for how long."""
        began = datetime.fromisoformat(self.since)
        age = (datetime.now(UTC) - began).total_seconds()
        return f"process {self.pid} ({self.name}, begun {age:.0f} s ago)"

    @property
    def is_in_this_run(self) -> bool:
        """Whether it tells of its progress where this process would."""
        return self.run != "" and self.run == _run()


class _Heartbeat:
    """Says who builds, and beats for as long as it lives."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _HOLDER
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="aquadata heart", daemon=True)

    def __enter__(self) -> None:
        name = os.environ.get("PYTEST_XDIST_WORKER") or Path(sys.argv[0]).name or "python"
        holder = LockOwner(
            os.getpid(), name, datetime.now(UTC).isoformat(timespec="seconds"), _run()
        )
        write_atomically(self._file, json.dumps(vars(holder)))
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_S):
            with suppress(OSError):
                os.utime(self._file)


class _HeartbeatMonitor:
    """Watches the heart of whoever builds, by this process's own clock."""

    def __init__(self, place: Path, progress: Progress) -> None:
        self._place = place
        self._progress = progress
        self._last: tuple[Path, int] | None = None
        self._heard = time.monotonic()
        self.who = "another process"

    @property
    def quiet_s(self) -> float:
        """Seconds since the last sign of life."""
        for folder in folders_at(self._place)[-1:]:
            with suppress(OSError, ValueError):
                beat = (folder, (folder / _HOLDER).stat().st_mtime_ns)
                if beat != self._last:
                    self._last = beat
                    self._heard = time.monotonic()
                holder = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
                self._know(LockOwner(**holder))
        return time.monotonic() - self._heard

    def _know(self, holder: LockOwner) -> None:
        self.who = str(holder)
        if not holder.is_in_this_run:
            self._progress.waiting(self.who)


def _run() -> str:
    return os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
