"""Files that appear under their name only when they are complete, and names of files."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LONGEST_NAME = 60
"""Bytes of a name that a file is named after; the file's own name adds to it."""
NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags that create a file, and fail if anything has its name, even a link that leads nowhere."""
_MOST_LINKS = 40


@contextmanager
def atomic_path(path: Path, *, follow_link: bool = False) -> Iterator[Path]:
    """Give a path in the same folder to write to; it is renamed to `path` when the block ends.

    A file of that name is replaced, and its owner and permissions are kept where the system allows
    it; those of a new file are as usual. If the block fails, what it wrote is removed and `path`
    stays as it was.

    Args:
        path: the file.
        follow_link: if it is a symbolic link of this user, replace the file that it leads to.

    Raises:
        OSError: when the name belongs to something else than a regular file.
    """
    target = real_path(path) if follow_link else path
    replaced = _regular_file(target)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
    _create_like(unfinished, replaced)
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes, *, follow_link: bool = False) -> None:
    """Write a file, text as UTF-8, so that no other process ever reads half of it.

    Args:
        path: the file.
        content: its new content.
        follow_link: see `atomic_path`.

    Raises:
        OSError: when it cannot be written; a file of that name is unchanged.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with atomic_path(path, follow_link=follow_link) as unfinished:
        unfinished.write_bytes(data)


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the beginning of a file in a folder where others may put anything under its name.

    Raises:
        OSError: when it is no regular file; a link is not followed, and no pipe is waited for.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        return file.read(most_bytes)


def digest_name(name: str) -> str:
    """Return a name for the file of a part: the name of the part may have any characters."""
    return f"part-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:32]}"


def file_name(name: str) -> str:
    """Return a name without its characters that have a meaning in paths, URLs or shells.

    Letters of any script, digits, `_`, `-` and dots stay; it begins with a letter, digit or `_`.
    """
    plain = re.sub(r"[^\w.-]+", "-", name).lstrip(".-").encode()[:_LONGEST_NAME]
    return plain.decode(errors="ignore").rstrip(".-") or "schedule"


def real_path(path: Path) -> Path:
    """Return the path that a path leads to through symbolic links; the file may be missing.

    Links in the names of folders are followed as always. A file that is a link is followed only if
    the link is of this user or of root: in a shared folder, others could lead it anywhere.

    Raises:
        OSError: when a link is of another user, leads nowhere, or leads to itself.
    """
    current = path
    for _ in range(_MOST_LINKS):
        current = current.parent.resolve() / current.name
        try:
            status = current.lstat()
        except FileNotFoundError:
            if current == path.parent.resolve() / path.name:
                return current
            reason = f"symbolic link to {current}, which does not exist"
            raise OSError(errno.ENOENT, reason, str(path)) from None
        if not stat.S_ISLNK(status.st_mode):
            return current
        if status.st_uid not in (os.geteuid(), 0):
            reason = f"symbolic link of another user (uid {status.st_uid}), which is not followed"
            raise OSError(errno.EPERM, reason, str(path))
        current = current.parent / current.readlink()
    raise OSError(errno.ELOOP, "symbolic link that leads to itself", str(path))


def _regular_file(path: Path) -> os.stat_result | None:
    """Return the status of a file; None if there is none."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no regular file"
        raise OSError(errno.EINVAL, f"is {kind}, and is left as it is; give another", str(path))
    return status


def _create_like(path: Path, replaced: os.stat_result | None) -> None:
    """Create an empty file, with owner and permissions of the one that it will replace."""
    descriptor = os.open(path, NEW_FILE | os.O_WRONLY, 0o666 if replaced is None else 0o600)
    try:
        if replaced is not None:
            with suppress(PermissionError):
                os.fchown(descriptor, replaced.st_uid, replaced.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(replaced.st_mode))
    finally:
        os.close(descriptor)
