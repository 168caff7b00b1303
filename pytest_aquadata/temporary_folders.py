"""Temporary folders that only this user can read and write, removed even if a process is killed.

They lie in one folder of this user. A process holds a lock of the operating system on each of its
folders; one that is not locked was left by a process that was killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import StoreError

_FOLDER_PREFIX = "folder-"


def private_folder() -> Path:
    """Return this user's folder for temporary files; create it if it is missing.

    Raises:
        StoreError: when it cannot be created, or others own it or can write to it.
    """
    folder = Path(tempfile.gettempdir(), f"aquadata-{os.getuid()}")
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
    except OSError as error:
        raise StoreError(
            f"cannot write temporary files into {folder.parent}: {error.strerror or error}; set "
            "TMPDIR to another folder"
        ) from error
    is_private = status.st_uid == os.getuid() and not status.st_mode & 0o077
    if not stat.S_ISDIR(status.st_mode) or not is_private:
        raise StoreError(
            f"{folder} is not a folder that only you can read and write, so it is not used for "
            "temporary files; remove it, or set TMPDIR to another folder"
        )
    return folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a private folder; remove it at the end of the block.

    Folders of processes that were killed are removed, too.

    Raises:
        StoreError: when it cannot be created.
    """
    remove_abandoned_folders()
    folder, lock = _new_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _new_folder() -> tuple[Path, int]:
    """Return a new folder, and the descriptor that locks it."""
    while True:
        folder = private_folder() / f"{_FOLDER_PREFIX}{uuid.uuid4().hex}"
        try:
            folder.mkdir(mode=0o700)
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # another process found it before it was locked
        except OSError as error:
            raise StoreError(f"cannot write {folder}: {error.strerror or error}") from error
        fcntl.flock(lock, fcntl.LOCK_SH)
        if folder.is_dir():
            return folder, lock
        os.close(lock)


def remove_abandoned_folders() -> None:
    """Remove the temporary folders of this user's processes that were killed.

    Raises:
        StoreError: as `private_folder`.
    """
    for folder in private_folder().glob(f"{_FOLDER_PREFIX}*"):
        with suppress(OSError):
            _remove_if_abandoned(folder)


def _remove_if_abandoned(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)
