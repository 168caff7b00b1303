"""Work in a folder: one process puts tasks there, and any process of the same user does them.

A task is a file. Whoever holds the lock of a task does it and leaves the result beside it; the
locks are the operating system's and end with their holder, so a process that dies in the middle
of a task is noticed and holds nobody up. The one who waits for a result works as well.

Tasks and results are pickled, and unpickling runs code: a folder is used only if it belongs to
this user and nobody else can write into it.
"""

from __future__ import annotations

import errno
import os
import pickle
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from ..errors import BuildError

P = ParamSpec("P")
T = TypeVar("T")

POLL_S = 0.02
"""Seconds between two looks into a folder that has nothing to do."""
_SLOT, _SEAT = ".slot", ".seat"
"""A file for each process that there is room for, and what it locks to take it: releasing a lock
may remove its file. Unlike a task, it is held for as long as a process is here."""
_TASK, _LOCK, _TAKEN, _RESULT = ".task", ".lock", ".taken", ".result"
_HERE = ".here"
_SPAWNS_A_SLOT = 4
"""Processes that may die before no other is started in their stead."""


class LostWorkerError(BuildError):
    """The process that did a task has died before it was finished."""


class WorkFolder:
    """A folder of tasks, as those see it who do them."""

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
        self._make_room(0)
        self._folder.join()
        for slot in range(1, self.size):
            self._make_room(slot)

    def _make_room(self, slot: int) -> None:
        (self._folder.path / f"{slot:05d}{_SLOT}").touch()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Put a task into the folder.

        Args:
            fn: what to call, found by its name in its module.
            args: its arguments.
            kwargs: its arguments by name.
        """
        name = f"{self._count:06d}"
        self._count += 1
        _write(self._folder.path / f"{name}{_TASK}", (fn, args, kwargs))
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

    def finish(self, name: str, timeout_s: float | None) -> tuple[bool, Any]:
        """Work until a task is done: whether it went well, and its value or error.

        Raises:
            TimeoutError: when it takes longer than asked.
        """
        give_up = None if timeout_s is None else time.monotonic() + timeout_s
        result = self._folder.path / f"{name}{_RESULT}"
        while not result.exists():
            self._top_up()
            if not self._folder.work():
                time.sleep(POLL_S)
            if give_up is not None and time.monotonic() > give_up:
                raise TimeoutError
        outcome = pickle.loads(result.read_bytes())
        for end in (_TASK, _LOCK, _TAKEN, _RESULT):
            (self._folder.path / f"{name}{end}").unlink(missing_ok=True)
        return bool(outcome[0]), outcome[1]

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
            process.poll() is None and not (self._folder.path / f"{process.pid}{_HERE}").exists()
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


def _outcome(task: Path) -> tuple[bool, Any]:
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


def _leave(result: Path, outcome: tuple[bool, Any]) -> None:
    try:
        _write(result, outcome)
    except (pickle.PicklingError, TypeError, AttributeError):
        _write(result, (False, BuildError(f"{outcome[1]!r} cannot be handed over")))


def _write(path: Path, value: object) -> None:
    """Write a file that is whole as soon as it has its name."""
    unfinished = path.with_suffix(f"{path.suffix}-{os.getpid()}")
    unfinished.write_bytes(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
    unfinished.replace(path)


def _spawn(folder: Path) -> subprocess.Popen[bytes]:
    """Start a process that helps out until its standard input ends, which it does with us."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest_aquadata.build.helper", str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        process_group=0,
    )
