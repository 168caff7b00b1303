"""Folders in which one process builds, and which a later one can recognise, use again and remove.

A workspace has a file `lock` with a fixed content. The process that uses the workspace holds a lock
of the operating system on it, which ends with the process. So a workspace that nobody has locked
was left by a process that was killed. A folder without such a file is of others, and is left alone.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from .files import NEW_FILE

_LOCK = "lock"
_MARK = b"pytest-aquadata: temporary files, removed when no process holds a lock on this file\n"
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class WorkspaceInUse(OSError):
    """Another process uses the workspace."""


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


class Workspace:
    """A folder that this process has locked.

    Attributes:
        path: the folder.
        folder: the same, held open.
    """

    def __init__(self, path: Path, folder: HeldFolder, lock: int) -> None:
        """Take over an open folder and its locked file; see `acquire`."""
        self.path = path
        self.folder = folder
        self._lock = lock

    @classmethod
    def acquire(cls, path: Path) -> Workspace:
        """Create and lock a workspace, or lock one that a process has left.

        Raises:
            WorkspaceInUse: when another process has locked it.
            OSError: when it cannot be created, or something else has its name.
        """
        while True:
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            folder = HeldFolder(path)
            try:
                _check_own_folder(folder)
                workspace = cls(path, folder, _locked(folder, may_create=True))
            except FileNotFoundError:
                # another process has just removed it
                folder.close()
                continue
            except BaseException:
                folder.close()
                raise
            if folder.is_in_place:
                return workspace
            workspace.release()

    def check_in_place(self) -> None:
        """Check that the path still leads to this folder.

        Raises:
            OSError: when others have moved it, and perhaps put something else in its place.
        """
        if not self.folder.is_in_place:
            reason = "was replaced by another program; nothing in it is used"
            raise OSError(errno.ESTALE, reason, str(self.path))

    def clear(self, kept: Collection[str] = ()) -> None:
        """Remove all files but the lock and some others."""
        for name in self.folder.names():
            if name != _LOCK and name not in kept:
                self.folder.remove(name)

    def remove(self) -> None:
        """Remove the folder and all that is in it, and unlock it."""
        self.clear()
        self.folder.remove(_LOCK)
        with suppress(OSError):
            # only an empty folder is removed, in case others have moved this one
            self.path.rmdir()
        self.release()

    def release(self) -> None:
        """Unlock the folder, and leave it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        self.folder.close()


def remove_abandoned(path: Path) -> bool:
    """Remove a workspace that no process has locked; return whether it was one.

    A folder of others, and one in use, is left alone.
    """
    try:
        with HeldFolder(path) as folder:
            if not _is_own_folder(folder):
                return False
            workspace = Workspace(path, folder, _locked(folder, may_create=False))
            workspace.remove()
            return True
    except OSError:
        return False


def _locked(folder: HeldFolder, *, may_create: bool) -> int:
    """Return the descriptor of the locked file of a workspace.

    Args:
        folder: the folder.
        may_create: make an empty folder a workspace.

    Raises:
        WorkspaceInUse: when another process has locked it.
        FileNotFoundError: when it has just been removed.
        OSError: when the folder is no workspace.
    """
    names = folder.names()
    if not names and may_create:
        with suppress(FileExistsError):
            os.close(folder.create(_LOCK))
            names = [_LOCK]
    if not folder.has_own_file(_LOCK):
        raise _no_workspace(folder)
    lock = folder.open(_LOCK, os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        content = os.pread(lock, len(_MARK) + 1, 0)
        if not content and may_create and set(folder.names()) <= {_LOCK}:
            os.pwrite(lock, _MARK, 0)
        elif content != _MARK:
            raise _no_workspace(folder)
    except BlockingIOError:
        os.close(lock)
        reason = "another process uses it right now"
        raise WorkspaceInUse(errno.EAGAIN, reason, str(folder.path)) from None
    except BaseException:
        os.close(lock)
        raise
    return lock


def _no_workspace(folder: HeldFolder) -> OSError:
    if not folder.is_in_place:
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder.path))
    reason = "holds files that aquadata did not make there; move or remove it"
    return OSError(errno.EEXIST, reason, str(folder.path))


def _check_own_folder(folder: HeldFolder) -> None:
    if not _is_own_folder(folder):
        reason = "is a folder of another user, or one that others may write; remove it"
        raise OSError(errno.EPERM, reason, str(folder.path))


def _is_own_folder(folder: HeldFolder) -> bool:
    """Return whether only this user can have made the files in a folder."""
    status = os.fstat(folder.descriptor)
    return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_MAY_WRITE


def _is_own_file(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
