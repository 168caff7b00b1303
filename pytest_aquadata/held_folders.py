"""A folder that is held open: others may rename it or put links into it, which has no effect."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from .files import NEW_FILE

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class HeldFolder:
    """A folder that is held open: its files are reached through it, and no link is followed."""

    def __init__(self, path: Path) -> None:
        """Open a folder.

        Raises:
            OSError: when it cannot be opened, or is a symbolic link.
        """
        self.path = path
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self.descriptor = os.open(path, flags)
        except NotADirectoryError:
            kind = "is a symbolic link" if path.is_symlink() else "is no folder"
            raise NotADirectoryError(errno.ENOTDIR, f"{kind}; remove it", str(path)) from None

    def __enter__(self) -> HeldFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the folder."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode."""
        status = os.fstat(self.descriptor)
        return status.st_dev, status.st_ino

    @property
    def is_own(self) -> bool:
        """True if only this user can have made the files in it."""
        status = os.fstat(self.descriptor)
        return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_MAY_WRITE

    @property
    def is_in_place(self) -> bool:
        """True if the path still leads to this folder."""
        with suppress(OSError):
            return os.path.samestat(self.path.lstat(), os.fstat(self.descriptor))
        return False

    def names(self) -> list[str]:
        """Return the names of all files."""
        return os.listdir(self.descriptor)  # noqa: PTH208

    def status(self, name: str) -> os.stat_result | None:
        """Return the status of a file, or of a link itself; None if there is none."""
        try:
            return os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def has_own_file(self, name: str) -> bool:
        """Return whether there is a regular file of this user."""
        status = self.status(name)
        return status is not None and _is_own_file(status)

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """Open a regular file of this user, and return its descriptor.

        Raises:
            OSError: when there is none.
        """
        # without O_NONBLOCK, the open of a named pipe would wait
        flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        if not self.has_own_file(name):
            raise self._not_own(name)
        descriptor = os.open(name, flags, dir_fd=self.descriptor)
        if not _is_own_file(os.fstat(descriptor)):
            os.close(descriptor)
            raise self._not_own(name)
        return descriptor

    def create(self, name: str, mode: int = 0o600) -> int:
        """Create a file, and return its descriptor.

        Raises:
            FileExistsError: when anything has this name.
        """
        return os.open(name, NEW_FILE | os.O_RDWR, mode, dir_fd=self.descriptor)

    def read(self, name: str) -> bytes:
        """Return the content of a regular file of this user."""
        with open(self.open(name), "rb") as file:  # noqa: PTH123
            return file.read()

    def remove(self, name: str) -> None:
        """Remove a file, a link or a folder with all that is in it; no link is followed."""
        status = self.status(name)
        if status is None:
            return
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(status.st_mode):
                shutil.rmtree(name, dir_fd=self.descriptor)
            else:
                os.unlink(name, dir_fd=self.descriptor)

    def _not_own(self, name: str) -> OSError:
        path = self.path / name
        if self.status(name) is None:
            return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return OSError(errno.EPERM, "is no regular file of this user; remove it", str(path))


def _is_own_file(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
