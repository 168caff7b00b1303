"""A folder of tasks, which one process puts there and any process of the same user does.

A task is a file. Whoever holds the lock of a task does it and leaves the result beside it; the
locks are the operating system's and end with their holder, so a process that dies in the middle
of a task is noticed and holds nobody up.

Tasks and results are pickled, and unpickling runs code: a folder is used only if it belongs to
this user and nobody else can write into it.
"""

from __future__ import annotations

import errno
import os
import pickle
import stat
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import BuildError
from ..files import write_atomically

Task = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]
"""What to call, found by its name in its module, and its arguments."""
Outcome = tuple[bool, Any]
"""Whether a task went well, and its value or error."""

POLL_S = 0.02
"""Seconds between two looks into a folder that has nothing to do."""
_SLOT, _SEAT = ".slot", ".seat"
"""A file for each process that there is room for, and what it locks to take it: releasing a lock
may remove its file. Unlike a task, it is held for as long as a process is here."""
_TASK, _LOCK, _TAKEN, _RESULT = ".task", ".lock", ".taken", ".result"
_HERE = ".here"


class LostWorkerError(BuildError):
    """The process that did a task has died before it was finished."""


class WorkFolder:
    """A folder of tasks, for the one who puts them there and for those who do them."""

    def __init__(self, path: Path) -> None:
        """Look at a folder; nothing is read yet.

        Args:
            path: the folder.

        Raises:
            BuildError: when others than this user could have written into it.
            FileNotFoundError: when it is gone.
        """
        _check_private(path)
        self.path = path
        self._slot: FileLock | None = None

    @property
    def is_there(self) -> bool:
        """Whether there may still be something to do."""
        return self.path.is_dir()

    def join(self) -> bool:
        """Become one of the processes that work here, if there is room for another."""
        if self._slot is None:
            self._slot = next(self._free_slots(), None)
            if self._slot is not None:
                (self.path / f"{os.getpid()}{_HERE}").touch()
        return self._slot is not None

    @property
    def has_joined(self) -> bool:
        """Whether this is one of the processes that work here."""
        return self._slot is not None

    @property
    def room(self) -> int:
        """How many more processes may join."""
        free = list(self._free_slots())
        for lock in free:
            lock.release()
        return len(free)

    def has_met(self, process: int) -> bool:
        """Whether a process has ever worked here."""
        return (self.path / f"{process}{_HERE}").exists()

    def make_room(self, slot: int) -> None:
        """Let another process work here; slots are numbered."""
        (self.path / f"{slot:05d}{_SLOT}").touch()

    def put(self, name: str, task: Task) -> None:
        """Have a task done by whoever comes first."""
        _write(self.path / f"{name}{_TASK}", task)

    def outcome(self, name: str) -> Outcome | None:
        """What became of a task, which is then removed; None before it is done."""
        result = self.path / f"{name}{_RESULT}"
        if not result.exists():
            return None
        well, value = pickle.loads(result.read_bytes())
        for end in (_TASK, _LOCK, _TAKEN, _RESULT):
            (self.path / f"{name}{end}").unlink(missing_ok=True)
        return bool(well), value

    def leave(self) -> None:
        """Make room for another process."""
        if self._slot is not None:
            self._slot.release()
            self._slot = None

    def help(self) -> bool:
        """Do one task if there is one and there is room; false if not.

        What goes wrong with the folder itself is left to the process that waits for the results.
        """
        try:
            return self.join() and self.work()
        except OSError:
            return False

    def work(self) -> bool:
        """Do one task that nobody does yet; false if there is none."""
        return any(self._do(name) for name in self._tasks())

    def _free_slots(self) -> Iterator[FileLock]:
        """The slots that nobody has, taken for as long as they are not released."""
        for slot in self._names(_SLOT):
            lock = _taken(self.path / f"{slot}{_SEAT}")
            if lock is not None:
                yield lock

    def _tasks(self) -> list[str]:
        done = set(self._names(_RESULT))
        return [name for name in self._names(_TASK) if name not in done]

    def _names(self, end: str) -> list[str]:
        """Names of the files with this end, without it."""
        try:
            names = [file.name for file in self.path.iterdir()]
        except FileNotFoundError:
            return []
        named = [name for name in names if name.endswith(end)]
        return sorted(name.removesuffix(end) for name in named)

    def _do(self, name: str) -> bool:
        """Do a task, unless another does or has done it."""
        task, taken, result = (self.path / f"{name}{end}" for end in (_TASK, _TAKEN, _RESULT))
        lock = _taken(self.path / f"{name}{_LOCK}")
        if lock is None:
            return False
        try:
            if result.exists() or not task.exists():
                return False
            if taken.exists():
                _leave(result, (False, _lost(taken)))
            else:
                taken.write_text(str(os.getpid()), encoding="ascii")
                _leave(result, _outcome(task))
            return True
        except FileNotFoundError:
            return False
        finally:
            lock.release()


