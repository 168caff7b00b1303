"""Base class of the dialects of database servers, with the functions that only they have."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from ..errors import StoreError
from ..text import mask_password
from .dialect import Dialect, dialect_of

_SECONDS_TO_CONNECT = 10


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
        read_only_statement: makes a new session read-only; None if `connect_arguments` do.
    """

    is_server: ClassVar[bool] = True
    read_only_statement: ClassVar[str | None] = None

    def checked_url(self, url: sa.URL) -> sa.URL:
        """Return the URL with the driver."""
        name = url.get_backend_name()
        drivername = f"{name}+{self.driver}"
        shown = mask_password(str(url))
        if url.drivername not in (name, drivername):
            raise StoreError(f"{shown}: write it as {drivername}://…, the driver that loads rows")
        if not url.database:
            raise StoreError(f"{shown} names no database; write it like {name}://host/database")
        return url.set(drivername=drivername)

    def open_engine(self, url: sa.URL, *, read_only: bool = False) -> sa.Engine:
        """Return an engine for a database with tables."""
        return server_engine(url, read_only=read_only)

    def exists(self, url: sa.URL) -> bool:
        """Return True: a server says itself if a database is missing."""
        return True

    @abstractmethod
    def connect_arguments(
        self, query: Mapping[str, Any], *, read_only: bool
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return connection arguments that override the settings of server, database and user.

        Args:
            query: of the URL, as the user wrote it.
            read_only: True if the server shall refuse changes.

        Returns:
            The query without what is replaced, and arguments of the driver's `connect`.
        """

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
    def create_database(self, name: str) -> str:
        """Return the statement that creates an empty database."""

    @abstractmethod
    def drop_database(self, name: str) -> Sequence[str]:
        """Return the statements that drop a database, and its template if it has one."""

    @abstractmethod
    def comment_on_database(self, name: str, comment: str) -> str:
        """Return the statement that sets the comment on a database."""

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
        StoreError: if the driver is not installed.
    """
    dialect = server_dialect_of(url)
    if isolation_level is not None:
        options["isolation_level"] = isolation_level
    query, arguments = dialect.connect_arguments(url.query, read_only=read_only)
    if "connect_timeout" not in query:
        arguments = {**arguments, "connect_timeout": _SECONDS_TO_CONNECT}
    try:
        engine = sa.create_engine(
            url.set(query=query), connect_args=dict(arguments), hide_parameters=True, **options
        )
    except ImportError as error:
        raise StoreError(
            f"{mask_password(str(url))}: the driver {error.name} is not installed; "
            f"pip install '{dialect.extra or error.name}'"
        ) from None
    statement = dialect.read_only_statement
    if read_only and statement is not None:

        @sa.event.listens_for(engine, "connect")
        def refuse_changes(connection: Any, _: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    return engine
