"""The cache in a folder: one SQLite file a dataset, with a record beside it.

The folder may hold other files, and other users may be able to write there. So only files of this
user that have a record are used or removed, and all are reached through the open folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..databases.sqlite_files import SIDE_FILES
from ..databases.sqlite_location import SqliteLocation
from ..databases.sqlite_store import workspace_of
from ..errors import StoreError
from ..files import file_name
from ..held_folders import HeldFolder
from ..jobs.build_lock import is_of_build_lock
from ..text import error_line
from ..workspaces import remove_abandoned
from .backend import CacheEntry, EntryState, most_recent_first
from .file_record import (
    SUFFIX,
    FileRecord,
    complete_record,
    read_record,
    record_name,
    write_new_record,
)

_ENTRY = re.compile(r"(?P<preset>.+)-(?P<key>[0-9a-f]{20})\.db")
_LEFT_BEHIND = re.compile(
    r"\.{1,2}(?P<name>.+-[0-9a-f]{20}\.db)\.(building|lock|owner(\.\d+-[0-9a-f]{8})?)"
)


class FilesystemCache:
    """Datasets as SQLite files in a folder; see `backend.CacheBackend` for the methods."""

    def __init__(self, folder: Path) -> None:
        """Set the folder, which is created when it is needed."""
        self.display_name = str(folder)
        self._folder = folder

    def location(self, preset: str, key: str) -> SqliteLocation:
        """Return the file of a dataset."""
        return SqliteLocation(self._folder / _file_name(preset, key), is_sealed=True)

    def state(self, preset: str, key: str) -> EntryState:
        """Return whether the file exists, and is as its record says."""
        name = _file_name(preset, key)
        with self._opened() as folder:
            record = read_record(folder, name) if folder is not None else None
            if folder is None or record is None or not record.is_complete:
                return EntryState.MISSING
            self._refuse_unsafe(os.fstat(folder.descriptor))
            return EntryState.COMPLETE if _is_unchanged(folder, record) else EntryState.CHANGED

    def prepare(self) -> None:
        """Create the folder, private to this user.

        Raises:
            StoreError: when it cannot be created, is of another user, or all may replace its files.
        """
        with self._as_store_errors():
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._refuse_unsafe(self._folder.stat())

    def prepare_build(self, preset: str, key: str) -> None:
        """Remove a file that is not complete, and write the record of one that is to be built."""
        name = _file_name(preset, key)
        with self._opened() as folder:
            assert folder is not None, "prepare comes first"
            if read_record(folder, name) is not None:
                _remove_files(folder, name)
            elif (taken := folder.status(name)) or folder.status(record_name(name)):
                path = self._folder / (name if taken else record_name(name))
                raise self._unusable(f"{path} is no file of the cache; move or remove it")
            write_new_record(folder, name)

    def seal(self, preset: str, key: str) -> None:
        """Make the file read-only, and record its state."""
        name = _file_name(preset, key)
        with self._opened() as folder:
            assert folder is not None, "prepare comes first"
            descriptor = folder.open(name)
            try:
                os.fchmod(descriptor, 0o400)
            finally:
                os.close(descriptor)
            complete_record(folder, name)

    @contextmanager
    def in_use(self, preset: str, key: str) -> Iterator[None]:
        """Hold a shared lock on the record, and set its modification time to now."""
        with self._opened() as folder:
            if folder is None:
                raise self._unusable("it was removed")
            descriptor = folder.open(record_name(_file_name(preset, key)))
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            with suppress(OSError):
                os.utime(descriptor)
            yield
        finally:
            os.close(descriptor)

    def entries(self) -> list[CacheEntry]:
        """Return the datasets in the folder, the most recently used first."""
        entries = []
        with self._opened() as folder:
            for name in folder.names() if folder is not None else ():
                match = _ENTRY.fullmatch(name)
                if folder is None or match is None or read_record(folder, name) is None:
                    continue
                status, record = folder.status(name), folder.status(record_name(name))
                if status is not None and record is not None and folder.has_own_file(name):
                    entries.append(
                        CacheEntry(match["preset"], match["key"], status.st_size, record.st_mtime)
                    )
        return most_recent_first(entries)

    def remove(self, entry: CacheEntry) -> bool:
        """Remove a file with a record unless it is in use; return whether it is gone."""
        name = _file_name(entry.preset, entry.key)
        with self._opened() as folder:
            if folder is None or read_record(folder, name) is None:
                return folder is None or folder.status(name) is None
            return _remove_unused(folder, name)

    def remove_interrupted(self, age_s: float) -> None:
        """Remove the files of interrupted builds that are older than an age and not locked."""
        oldest = time.time() - age_s
        with self._opened() as folder:
            if folder is None:
                return
            names = folder.names()
            for name in names:
                if match := _LEFT_BEHIND.fullmatch(name):
                    _remove_left_behind(folder, match["name"], name, oldest)
            for name in names:
                dataset = f"{name.removesuffix(SUFFIX)}.db"
                is_record = name.endswith(SUFFIX) and _ENTRY.fullmatch(dataset)
                if is_record and folder.status(dataset) is None:
                    _remove_record(folder, dataset, oldest)

    @contextmanager
    def _opened(self) -> Iterator[HeldFolder | None]:
        """Open the folder; None if it does not exist."""
        with self._as_store_errors():
            try:
                folder = HeldFolder(self._folder.resolve())
            except FileNotFoundError:
                yield None
                return
            with folder:
                yield folder

    def _refuse_unsafe(self, status: os.stat_result) -> None:
        if status.st_uid not in (os.geteuid(), 0):
            raise self._unusable(f"it is of another user (uid {status.st_uid})")
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            # a file could be replaced after its record was compared with it
            raise self._unusable("all users may replace files in it (try chmod o-w)")

    def _unusable(self, reason: str) -> StoreError:
        return StoreError(
            f"cannot keep datasets in {self._folder}: {reason}; give another folder with "
            "--cache-dir, or --no-cache"
        )

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            about_folder = error.filename in (None, str(self._folder))
            reason = str(error.strerror) if about_folder else error_line(error)
            raise self._unusable(reason) from error


def _file_name(preset: str, key: str) -> str:
    return f"{file_name(preset)}-{key}.db"


def _is_unchanged(folder: HeldFolder, record: FileRecord) -> bool:
    """Return whether a file is as it was recorded, and SQLite keeps no changes beside it."""
    beside = [f"{record.name}{end}" for end in SIDE_FILES]
    return record.fits(folder) and not any(map(folder.status, beside))


def _remove_files(folder: HeldFolder, name: str) -> None:
    """Remove a dataset, what SQLite keeps beside it, and its record."""
    for end in ("", *SIDE_FILES):
        if folder.has_own_file(name + end):
            folder.remove(name + end)
    folder.remove(record_name(name))


def _remove_unused(folder: HeldFolder, name: str) -> bool:
    """Remove a dataset with its record, unless a process has locked it; return whether it is gone.

    Anything but a file of this user is left.
    """
    try:
        lock = folder.open(record_name(name))
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove_files(folder, name)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return folder.status(name) is None


def _remove_left_behind(folder: HeldFolder, dataset: str, name: str, oldest: float) -> None:
    """Remove a workspace or file of an interrupted build, if no process holds its build lock."""
    status = folder.status(name)
    if status is None or status.st_mtime > oldest:
        return
    path = folder.path / name
    if path == workspace_of(folder.path / dataset):
        remove_abandoned(path)
    elif folder.has_own_file(name) and is_of_build_lock(name, folder.read(name)):
        with _unless_building(folder, dataset) as is_free:
            if is_free:
                folder.remove(name)


def _remove_record(folder: HeldFolder, dataset: str, oldest: float) -> None:
    """Remove the record of a dataset that was never finished."""
    status = folder.status(record_name(dataset))
    if status is None or status.st_mtime > oldest:
        return
    if read_record(folder, dataset) is not None:
        with _unless_building(folder, dataset) as is_free:
            if is_free:
                folder.remove(record_name(dataset))


@contextmanager
def _unless_building(folder: HeldFolder, dataset: str) -> Iterator[bool]:
    """Hold the build lock of a dataset, if no process builds it; see `jobs.build_lock`."""
    try:
        lock = folder.open(f".{dataset}.lock")
    except OSError:
        yield folder.status(f".{dataset}.lock") is None
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(lock)
