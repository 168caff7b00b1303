"""The location of a dataset in a SQLite file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..errors import StoreError
from ..temporary_folders import temporary_folder
from .sqlite_preflight import prepare_sqlite, read_file_metadata
from .sqlite_store import SqliteStore


class SqliteLocation:
    """A SQLite file; see `location.DatabaseLocation` for the methods."""

    def __init__(self, path: Path) -> None:
        """Set the file."""
        self._path = path

    @property
    def url(self) -> str:
        """URL for SQLAlchemy."""
        return sa.URL.create("sqlite", database=str(self._path)).render_as_string()

    @property
    def display_name(self) -> str:
        """Path of the file."""
        return str(self._path)

    @property
    def lock_path(self) -> Path:
        """Path of the file."""
        return self._path

    def is_built(self) -> bool:
        """Return whether the file exists."""
        return self._path.exists()

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Check that a build can be written to the file."""
        prepare_sqlite(self._path, replace=replace, needed_bytes=needed_bytes)

    def store(self, *, replace: bool) -> SqliteStore:
        """Return the store that builds the file."""
        return SqliteStore(self._path, keep=not replace)

    def build_metadata(self) -> Mapping[str, str]:
        """Return the metadata of finished builds by name."""
        return read_file_metadata(self._path)

    def engine(self, *, writable: bool) -> sa.Engine:
        """Return an engine; unless writable, SQLite refuses changes."""
        if not self._path.is_file():
            raise StoreError(f"there is no database {self._path}; build it with `aquadata seed`")
        return file_engine(self._path, "rw" if writable else "ro")

    def size_bytes(self) -> int:
        """Return the size of the file."""
        return self._path.stat().st_size

    @contextmanager
    def copy(self) -> Iterator[SqliteLocation]:
        """Copy the file to a temporary folder."""
        with temporary_folder() as folder:
            path = folder / self._path.name
            shutil.copyfile(self._path, path)
            path.chmod(0o600)
            yield SqliteLocation(path)


def file_engine(path: Path, mode: str, **arguments: Any) -> sa.Engine:
    """Return an engine for an existing file.

    Args:
        path: the file.
        mode: `ro` or `rw`.
        **arguments: for `sqlite3.connect`.
    """
    url = sa.URL.create(
        "sqlite", database=path.absolute().as_uri(), query={"mode": mode, "uri": "true"}
    )
    return sa.create_engine(url, connect_args=arguments)
