"""The cache as a folder: one file a dataset.

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
from pathlib import Path

from filelock import FileLock, Timeout

from ..databases.location import SqliteLocation
from ..databases.preflight import read_notes
from ..datasets.build_metadata import MANIFEST
from ..datasets.manifest import Manifest
from ..errors import StoreError
from .backend import CacheEntry

_ENTRY = re.compile(r"(?P<preset>.+)-(?P<key>[0-9a-f]{20})\.db")
_WORKSPACE = re.compile(r"\..+-[0-9a-f]{20}\.db\.building")
_PAGE_SIZE_AT, _PAGE_COUNT_AT = slice(16, 18), slice(28, 32)


class FilesystemCache:
    """Datasets as SQLite files in a folder; see `shelf.CacheBackend` for what the methods do."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when something is put there."""
        self.where = str(folder)
        self._folder = folder

    def home(self, preset: str, key: str) -> SqliteLocation:
        """The file of a dataset."""
        return SqliteLocation(self._path(preset, key))

    def holds(self, preset: str, key: str) -> bool:
        """Whether the file is there and whole; one that was cut short is not."""
        return is_sound(self._path(preset, key))

    def prepare(self) -> None:
        """Make the folder, for its user alone."""
        with self._told_apart():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def make_ready(self, preset: str, key: str) -> None:
        """Clear away a file that is not whole."""
        with self._told_apart():
            self._path(preset, key).unlink(missing_ok=True)

    @contextmanager
    def _told_apart(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"cannot keep datasets in {self._folder}: {error.strerror}; give another "
                "--cache-dir, or --no-cache"
            ) from error

    def put(self, preset: str, key: str) -> None:
        """Let nobody change the file."""
        self._path(preset, key).chmod(0o400)

    @contextmanager
    def in_use(self, preset: str, key: str) -> Iterator[None]:
        """Keep the file from being removed, and mark it as used now."""
        path = self._path(preset, key)
        holder = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(holder, fcntl.LOCK_SH)
            with suppress(OSError):
                os.utime(path)
            yield
        finally:
            os.close(holder)

    def entries(self) -> list[CacheEntry]:
        """What is in the folder, the most recently used first."""
        found = []
        for path in self._folder.glob("*.db"):
            named = _ENTRY.fullmatch(path.name)
            with suppress(FileNotFoundError):
                if named:
                    status = path.stat()
                    found.append(
                        CacheEntry(named["preset"], named["key"], status.st_size, status.st_mtime)
                    )
        return sorted(found, key=lambda entry: (-entry.used_at, entry.preset, entry.key))

    def remove(self, entry: CacheEntry) -> bool:
        """Remove a file, unless somebody uses it; whether it is gone."""
        path = self._path(entry.preset, entry.key)
        try:
            holder = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(holder)
        return True

    def forget_interrupted(self, age_s: float) -> None:
        """Remove what interrupted builds have left that nobody has taken up for so long."""
        before = time.time() - age_s
        for workspace in self._folder.glob(".*.building"):
            with suppress(OSError, Timeout):
                if _WORKSPACE.fullmatch(workspace.name) and workspace.stat().st_mtime < before:
                    with FileLock(workspace / "lock", blocking=False):
                        shutil.rmtree(workspace)

    def _path(self, preset: str, key: str) -> Path:
        return self._folder / f"{preset}-{key}.db"


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
