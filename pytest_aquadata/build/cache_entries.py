"""What is in the cache: one file a dataset, the least recently used go first when it is full.

A dataset's file says by its time of change when it was last used; nothing else ever changes it. A
lock of the operating system on the file says that it is in use, and dies with its holder.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import StoreError
from .manifest import Manifest
from .notes import MANIFEST
from .targets import read_notes

_ENTRY = re.compile(r"(?P<preset>.+)-(?P<key>[0-9a-f]{20})\.db")
_WORKSPACE = re.compile(r"\..+-[0-9a-f]{20}\.db\.building")
_DAYS_TO_RESUME = 7
_SECONDS_A_DAY = 86_400
_PAGE_SIZE_AT, _PAGE_COUNT_AT = slice(16, 18), slice(28, 32)


@dataclass(frozen=True)
class Entry:
    """A dataset in the cache.

    Attributes:
        path: its file.
        preset: what it is of: the name of a preset or schedule.
        key: the digest of all that determines it.
        size_bytes: size of the file.
        used_at: when it was last used, in seconds since 1970.
    """

    path: Path
    preset: str
    key: str
    size_bytes: int
    used_at: float


def entry_path(folder: Path, preset: str, key: str) -> Path:
    """The file of a dataset."""
    return folder / f"{preset}-{key}.db"


def entries(folder: Path) -> list[Entry]:
    """What is in a cache folder, the most recently used first."""
    found = []
    for path in folder.glob("*.db"):
        named = _ENTRY.fullmatch(path.name)
        with suppress(FileNotFoundError):
            if named:
                status = path.stat()
                found.append(
                    Entry(path, named["preset"], named["key"], status.st_size, status.st_mtime)
                )
    return sorted(found, key=lambda entry: (-entry.used_at, entry.path))


def is_sound(path: Path) -> bool:
    """Whether a file holds a whole dataset: none that was cut short, or of another kind."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        page_size = int.from_bytes(head[_PAGE_SIZE_AT], "big")
        pages = int.from_bytes(head[_PAGE_COUNT_AT], "big")
        Manifest.from_json(read_notes(path)[MANIFEST])
        return path.stat().st_size == pages * page_size
    except (StoreError, OSError, KeyError, ValueError, TypeError):
        return False


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Keep a dataset from being removed from the cache, and mark it as used now."""
    holder = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(holder, fcntl.LOCK_SH)
        with suppress(OSError):
            os.utime(path)
        yield
    finally:
        os.close(holder)


def remove(path: Path) -> bool:
    """Remove a dataset, unless somebody uses or builds it; whether it is gone."""
    try:
        with FileLock(path.with_suffix(".lock"), blocking=False):
            holder = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                path.with_suffix(".lock").unlink(missing_ok=True)
            finally:
                os.close(holder)
    except (Timeout, BlockingIOError):
        return False
    except FileNotFoundError:
        pass
    return True


def make_room(folder: Path, limit_bytes: int) -> list[Entry]:
    """Remove the least recently used until the rest is within a limit; what was removed.

    What is in use stays. Builds that were interrupted long ago go as well.
    """
    _forget_interrupted(folder, time.time() - _DAYS_TO_RESUME * _SECONDS_A_DAY)
    held = entries(folder)
    size = sum(entry.size_bytes for entry in held)
    removed = []
    for entry in reversed(held):
        if size <= limit_bytes:
            break
        if remove(entry.path):
            size -= entry.size_bytes
            removed.append(entry)
    return removed


def clear(folder: Path) -> tuple[list[Entry], list[Entry]]:
    """Remove everything that nobody uses; what was removed, and what is in use."""
    _forget_interrupted(folder, time.time())
    held = entries(folder)
    gone = {entry.path for entry in held if remove(entry.path)}
    return [one for one in held if one.path in gone], [one for one in held if one.path not in gone]


def _forget_interrupted(folder: Path, before: float) -> None:
    """Remove what builds have left that stopped before a moment, unless one has been taken up."""
    for workspace in folder.glob(".*.building"):
        lock = workspace / "lock"
        with suppress(OSError, Timeout):
            if _WORKSPACE.fullmatch(workspace.name) and workspace.stat().st_mtime < before:
                with FileLock(lock, blocking=False):
                    shutil.rmtree(workspace)
