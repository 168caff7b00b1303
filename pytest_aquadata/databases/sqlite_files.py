"""A SQLite database as a whole: its file, the files beside it, its copy and its replacement.

SQLite keeps changes that are not yet in the database file in files beside it: `-wal` with its index
`-shm`, or `-journal`. They belong to one database file. A file that is copied or renamed without
them loses rows, and a new file beside those of an old one is corrupted:
https://www.sqlite.org/howtocorrupt.html. So databases are copied and replaced by SQLite itself,
which also respects the locks of other processes.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import StoreError
from ..files import NEW_FILE, real_path

SIDE_FILES = ("-wal", "-shm", "-journal")
"""Ends of the names of the files that SQLite keeps beside a database."""
_SECONDS_TO_WAIT = 2
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_PRIMARY_CODE = 0xFF
_FORMAT_VERSIONS, _ROLLBACK_FORMAT = slice(18, 20), b"\x01\x01"
"""Bytes of the header: https://www.sqlite.org/fileformat.html, section 1.3."""
_HEADER_BYTES = 100


def real_file(path: Path) -> Path:
    """Return the file that a path leads to through symbolic links; it may be missing.

    Raises:
        StoreError: when a link is not followed.
    """
    try:
        return real_path(path)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: it is a {error.strerror}; give the path of the file itself"
        ) from None


def refuse_unsafe_target(path: Path) -> None:
    """Check that a build may be written to a path, as `real_file` returns it.

    Raises:
        StoreError: when it is no file, has several names, may not be written, or is missing and
            there are files beside it that belong to another database of this name.
    """
    try:
        status = path.lstat()
    except FileNotFoundError:
        _refuse_side_files(path)
        return
    if not stat.S_ISREG(status.st_mode):
        raise StoreError(f"cannot write {path}: it is no file; give another --url")
    if status.st_nlink > 1:
        raise StoreError(
            f"cannot write {path}: the file has {status.st_nlink} names (hard links), and SQLite "
            "needs one; copy it, or give another --url"
        )
    if not os.access(path, os.W_OK):
        raise StoreError(f"cannot write {path}: the file is read-only; give another --url")


def _refuse_side_files(path: Path) -> None:
    """Raise if files beside a missing database would be taken for its own."""
    for end in SIDE_FILES:
        beside = path.with_name(path.name + end)
        if os.path.lexists(beside):
            raise StoreError(
                f"cannot write {path}: {beside} is there, which belongs to another database of "
                "this name; remove it if no program uses it, or give another --url"
            )


def settle(path: Path) -> None:
    """Move all changes of an existing database into its file.

    Raises:
        StoreError: when another process has it open.
        sqlite3.DatabaseError: when it is no database.
    """
    with _exclusive(path):
        pass


def create_from(built: Path, path: Path) -> None:
    """Move a finished file to a path where there is no file.

    Raises:
        StoreError: when there is one, or files beside it.
        OSError: when it cannot be moved.
    """
    _refuse_side_files(path)
    try:
        os.link(built, path, follow_symlinks=False)
    except FileExistsError:
        raise changed_meanwhile(path) from None
    except OSError:
        # a file system without hard links
        if os.path.lexists(path):
            raise changed_meanwhile(path) from None
        built.rename(path)
    else:
        built.unlink()


def replace_content(path: Path, built: Path, expected: os.stat_result) -> None:
    """Replace the content of a database by that of a finished file, in one transaction.

    The file keeps its name, owner and permissions. If the process is killed, the former content
    comes back when the database is opened next.

    Args:
        path: the database.
        built: the finished file.
        expected: status of the file as it must still be.

    Raises:
        StoreError: when the file was changed, or another process has it open.
        sqlite3.DatabaseError: when it cannot be written.
    """
    with _exclusive(path) as connection:
        if not is_unchanged(path.lstat(), expected):
            raise changed_meanwhile(path)
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute("PRAGMA journal_mode=DELETE")
        with closing(sqlite3.connect(read_only_uri(built), uri=True)) as source:
            source.backup(connection)
        if journal == "wal":
            connection.execute("PRAGMA journal_mode=WAL")


def is_unchanged(status: os.stat_result, expected: os.stat_result) -> bool:
    """Return whether a settled file is the same, with the same content."""
    return os.path.samestat(status, expected) and (
        (status.st_size, status.st_mtime_ns) == (expected.st_size, expected.st_mtime_ns)
    )


def changed_meanwhile(path: Path) -> StoreError:
    """Return the error for a target that others changed during a build."""
    return StoreError(
        f"{path} was changed by another process while it was being built, and is left unchanged; "
        "seed again"
    )


def copy_database(path: Path, copy: Path) -> None:
    """Copy a database with all its changes to a new file that only this user may read.

    Raises:
        StoreError: when it cannot be read.
        OSError: when the copy cannot be created.
    """
    os.close(os.open(copy, NEW_FILE | os.O_WRONLY, 0o600))
    try:
        with (
            closing(sqlite3.connect(read_only_uri(path), uri=True)) as source,
            closing(sqlite3.connect(copy, isolation_level=None)) as target,
        ):
            # a copy that is not finished is not used, so it needs no journal
            target.execute("PRAGMA synchronous=OFF")
            target.execute("PRAGMA journal_mode=OFF")
            source.backup(target)
            # a copy of a database in WAL mode has that mode, too
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} cannot be copied: {reading_error(error)}") from error


def has_rollback_format(path: Path) -> bool:
    """Return whether all changes of a database that nobody writes are in its file."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    beside = [path.with_name(path.name + end) for end in SIDE_FILES]
    return header[_FORMAT_VERSIONS] == _ROLLBACK_FORMAT and not any(map(os.path.lexists, beside))


def read_only_uri(path: Path) -> str:
    """Return the URI by which SQLite opens a file for reading only."""
    return f"{path.absolute().as_uri()}?mode=ro"


def reading_error(error: sqlite3.Error) -> str:
    """Return in words why a database cannot be read."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code == sqlite3.SQLITE_READONLY_ROLLBACK:
        return (
            "a process that wrote to it was killed, and its -journal must be rolled back; open it "
            "once with the program that it belongs to"
        )
    if code & _PRIMARY_CODE in _BUSY:
        return "another process is writing to it; wait for it to finish"
    return str(error)


@contextmanager
def _exclusive(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that no other process has in use, with all its changes in its file."""
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with closing(
        sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_SECONDS_TO_WAIT)
    ) as connection:
        try:
            # keeps the lock of the transaction until the connection is closed
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE not in _BUSY:
                raise
            raise StoreError(
                f"cannot write {path}: another process has it open; close it there, or give "
                "another --url"
            ) from None
        yield connection
