"""The cache in a folder: one SQLite file a dataset.

A file's modification time is the time of its last use; the file itself is never changed. A shared
lock of the operating system on the file marks it as in use, and ends with the process.
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

from ..databases.sqlite_location import SqliteLocation
from ..databases.sqlite_preflight import has_all_pages, read_file_metadata
from ..datasets.build_metadata import MANIFEST
from ..datasets.manifest import Manifest
from ..errors import StoreError
from ..files import file_name
from .backend import CacheEntry, most_recent_first

_ENTRY = re.compile(r"(?P<preset>.+)-(?P<key>[0-9a-f]{20})\.db")
_WORKSPACE = re.compile(r"\..+-[0-9a-f]{20}\.db\.building")


class FilesystemCache:
    """Datasets as SQLite files in a folder; see `backend.CacheBackend` for the methods."""

    def __init__(self, folder: Path) -> None:
        """Set the folder, which is created when it is needed."""
        self.display_name = str(folder)
        self._folder = folder

    def location(self, preset: str, key: str) -> SqliteLocation:
        """Return the file of a dataset."""
        return SqliteLocation(self._path(preset, key))

    def holds(self, preset: str, key: str) -> bool:
        """Return whether the file exists and is complete."""
        return is_complete(self._path(preset, key))

    def prepare(self) -> None:
        """Create the folder, private to this user."""
        with self._as_store_errors():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def prepare_build(self, preset: str, key: str) -> None:
        """Remove a file that is not complete."""
        with self._as_store_errors():
            self._path(preset, key).unlink(missing_ok=True)

    def seal(self, preset: str, key: str) -> None:
        """Make the file read-only."""
        self._path(preset, key).chmod(0o400)

    @contextmanager
    def in_use(self, preset: str, key: str) -> Iterator[None]:
        """Hold a shared lock on the file, and set its modification time to now."""
        path = self._path(preset, key)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            with suppress(OSError):
                os.utime(path)
            yield
        finally:
            os.close(descriptor)

    def entries(self) -> list[CacheEntry]:
        """Return the datasets in the folder, the most recently used first."""
        entries = []
        for path in self._folder.glob("*.db"):
            match = _ENTRY.fullmatch(path.name)
            with suppress(FileNotFoundError):
                if match:
                    status = path.stat()
                    entries.append(
                        CacheEntry(match["preset"], match["key"], status.st_size, status.st_mtime)
                    )
        return most_recent_first(entries)

    def remove(self, entry: CacheEntry) -> bool:
        """Remove a file unless it is in use; return whether it is gone."""
        path = self._path(entry.preset, entry.key)
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def remove_interrupted(self, age_s: float) -> None:
        """Remove the files of interrupted builds that are older than an age and not locked."""
        oldest = time.time() - age_s
        for workspace in self._folder.glob(".*.building"):
            with suppress(OSError, Timeout):
                if _WORKSPACE.fullmatch(workspace.name) and workspace.stat().st_mtime < oldest:
                    with FileLock(workspace / "lock", blocking=False):
                        shutil.rmtree(workspace)

    def _path(self, preset: str, key: str) -> Path:
        return self._folder / f"{file_name(preset)}-{key}.db"

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"cannot keep datasets in {self._folder}: {error.strerror}; give another "
                "folder with --aquadata-cache-dir, or --aquadata-no-cache"
            ) from error


def is_complete(path: Path) -> bool:
    """Return whether a file is a finished dataset with all its pages."""
    try:
        Manifest.from_json(read_file_metadata(path)[MANIFEST])
        return has_all_pages(path)
    except (StoreError, OSError, KeyError, ValueError, TypeError):
        return False