def help_out(path: Path) -> None:
    """Work in a folder until it is gone, whenever there is room; for a process that only helps."""
    folder = WorkFolder(path)
    while folder.is_there:
        if not folder.help():
            time.sleep(POLL_S)


@contextmanager
def work_folder(place: Path) -> Iterator[Path]:
    """A new folder for work at a place, private to this user, gone when the block ends.

    Folders that a killed process has left there go first, when those who still work in them have
    finished. Only one process may be here at once for a place: see `turns`.

    Args:
        place: path that the names of the folders start with.
    """
    for left in folders_at(place):
        _clear(left)
    folder = Path(tempfile.mkdtemp(prefix=f"{place.name}.crew-", dir=place.parent))
    try:
        yield folder
    finally:
        _clear(folder)


def folders_at(place: Path) -> list[Path]:
    """The folders for work at a place that are this user's alone, the newest last."""
    found = []
    for folder in place.parent.glob(f"{place.name}.crew-*"):
        with suppress(FileNotFoundError, BuildError):
            _check_private(folder)
            found.append((folder.stat().st_mtime_ns, folder))
    return [folder for _, folder in sorted(found)]


def _clear(folder: Path) -> None:
    """Remove a folder when all who work in it have finished; nobody begins anything new."""
    for task in folder.glob(f"*{_TASK}"):
        task.unlink(missing_ok=True)
    while True:
        try:
            for file in list(folder.iterdir()):
                if file.suffix == _LOCK:
                    with FileLock(file):
                        file.unlink()
                else:
                    file.unlink(missing_ok=True)
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
            time.sleep(POLL_S)
        else:
            return


def _check_private(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise BuildError(
            f"{folder} is not a folder of this user alone, so no work is taken from it; remove it"
        )


def _taken(path: Path) -> FileLock | None:
    """A lock that nobody holds, now held; None if somebody does."""
    lock = FileLock(path, blocking=False)
    try:
        lock.acquire()
    except (Timeout, FileNotFoundError):
        return None
    return lock


def _outcome(task: Path) -> Outcome:
    """Do a task; its value, or the error it ended with."""
    try:
        function, args, kwargs = pickle.loads(task.read_bytes())
        return True, function(*args, **kwargs)
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        try:
            portable = pickle.loads(pickle.dumps(error))
        except Exception:
            portable = BuildError(f"{type(error).__name__}: {error}")
        portable.add_note(told)
        return False, portable


def _lost(taken: Path) -> LostWorkerError:
    process = taken.read_text(encoding="ascii")
    return LostWorkerError(
        f"process {process or 'unknown'} died while it worked (killed, or short of memory or disk)"
    )


def _leave(result: Path, outcome: Outcome) -> None:
    try:
        _write(result, outcome)
    except (pickle.PicklingError, TypeError, AttributeError):
        _write(result, (False, BuildError(f"{outcome[1]!r} cannot be handed over")))


def _write(path: Path, value: object) -> None:
    write_atomically(path, pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
