"""Datasets in databases on servers, and their copies."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from ..schema import TABLES
from .connections import as_store_errors, masked, server_engine
from .mariadb_store import MariadbStore
from .postgresql_store import PostgresqlStore
from .server_preflight import finished_notes, holds_build, prepare_server
from .server_store import ServerStore

_LONGEST_NAME = 63
_LARGE_BYTES = 400_000_000
_KNOWS_STRATEGIES = (15,)
_IN_USE = "55006"
TEMPLATE_SUFFIX = "_template"
"""What the name of a database ends with that only serves to be copied."""

_log = logging.getLogger("pytest_aquadata")


class ServerLocation(ABC):
    """A database on a server."""

    store_type: type[ServerStore]

    def __init__(self, url: sa.URL) -> None:
        """Name the database.

        Args:
            url: as `server_url` gives it.
        """
        self._url = url

    @property
    def url(self) -> str:
        """The database, as SQLAlchemy opens it."""
        return self._url.render_as_string(hide_password=False)

    @property
    def where(self) -> str:
        """The database as messages name it, without a password."""
        return masked(self._url)

    @property
    def lock_path(self) -> Path:
        """A name in the folder for temporary files, the same for all processes of this user."""
        named = hashlib.sha256(self.url.encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"aquadata-{os.getuid()}-{named}")

    def is_built(self) -> bool:
        """Whether there is a finished build."""
        return holds_build(self._url)

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Make sure that a build may go there; how much room a server has, none can ask."""
        prepare_server(self._url, replace=replace)

    def store(self, *, replace: bool) -> ServerStore:
        """What builds there."""
        return self.store_type(self._url, replace=replace)

    def notes(self) -> Mapping[str, str]:
        """What the build kept with its data, by name."""
        return finished_notes(self._url)

    def engine(self, *, writable: bool) -> sa.Engine:
        """An engine; the server refuses changes if it is not writable."""
        return server_engine(self._url, read_only=not writable)

    def size_bytes(self) -> int:
        """Size of the database."""
        with self._autocommit() as connection:
            return int(connection.exec_driver_sql(self._size_query).scalar_one())

    @contextmanager
    def copy(self) -> Iterator[Self]:
        """A copy in a database of its own, beside this one."""
        name = f"{str(self._url.database)[: _LONGEST_NAME - 20]}_clone_{uuid.uuid4().hex[:12]}"
        copied = type(self)(self._url.set(database=name))
        with self._autocommit() as connection:
            try:
                self._copy_into(connection, copied)
                connection.commit()
                yield copied
            finally:
                self._drop(connection, name)

    @contextmanager
    def _autocommit(self) -> Iterator[sa.Connection]:
        engine = server_engine(self._url, isolation_level="AUTOCOMMIT")
        try:
            with (
                as_store_errors(f"cannot copy {masked(self._url)}"),
                engine.connect() as connection,
            ):
                yield connection
        finally:
            engine.dispose()

    def _reload(self, connection: sa.Connection, copied: Self) -> None:
        """Copy row by row, and make keys and indexes anew."""
        _log.info("%s is copied by loading its rows again", masked(self._url))
        notes = self.notes()
        store = self.store_type(copied._url)
        try:
            store.begin()
            store.create_schema("copy")
            for name in TABLES:
                self._copy_rows(connection, copied, name)
            store.finish()
            store.seal(notes)
        finally:
            store.close(keep=False)

    _size_query: str

    @abstractmethod
    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        """Make a copy, the fastest way."""

    @abstractmethod
    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        """Copy all rows of a table."""

    @abstractmethod
    def _drop(self, connection: sa.Connection, name: str) -> None:
        """Drop a database if it is there."""


class PostgresqlLocation(ServerLocation):
    """A database of PostgreSQL.

    The server copies it itself if it has a template, or nobody else uses it.
    """

    store_type = PostgresqlStore
    _size_query = "SELECT pg_database_size(current_database())"

    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        sealed = f"{self._url.database}{TEMPLATE_SUFFIX}"
        query = sa.text("SELECT 1 FROM pg_database WHERE datname = :name AND NOT datallowconn")
        found = connection.execute(query, {"name": sealed}).first()
        here = sealed if found else str(self._url.database)
        there = str(copied._url.database)
        try:
            copy_database(connection, here, there)
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != _IN_USE:
                raise
            connection.exec_driver_sql(f'CREATE DATABASE "{there}" TEMPLATE template0')
            self._reload(connection, copied)

    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        engine = copied.engine(writable=True)
        names = ", ".join(f'"{column}"' for column in TABLES[name].columns.keys())  # noqa: SIM118
        try:
            with engine.begin() as target, tempfile.TemporaryFile() as rows:
                ends = [_cursor(connection), _cursor(target)]
                ends[0].copy_expert(f'COPY "{name}" ({names}) TO STDOUT (FORMAT binary)', rows)
                rows.seek(0)
                ends[1].copy_expert(f'COPY "{name}" ({names}) FROM STDIN (FORMAT binary)', rows)
        finally:
            engine.dispose()

    def _drop(self, connection: sa.Connection, name: str) -> None:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def copy_database(connection: sa.Connection, here: str, there: str) -> None:
    """Have PostgreSQL copy a database that nobody is connected to.

    A large one goes by files: through the log, 10 GB take 76 s in place of 15 s.

    Args:
        connection: to the server, in autocommit.
        here: name of the database.
        there: name of its copy.
    """
    size = connection.execute(sa.select(sa.func.pg_database_size(here))).scalar_one()
    version = connection.dialect.server_version_info or ()
    by_files = size > _LARGE_BYTES and version >= _KNOWS_STRATEGIES
    strategy = " STRATEGY file_copy" if by_files else ""
    connection.exec_driver_sql(f'CREATE DATABASE "{there}" TEMPLATE "{here}"{strategy}')


class MariadbLocation(ServerLocation):
    """A database of MariaDB, which cannot copy one: it is loaded again."""

    store_type = MariadbStore
    _size_query = (
        "SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables "
        "WHERE table_schema = DATABASE()"
    )

    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        there = f"`{copied._url.database}`"
        connection.exec_driver_sql(f"CREATE DATABASE {there} CHARACTER SET utf8mb4")
        self._reload(connection, copied)

    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        names = ", ".join(f"`{column}`" for column in TABLES[name].columns.keys())  # noqa: SIM118
        connection.exec_driver_sql(
            f"INSERT INTO `{copied._url.database}`.`{name}` ({names}) SELECT {names} FROM `{name}`"
        )

    def _drop(self, connection: sa.Connection, name: str) -> None:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS `{name}`")


def _cursor(connection: sa.Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()
