"""Base class of the dialects of database servers, with the functions that only they have."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa

from ..errors import StoreError
from ..text import error_line, mask_password
from .dialect import Dialect, dialect_of
from .schema_differences import refuse_narrow_columns
from .server_driver import ServerDriver
from .server_sessions import Connect, Statement, prepare_sessions


@dataclass(frozen=True)
class SessionSettings:
    """URL, arguments and statements that open and prepare new sessions.

    Attributes:
        query: of the URL, without what is replaced.
        arguments: of the driver's `connect`.
        statements: executed first in each session.
    """

    query: Mapping[str, Any]
    arguments: Mapping[str, Any]
    statements: Sequence[Statement]


@dataclass(frozen=True)
class ServerDatabase:
    """A database on a server.

    Attributes:
        name: its name.
        size_bytes: its size.
        comment: the comment on it, if any.
    """

    name: str
    size_bytes: int
    comment: str | None


class ServerDialect(Dialect):
    """A database on a server; databases are created, listed and dropped over a connection.

    Attributes:
        drivers: the drivers with a bulk route by SQLAlchemy's name, the preferred one first.
    """

    is_server: ClassVar[bool] = True
    drivers: ClassVar[Mapping[str, ServerDriver]]

    @property
    def driver_modules(self) -> frozenset[str]:
        """Top-level modules of the drivers."""
        return frozenset(driver.module for driver in self.drivers.values())

    def checked_url(self, url: sa.URL) -> sa.URL:
        """Return the URL with a driver that is installed and not asynchronous."""
        name, shown = url.get_backend_name(), mask_password(str(url))
        if "@" in (url.host or ""):
            raise StoreError(f"{shown}: write each @ in the user or the password as %40")
        if not url.database:
            raise StoreError(f"{shown} names no database; write it like {name}://host/database")
        given = url.drivername.partition("+")[2]
        driver = self._usable_driver(name, given, shown)
        query = url.query if driver.name == given else self.portable_query(url.query)
        return url.set(drivername=f"{name}+{driver.name}", query=query)

    def _usable_driver(self, name: str, given: str, shown: str) -> ServerDriver:
        """Return the driver that a URL names, or one that is installed if it may be any."""
        usable = [driver for driver in self.drivers.values() if not driver.is_async]
        if given in self.drivers and not self.drivers[given].is_async:
            usable = [self.drivers[given]]
        elif given and given not in self.drivers:
            raise StoreError(
                f"{shown}: {given} is no driver that aquadata knows; write it as {name}://…, or "
                f"with {' or '.join(driver.name for driver in usable)}"
            )
        for driver in usable:
            if driver.is_installed:
                return driver
        missing = usable[0]
        wanted = f"{given} is for asynchronous engines, and no other driver is installed"
        if not given or missing.name == given:
            wanted = f"the driver {missing.name} is not installed"
        raise StoreError(f"{shown}: {wanted}; pip install '{missing.package}'")

    def open_engine(self, url: sa.URL, *, read_only: bool = False) -> sa.Engine:
        """Return an engine for a database with tables."""
        return server_engine(url, read_only=read_only)

    def exists(self, url: sa.URL) -> bool:
        """Return True: a server says itself if a database is missing."""
        return True

    def portable_query(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the query of a URL without what only its own driver understands.

        It is called if another driver than the one that the URL names takes its place.
        """
        return query

    def prepare_writing(self, connection: sa.Connection) -> None:
        """Refuse tables whose columns are too small."""
        refuse_narrow_columns(connection, self)

    @abstractmethod
    def session_settings(
        self, driver: ServerDriver, query: Mapping[str, Any], *, read_only: bool
    ) -> SessionSettings:
        """Return what overrides the settings of server, database and user.

        Args:
            driver: of the connections.
            query: of the URL, as the user wrote it.
            read_only: True if the server shall refuse changes.
        """

    def check_sessions(
        self, connection: Any, connect: Connect, *, driver: ServerDriver, name: str
    ) -> None:
        """Check that settings and locks of a session last as long as its connection.

        Args:
            connection: a new connection of the driver.
            connect: opens another one.
            driver: of the connections.
            name: of the database, for the message.

        Raises:
            StoreError: if they do not.
        """

    @abstractmethod
    def read_only_url(self, url: sa.URL) -> sa.URL:
        """Return a URL whose sessions refuse changes, by whatever program they are opened."""

    @abstractmethod
    def writable_url(self, url: sa.URL) -> sa.URL:
        """Return a URL without what `read_only_url` adds."""

    @abstractmethod
    def database_names(self, connection: sa.Connection) -> set[str]:
        """Return the names of all databases on the server."""

    @abstractmethod
    def cached_databases(self, connection: sa.Connection) -> Sequence[ServerDatabase]:
        """Return the databases whose names begin with `aquadata_`."""

    @abstractmethod
    def connection_count(self, connection: sa.Connection, name: str) -> int:
        """Return how many connections a database has."""

    @abstractmethod
    def lock_clone(self, connection: sa.Connection, token: str) -> None:
        """Take the lock of a copy until the session ends; see `server_clones`."""

    @abstractmethod
    def is_clone_locked(self, connection: sa.Connection, token: str) -> bool:
        """Return whether a session, on any database of the server, has the lock of a copy."""

    @abstractmethod
    def create_database(self, name: str) -> str:
        """Return the statement that creates an empty database."""

    def prepare_new_database(self, url: sa.URL) -> None:
        """Create what tables in a new database need, such as the schema on the search path."""

    @abstractmethod
    def drop_database(self, name: str) -> Sequence[str]:
        """Return the statements that drop a database, and its template if it has one."""

    @abstractmethod
    def comment_on_database(self, name: str, comment: str) -> str:
        """Return the statement that sets the comment on a database."""

    @abstractmethod
    def change_mark(self, connection: sa.Connection) -> str:
        """Return a text that shows whether the tables of a build in a database were written since.

        It is made of what the server itself keeps of each table, so that no rows are read.
        """

    def is_changed(self, connection: sa.Connection, mark: str) -> bool:
        """Return whether tables were written since `change_mark` returned a text."""
        return self.change_mark(connection) != mark

    @abstractmethod
    def prepare_clones(self, connection: sa.Connection, name: str) -> None:
        """Prepare a finished database for fast copies, where the server can copy databases."""


