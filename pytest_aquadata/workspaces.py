"""Folders in which one process builds, and which a later one can recognise, use again and remove.

A workspace has a file `lock` with a fixed content. The process that uses the workspace holds a lock
of the operating system on it, which ends with the process. So a workspace that nobody has locked
was left by a process that was killed. A folder without such a file is of others, and is left alone.

A workspace may lie beside what is built. Those for temporary files lie in one folder of this user.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import tempfile
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import StoreError
from .held_folders import HeldFolder

_LOCK = "lock"
_MARK = b"pytest-aquadata: temporary files, removed when no process holds a lock on this file\n"
_PREFIX = "folder-"


class WorkspaceInUse(OSError):
    """Another process uses the workspace."""


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
            try:
                workspace = cls._opened(path, may_create=True)
            except FileNotFoundError:
                continue  # another process has just removed it
            if workspace.folder.is_in_place:
                return workspace
            workspace.release()

    @classmethod
    def _opened(cls, path: Path, *, may_create: bool) -> Workspace:
        """Lock a workspace that exists, or an empty folder."""
        folder = HeldFolder(path)
        try:
            _check_own_folder(folder)
            return cls(path, folder, _locked(folder, may_create=may_create))
        except BaseException:
            folder.close()
            raise

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
        try:
            self.clear()
            self.folder.remove(_LOCK)
            with suppress(OSError):
                # only an empty folder is removed, in case others have moved this one
                self.path.rmdir()
        finally:
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
        Workspace._opened(path, may_create=False).remove()
    except OSError:
        return False
    return True


def private_folder() -> Path:
    """Return this user's folder for temporary files; create it if it is missing.

    Raises:
        StoreError: when it cannot be created, or others own it or can write to it.
    """
    folder = Path(tempfile.gettempdir(), f"aquadata-{os.geteuid()}")
    try:
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
    except OSError as error:
        raise StoreError(
            f"cannot write temporary files into {folder.parent}: {error.strerror or error}; set "
            "TMPDIR to another folder"
        ) from error
    is_private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
    if not stat.S_ISDIR(status.st_mode) or not is_private:
        raise StoreError(
            f"{folder} is not a folder that only you can read and write, so it is not used for "
            "temporary files; remove it, or set TMPDIR to another folder"
        )
    return folder


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Create a workspace for temporary files; remove it at the end of the block.

    Those of processes that were killed are removed, too.

    Raises:
        StoreError: when it cannot be created.
    """
    remove_abandoned_folders()
    workspace = _new_workspace(private_folder())
    try:
        yield workspace.path
    finally:
        with suppress(OSError):
            workspace.remove()


def _new_workspace(folder: Path) -> Workspace:
    while True:
        try:
            return Workspace.acquire(folder / f"{_PREFIX}{uuid.uuid4().hex}")
        except WorkspaceInUse:
            continue  # another process took it for an abandoned one before it was locked
        except OSError as error:
            raise StoreError(f"cannot write {folder}: {error.strerror or error}") from error


def remove_abandoned_folders() -> None:
    """Remove the temporary folders of this user's processes that were killed.

    Raises:
        StoreError: as `private_folder`.
    """
    for folder in private_folder().glob(f"{_PREFIX}*"):
        with suppress(OSError):
            # a process may have been killed before it made the lock
            Workspace.acquire(folder).remove()


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
    if not folder.is_own:
        reason = "is a folder of another user, or one that others may write; remove it"
        raise OSError(errno.EPERM, reason, str(folder.path))
