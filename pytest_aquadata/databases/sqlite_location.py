"""The location of a dataset in a SQLite file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..errors import StoreError
from ..workspaces import remove_abandoned_folders, temporary_folder
from .connections import as_store_errors
from .metadata_table import read_metadata
from .own_objects import refuse_taken_names
from .sqlite_files import copy_database, has_rollback_format
from .sqlite_preflight import prepare_sqlite, read_file_metadata, refuse_numbers_as_instants
from .sqlite_store import SqliteStore
from .sqlite_text import match_text_of_file


class SqliteLocation:
    """A SQLite file; see `location.DatabaseLocation` for the methods."""

    def __init__(self, path: Path, *, is_read_only: bool = False, is_sealed: bool = False) -> None:
        """Set the file.

        Args:
            path: the file.
            is_read_only: True if it was asked for read-only, so that nothing is built there.
            is_sealed: True if it is never changed, so that its copies may be copies of the file.
        """
        self._path = path
        self._is_read_only = is_read_only
        self._is_sealed = is_sealed

    @property
    def url(self) -> str:
        """URL for SQLAlchemy."""
        return sa.URL.create("sqlite", database=str(self._path)).render_as_string()

    @property
    def read_only_url(self) -> str:
        """URL by which any program opens the file for reading only.

        What follows `sqlite:///` is the URI that `sqlite3` and Django take as the database's name.
        """
        return _url(self._path, "ro").render_as_string().replace("file%3A", "file:", 1)

    @property
    def display_name(self) -> str:
        """Path of the file."""
        return str(self._path)

    @property
    def lock_path(self) -> Path:
        """Path of the file, the same for all symbolic links to it."""
        return Path(os.path.realpath(self._path))

    def is_built(self) -> bool:
        """Return whether the file exists."""
        return self._path.exists()

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Check that a build can be written to the file."""
        if self._is_read_only:
            raise StoreError(
                f"cannot write {self._path}: mode=ro in the URL opens it for reading only; leave "
                "it out"
            )
        prepare_sqlite(self._path, replace=replace, needed_bytes=needed_bytes)
        if self._path.exists():
            self._refuse_taken_names()

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
        refuse_numbers_as_instants(self._path)
        return file_engine(self._path, "rw" if writable else "ro")

    def size_bytes(self) -> int:
        """Return the size of the file."""
        return self._path.stat().st_size

    def remove_abandoned_copies(self) -> None:
        """Remove the temporary folders that killed processes have left."""
        remove_abandoned_folders()

    def _refuse_taken_names(self) -> None:
        engine = self.engine(writable=False)
        try:
            with as_store_errors(f"{self._path} cannot be read"), engine.connect() as connection:
                read_metadata(connection)
                refuse_taken_names(connection)
        finally:
            engine.dispose()

    @contextmanager
    def copy(self) -> Iterator[SqliteLocation]:
        """Copy the database to a temporary folder."""
        with temporary_folder() as folder:
            path = folder / f"{self._path.stem}.db"
            if self._is_sealed and has_rollback_format(self._path):
                shutil.copyfile(self._path, path)
                path.chmod(0o600)
            else:
                copy_database(self._path, path)
            yield SqliteLocation(path)


def file_engine(path: Path, mode: str, **arguments: Any) -> sa.Engine:
    """Return an engine for an existing file.

    Args:
        path: the file.
        mode: `ro` or `rw`.
        **arguments: for `sqlite3.connect`.
    """
    engine = sa.create_engine(_url(path, mode), connect_args=arguments)
    match_text_of_file(engine)
    return engine


def _url(path: Path, mode: str) -> sa.URL:
    return sa.URL.create(
        "sqlite", database=path.absolute().as_uri(), query={"mode": mode, "uri": "true"}
    )