def server_dialect_of(url: sa.URL) -> ServerDialect:
    """Return the dialect of a server's URL.

    Raises:
        StoreError: if the URL names a file, or a database that is not supported.
    """
    dialect = dialect_of(url)
    if not isinstance(dialect, ServerDialect):
        raise StoreError(
            f"{mask_password(str(url))} names no server; leave out the cache URL to keep "
            "datasets as files"
        )
    return dialect


def server_url(url: sa.URL) -> sa.URL:
    """Return a server's URL with the driver.

    Raises:
        StoreError: if it names another driver, no database, or no server.
    """
    return server_dialect_of(url).checked_url(url)


def server_engine(
    url: sa.URL, *, read_only: bool = False, isolation_level: str | None = None, **options: Any
) -> sa.Engine:
    """Return an engine whose sessions are alike, however server, database and user are set.

    Args:
        url: as `server_url` returns it.
        read_only: True if the server shall refuse changes.
        isolation_level: the server's default if None.
        **options: for `sqlalchemy.create_engine`.

    Raises:
        StoreError: if the driver is not installed, or does not take the URL's parameters.
    """
    dialect, name = server_dialect_of(url), mask_password(str(url))
    driver = dialect.drivers[url.get_driver_name()]
    if isolation_level is not None:
        options["isolation_level"] = isolation_level
    writable = dialect.writable_url(url)
    read_only = read_only or writable != url
    url = writable
    session = dialect.session_settings(driver, url.query, read_only=read_only)
    try:
        engine = sa.create_engine(
            url.set(query=session.query),
            connect_args={**session.arguments, **driver.credentials(url.password or "")},
            hide_parameters=True,
            **options,
        )
    except (ImportError, TypeError, ValueError, sa.exc.ArgumentError) as error:
        raise StoreError(f"{name}: the driver {driver.name} says: {error_line(error)}") from None
    check = partial(dialect.check_sessions, driver=driver, name=name)
    prepare_sessions(engine, session.statements, driver.end_connecting, check, name)
    return engine
