"""Checks of a SQLite file before a build, and the metadata of builds in it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from ..text import is_printable, mask_password, size_text
from .metadata_table import (
    METADATA_TABLE,
    checked_entries,
    refuse_long_values,
    refuse_other_columns,
)
from .sqlite_files import read_only_uri, reading_error, real_file, refuse_unsafe_target
from .sqlite_store import table_names

_SPARE = 1.1
"""Required free space as a multiple of the estimated size."""
_TRUE = ("true", "1", "yes", "on")
_MODES = ("ro", "rw", "rwc", "memory")
_PARAMETERS = frozenset(
    {"uri", "mode", "cache", "timeout", "isolation_level", "detect_types", "check_same_thread"}
    | {"cached_statements"}
)
"""Parameters of SQLite and of its driver that are honoured, or do not change the result."""
_BATCHES = "batch_batch"
_READINGS = "environmental_environmentalreading"
_PAGE_SIZE, _PAGE_COUNT = slice(16, 18), slice(28, 32)
"""Bytes of the header, big-endian: https://www.sqlite.org/fileformat.html, section 1.3."""
_HEADER_BYTES = 100


def database_file(url: sa.URL) -> Path:
    """Return the file of a SQLite URL.

    Raises:
        StoreError: if the URL names no file.
    """
    name = url.database or ""
    if name.startswith("file:") and str(url.query.get("uri")).lower() in _TRUE:
        parts = urlsplit(name)
        name = "" if url.query.get("mode") == "memory" else unquote(parts.path)
        if parts.netloc not in ("", "localhost"):
            name = ""
    if name in ("", ":memory:"):
        raise StoreError(f"{mask_password(str(url))} names no file; give --url=sqlite:///FILE.db")
    if not is_printable(name):
        raise StoreError(
            f"{name!a} has control characters, which the name of a database file may not have"
        )
    return Path(name)


def refuse_unknown_parameters(url: sa.URL) -> None:
    """Raise if a SQLite URL has a parameter that would not be honoured.

    Raises:
        StoreError: if so.
    """
    for name, value in url.query.items():
        if name not in _PARAMETERS or (name == "mode" and value not in _MODES):
            raise StoreError(
                f"{mask_password(str(url))} has {name}={value}, which is not supported; leave it "
                "out (mode=ro opens a database for reading only)"
            )


def is_read_only_url(url: sa.URL) -> bool:
    """Return whether a SQLite URL opens its file for reading only."""
    return url.query.get("mode") == "ro"


def refuse_other_files(path: Path) -> None:
    """Raise if a file is not a SQLite database.

    Raises:
        StoreError: if it is not.
    """
    with _reading(path) as connection:
        table_names(connection)


def prepare_sqlite(path: Path, *, replace: bool, needed_bytes: int) -> None:
    """Check that a build can be written to a file.

    Args:
        path: the file.
        replace: True if a database that aquadata built may be replaced.
        needed_bytes: estimated size of the database.

    Raises:
        StoreError: if not; the message says what to do instead.
    """
    if not path.parent.is_dir():
        raise StoreError(f"cannot write {path}: there is no folder {path.parent}; create it first")
    target = real_file(path)
    refuse_unsafe_target(target)
    needed = needed_bytes * _SPARE
    if target.exists():
        _check_existing(path, replace)
        # its content is replaced when the new one is complete, and journalled meanwhile
        needed = needed * 2 + target.stat().st_size
    free = shutil.disk_usage(target.parent).free
    if free < needed:
        raise StoreError(
            f"cannot write {path}: about {size_text(needed)} are needed and "
            f"{size_text(free)} are free; make room, or give another --url"
        )


def read_file_metadata(path: Path) -> Mapping[str, str]:
    """Return the metadata of the builds in a file by name.

    Raises:
        StoreError: if the file is missing, not a SQLite database, or not built by aquadata.
    """
    if not path.is_file():
        raise StoreError(f"there is no database {path}; build it with `aquadata seed`")
    with _reading(path) as connection:
        if METADATA_TABLE not in table_names(connection):
            raise StoreError(f"{path} was not built by aquadata: it has no table {METADATA_TABLE}")
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({METADATA_TABLE})")]
        refuse_other_columns(columns, str(path))
        query = f"SELECT max(length(value)) FROM {METADATA_TABLE}"
        refuse_long_values(connection.execute(query).fetchone()[0], str(path))
        rows = connection.execute(f"SELECT name, value FROM {METADATA_TABLE}").fetchall()
        return checked_entries(rows, str(path))


def refuse_numbers_as_instants(path: Path) -> None:
    """Raise if an earlier version built a file: it stored the instants of readings as numbers.

    Raises:
        StoreError: if so.
    """
    query = f"SELECT type FROM pragma_table_info('{_READINGS}') WHERE name = 'reading_time'"
    with _reading(path) as connection:
        if connection.execute(query).fetchone() == ("INTEGER",):
            raise StoreError(
                f"{path} was built by an earlier version of aquadata, which stored the instants of "
                "readings as numbers; build it again with `aquadata seed --replace`"
            )


def has_all_pages(path: Path) -> bool:
    """Return whether a SQLite file is as long as its header says."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    page_size = int.from_bytes(header[_PAGE_SIZE], "big")
    page_count = int.from_bytes(header[_PAGE_COUNT], "big")
    return path.stat().st_size == page_count * page_size


def _check_existing(path: Path, replace: bool) -> None:
    rows = _row_counts(path)
    if replace:
        _check_replaceable(path)
    elif rows:
        table = _BATCHES if _BATCHES in rows else next(iter(rows))
        raise StoreError(
            f"{path} already holds data ({table} has {rows[table]:,}); use --replace to build it "
            "again if aquadata built it, --reuse to open it if it is the same build, or give "
            "another --url"
        )


def _row_counts(path: Path) -> Mapping[str, int]:
    """Return the rows of each table of the schema that is not empty."""
    counts = {}
    with _reading(path) as connection:
        for name in table_names(connection):
            if name in TABLES and connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone():
                (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
                counts[name] = rows
    return counts


def _check_replaceable(path: Path) -> None:
    with _reading(path) as connection:
        present = set(table_names(connection))
    if METADATA_TABLE not in present and present:
        raise StoreError(
            f"{path} was not built by aquadata, so --replace leaves it; remove it first"
        )
    if foreign := sorted(present - TABLES.keys() - {METADATA_TABLE}):
        raise StoreError(
            f"{path} also holds tables that aquadata did not make ({', '.join(foreign[:3])}), so "
            "--replace leaves it; give another --url"
        )


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file read-only; raise errors of SQLite as `StoreError`."""
    try:
        with closing(sqlite3.connect(read_only_uri(path), uri=True)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            raise StoreError(f"{path} is no SQLite database; give another --url") from None
        raise StoreError(f"{path} cannot be read: {reading_error(error)}") from None
