"""The location of a dataset in a database on a server."""

from __future__ import annotations

import hashlib
import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from ..passwords import DatabaseUrl
from ..schema import TABLES
from ..text import mask_password
from ..workspaces import private_folder
from .connections import as_store_errors
from .metadata_table import METADATA_TABLE
from .server_clones import clone_token, new_clone_name
from .server_dialect import server_dialect_of, server_engine
from .server_preflight import finished_metadata, has_finished_build, prepare_server
from .server_store import ServerStore

_log = logging.getLogger("pytest_aquadata")


class ServerLocation(ABC):
    """A database on a server; see `location.DatabaseLocation` for the methods."""

    store_type: type[ServerStore]

    def __init__(self, url: sa.URL) -> None:
        """Set the database.

        Args:
            url: as `server_url` returns it.
        """
        self._url = url

    @property
    def url(self) -> str:
        """URL for SQLAlchemy, with the password."""
        return DatabaseUrl(self._url.render_as_string(hide_password=False))

    @property
    def read_only_url(self) -> str:
        """URL whose sessions refuse changes, with the password."""
        dialect = server_dialect_of(self._url)
        url = dialect.read_only_url(self._url)
        return DatabaseUrl(url.render_as_string(hide_password=False))

    @property
    def display_name(self) -> str:
        """URL without the password."""
        return mask_password(str(self._url))

    @property
    def lock_path(self) -> Path:
        """Path in this user's folder for temporary files, the same for all its processes."""
        digest = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        return private_folder() / f"database-{digest}"

    def is_built(self) -> bool:
        """Return whether there is a finished build."""
        return has_finished_build(self._url)

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Check that a build can be written; a server does not tell how much space is free."""
        prepare_server(self._url, replace=replace)

    def store(self, *, replace: bool) -> ServerStore:
        """Return the store that builds the database."""
        return self.store_type(self._url, replace=replace)

    def build_metadata(self) -> Mapping[str, str]:
        """Return the metadata of finished builds by name."""
        return finished_metadata(self._url)

    def engine(self, *, writable: bool) -> sa.Engine:
        """Return an engine; unless writable, the server refuses changes."""
        return server_engine(self._url, read_only=not writable)

    def size_bytes(self) -> int:
        """Return the size of the database."""
        with self._autocommit() as connection:
            return int(connection.exec_driver_sql(self._size_query).scalar_one())

    @contextmanager
    def copy(self) -> Iterator[Self]:
        """Copy the database to another one on the same server."""
        name = new_clone_name(str(self._url.database))
        dialect = server_dialect_of(self._url)
        copied = type(self)(dialect.writable_url(self._url).set(database=name))
        with self._autocommit() as connection:
            self._remove_abandoned(connection)
            dialect.lock_clone(connection, str(clone_token(name)))
            try:
                self._copy_into(connection, copied)
                connection.commit()
                yield copied
            finally:
                self._drop(connection, name)

    def remove_abandoned_copies(self) -> None:
        """Drop the copies of databases on this server that killed processes have left."""
        with self._autocommit() as connection:
            self._remove_abandoned(connection)

    def _remove_abandoned(self, connection: sa.Connection) -> None:
        dialect = server_dialect_of(self._url)
        for name in dialect.database_names(connection):
            token = clone_token(name)
            if token is None or dialect.is_clone_locked(connection, token):
                continue
            if not dialect.connection_count(connection, name):
                # it may be of another user, or have just been dropped by another process
                with suppress(sa.exc.DBAPIError):
                    self._drop(connection, name)

    @contextmanager
    def _autocommit(self) -> Iterator[sa.Connection]:
        engine = server_engine(self._url, isolation_level="AUTOCOMMIT")
        try:
            with (
                as_store_errors(f"cannot copy {mask_password(str(self._url))}"),
                engine.connect() as connection,
            ):
                yield connection
        finally:
            engine.dispose()

    def _has_own_tables(self, connection: sa.Connection) -> bool:
        """Return whether all tables have the columns of the schema, as those that builds create."""
        found = sa.inspect(connection).get_multi_columns()
        columns = {name: {column["name"] for column in each} for (_, name), each in found.items()}
        return columns.keys() - {METADATA_TABLE} == TABLES.keys() and all(
            columns[name] == set(table.columns.keys()) for name, table in TABLES.items()
        )

    def _reload(self, connection: sa.Connection, copied: Self) -> None:
        """Copy all rows, and create keys and indexes again."""
        _log.info("%s is copied by loading its rows again", mask_password(str(self._url)))
        metadata = self.build_metadata()
        store = self.store_type(copied._url)
        try:
            store.begin()
            store.create_schema("copy")
            for name in TABLES:
                self._copy_rows(connection, copied, name)
            store.finish()
            store.seal(metadata)
        finally:
            store.close(keep=False)

    _size_query: str

    @abstractmethod
    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        """Copy by the fastest way that the server offers."""

    @abstractmethod
    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        """Copy all rows of a table."""

    @abstractmethod
    def _drop(self, connection: sa.Connection, name: str) -> None:
        """Drop a database if it exists."""
