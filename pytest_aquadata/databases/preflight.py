"""Where a build may go: the database named by a URL, and what it already holds."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import StoreError
from ..schema import TABLES
from .connections import masked, server_url
from .sqlite_store import table_names
from .store import NOTES

_SPARE = 1.1
_BATCHES = "batch_batch"


def sqlite_path(url: str) -> Path:
    """The file that a SQLite URL names.

    Raises:
        StoreError: when the URL names no file.
    """
    parsed = parse_url(url)
    if parsed.database in (None, "", ":memory:"):
        raise StoreError(f"{masked(parsed)} names no file; give --url=sqlite:///FILE.db")
    return Path(str(parsed.database))


def parse_url(url: str) -> URL:
    """A database URL taken apart.

    Raises:
        StoreError: when it is none.
    """
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the database URL cannot be read; write it like sqlite:///farm.db or "
            "postgresql://user:password@host/farm"
        ) from None


def database_url(url: str) -> URL:
    """The URL of a database that exists, or could, with its driver.

    Raises:
        StoreError: when it is none, or of a kind that cannot be filled.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        sqlite_path(url)
        return parsed
    return server_url(parsed)


def refuse_other_files(path: Path) -> None:
    """A file that is no SQLite database is not taken for one.

    Raises:
        StoreError: when it is none.
    """
    with closing(_read(path)) as connection:
        try:
            table_names(connection)
        except sqlite3.DatabaseError as error:
            raise StoreError(_unreadable(path, error)) from None


def database_file(url: URL) -> Path:
    """The file of a SQLite database."""
    return Path(str(url.database))


def prepare_sqlite(path: Path, *, replace: bool, needed_bytes: int) -> None:
    """Make sure that a build may go into a file.

    Args:
        path: the file.
        replace: whether a database that aquadata built may be replaced.
        needed_bytes: how large the database will be.

    Raises:
        StoreError: when it may not, with what to do instead.
    """
    if not path.parent.is_dir():
        raise StoreError(f"cannot write {path}: there is no folder {path.parent}; create it first")
    if path.exists():
        _check_existing(path, replace)
    free = shutil.disk_usage(path.parent).free
    if free < needed_bytes * _SPARE:
        raise StoreError(
            f"cannot write {path}: about {needed_bytes * _SPARE / 1e9:.1f} GB are needed and "
            f"{free / 1e9:.1f} GB are free; make room, or give another --url"
        )


def _check_existing(path: Path, replace: bool) -> None:
    if not path.is_file():
        raise StoreError(f"cannot write {path}: it is no file; give another --url")
    held = _rows_held(path)
    if replace:
        _check_replaceable(path)
    elif held:
        raise StoreError(
            f"{path} already holds data ({_told(held)}); use --replace to build it anew "
            "if aquadata built it, --reuse to go on with it if it is the same build, or give "
            "another --url"
        )


def _told(held: Mapping[str, int]) -> str:
    """Where there are rows: in the table of batches, if that has any."""
    table = _BATCHES if _BATCHES in held else next(iter(held))
    return f"{table} has {held[table]:,}"


def _rows_held(path: Path) -> Mapping[str, int]:
    """How many rows the tables of ours hold, if any."""
    with closing(_read(path)) as connection:
        try:
            present = [name for name in table_names(connection) if name in TABLES]
            held = {}
            for name in present:
                if connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone():
                    (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                    held[name] = rows
            return held
        except sqlite3.DatabaseError as error:
            raise StoreError(_unreadable(path, error)) from None


def _check_replaceable(path: Path) -> None:
    with closing(_read(path)) as connection:
        present = set(table_names(connection))
    foreign = sorted(present - TABLES.keys() - {NOTES})
    if NOTES not in present and present:
        raise StoreError(
            f"{path} was not built by aquadata, so --replace leaves it; remove it first"
        )
    if foreign:
        raise StoreError(
            f"{path} also holds tables that aquadata did not make ({', '.join(foreign[:3])}), so "
            "--replace leaves it; give another --url"
        )


def read_notes(path: Path) -> Mapping[str, str]:
    """What a build kept with its data, by name.

    Raises:
        StoreError: when the file is no database, or was not built by aquadata.
    """
    if not path.is_file():
        raise StoreError(f"there is no database {path}; build it with `aquadata seed`")
    with closing(_read(path)) as connection:
        try:
            if NOTES not in table_names(connection):
                raise StoreError(f"{path} was not built by aquadata: it has no table {NOTES}")
            return dict(connection.execute(f"SELECT name, value FROM {NOTES}").fetchall())
        except sqlite3.DatabaseError as error:
            raise StoreError(_unreadable(path, error)) from None


def _read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def _unreadable(path: Path, error: sqlite3.DatabaseError) -> str:
    if "not a database" in str(error):
        return f"{path} is no SQLite database; give another --url"
    return f"{path} cannot be read: {error}"
