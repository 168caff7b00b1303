"""Where a finished dataset lives: a file, or a database on a server; and how it is copied."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from ..errors import StoreError
from .connections import server_url
from .preflight import parse_url, prepare_sqlite, read_notes, sqlite_path
from .server_location import MariadbLocation, PostgresqlLocation
from .sqlite_store import SqliteStore
from .store import Store


class DatabaseLocation(Protocol):
    """Where a dataset lives, or shall live."""

    @property
    def url(self) -> str:
        """The database, as SQLAlchemy opens it."""

    @property
    def where(self) -> str:
        """The database as messages name it, without a password."""

    @property
    def lock_path(self) -> Path:
        """A file on this machine, there or not, beside which builds take turns."""

    def is_built(self) -> bool:
        """Whether there may be a finished build."""

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Make sure that a build may go there.

        Args:
            replace: whether a database that aquadata built may be replaced.
            needed_bytes: how large the database will be.

        Raises:
            StoreError: when it may not, with what to do instead.
        """

    def store(self, *, replace: bool) -> Store:
        """What builds there.

        Args:
            replace: whether to replace what it holds.
        """

    def notes(self) -> Mapping[str, str]:
        """What the build kept with its data, by name.

        Raises:
            StoreError: when there is no finished build.
        """

    def engine(self, *, writable: bool) -> sa.Engine:
        """An engine; the database itself refuses changes if it is not writable."""

    def size_bytes(self) -> int:
        """Size of the database."""

    def copy(self) -> AbstractContextManager[DatabaseLocation]:
        """A copy that is gone when the block ends."""


class SqliteLocation:
    """A file."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self._path = path

    @property
    def url(self) -> str:
        """The database, as SQLAlchemy opens it."""
        return sa.URL.create("sqlite", database=str(self._path)).render_as_string()

    @property
    def where(self) -> str:
        """The file's path."""
        return str(self._path)

    @property
    def lock_path(self) -> Path:
        """The file itself."""
        return self._path

    def is_built(self) -> bool:
        """Whether there is such a file."""
        return self._path.exists()

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Make sure that a build may go into the file."""
        prepare_sqlite(self._path, replace=replace, needed_bytes=needed_bytes)

    def store(self, *, replace: bool) -> SqliteStore:
        """What builds the file."""
        return SqliteStore(self._path, keep=not replace)

    def notes(self) -> Mapping[str, str]:
        """What the build kept with its data, by name."""
        return read_notes(self._path)

    def engine(self, *, writable: bool) -> sa.Engine:
        """An engine; SQLite itself refuses changes if it is not writable."""
        if not self._path.is_file():
            raise StoreError(f"there is no database {self._path}; build it with `aquadata seed`")
        mode = {"mode": "rw" if writable else "ro", "uri": "true"}
        file = self._path.absolute().as_uri()
        return sa.create_engine(sa.URL.create("sqlite", database=file, query=mode))

    def size_bytes(self) -> int:
        """Size of the file."""
        return self._path.stat().st_size

    @contextmanager
    def copy(self) -> Iterator[SqliteLocation]:
        """A copy in a temporary folder."""
        with tempfile.TemporaryDirectory(prefix="aquadata-") as folder:
            copied = Path(folder, self._path.name)
            shutil.copyfile(self._path, copied)
            copied.chmod(0o600)
            yield SqliteLocation(copied)


def database_location(url: str) -> DatabaseLocation:
    """Where the dataset at a URL lives.

    Raises:
        StoreError: when the URL names no database that there could be.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return SqliteLocation(sqlite_path(url))
    server = server_url(parsed)
    return (
        PostgresqlLocation(server)
        if server.get_backend_name() == "postgresql"
        else MariadbLocation(server)
    )
