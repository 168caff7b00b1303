"""Connections to database servers, and one line about whatever they object to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from ..errors import StoreError

_DRIVERS = {
    "postgresql": "postgresql+psycopg2",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_EXTRAS = {"pymysql": "pytest-aquadata[mysql]", "MySQLdb": "pytest-aquadata[mysql]"}
_SECONDS_TO_CONNECT = 10

_POSTGRESQL = ("-c timezone=UTC", "-c extra_float_digits=1")
_READ_ONLY = "-c default_transaction_read_only=on"
_MARIADB = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES', time_zone = '+00:00'"

_ADVICE = (
    (("password authentication failed", "no password supplied"), "check user and password"),
    (("Access denied for user",), "check the user, the password and the user's rights"),
    (("translate host name", "Name or service not known", "getaddrinfo"), "check the host"),
    (
        ("Connection refused", "timed out", "timeout expired"),
        "check host and port, and that it runs",
    ),
    (("Unknown database",), "create it first, with CREATE DATABASE"),
    (("permission denied", "command denied"), "the user must be allowed to create tables there"),
    (
        ("read-only transaction", "read-only option", "READ ONLY transaction"),
        "server, database or user is set to read only: give another --url",
    ),
    (
        ("No space left", "is full", "disk full"),
        "make room on the disk it is on, or give another --url",
    ),
    (
        (
            "terminating connection",
            "server closed the connection",
            "connection already closed",
            "SSL connection has been closed",
            "Lost connection",
            "gone away",
            "Connection was killed",
            "(0, '')",
            "shutting down",
            "starting up",
        ),
        "the server was stopped or ended the connection: try again when it runs",
    ),
)


def server_url(url: sa.URL) -> sa.URL:
    """The URL with the driver that bulk loading needs, if it names none.

    Raises:
        StoreError: for another driver, or another kind of database.
    """
    name = url.get_backend_name()
    driver = _DRIVERS.get(name)
    if driver is None:
        raise StoreError(
            f"{masked(url)}: {name} is none of sqlite, postgresql, mariadb and mysql; give one of "
            "these as --url"
        )
    if url.drivername not in (name, driver):
        raise StoreError(f"{masked(url)}: write it as {driver}://…, the driver that loads rows")
    if not url.database:
        raise StoreError(f"{masked(url)} names no database; write it like {name}://host/database")
    return url.set(drivername=driver)


def masked(url: sa.URL) -> str:
    """A URL as it may be shown: without the password."""
    return url.render_as_string(hide_password=True)


def server_engine(
    url: sa.URL, *, read_only: bool = False, isolation_level: str | None = None, **more: Any
) -> sa.Engine:
    """An engine whose sessions are all alike, however server, database and user are set.

    Args:
        url: as `server_url` gives it.
        read_only: whether the database refuses changes.
        isolation_level: the server's default if None.
        **more: for `sqlalchemy.create_engine`.

    Raises:
        StoreError: when the driver is not installed.
    """
    if isolation_level is not None:
        more["isolation_level"] = isolation_level
    query = dict(url.query)
    arguments: dict[str, Any] = {}
    if "connect_timeout" not in query:
        arguments["connect_timeout"] = _SECONDS_TO_CONNECT
    if url.get_backend_name() == "postgresql":
        given = query.pop("options", "")
        ours = [*_POSTGRESQL, *([_READ_ONLY] if read_only else [])]
        arguments |= {"options": " ".join([str(given), *ours]), "client_encoding": "utf8"}
    else:
        query.pop("charset", None)
        arguments |= {"init_command": _MARIADB, "charset": "utf8mb4", "local_infile": True}
    try:
        engine = sa.create_engine(
            url.set(query=query), connect_args=arguments, hide_parameters=True, **more
        )
    except ImportError as error:
        extra = _EXTRAS.get(str(error.name), str(error.name))
        raise StoreError(
            f"{masked(url)}: the driver {error.name} is not installed; pip install '{extra}'"
        ) from None
    if read_only and url.get_backend_name() != "postgresql":
        sa.event.listen(engine, "connect", _refuse_changes)
    return engine


def _refuse_changes(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")


@contextmanager
def connected(database: sa.Engine | sa.Connection) -> Iterator[sa.Connection]:
    """A connection of an engine, or the one that is given."""
    if isinstance(database, sa.Connection):
        yield database
        return
    with database.connect() as connection:
        yield connection


@contextmanager
def as_store_errors(doing: str) -> Iterator[None]:
    """Say in one line what a server objects to.

    Args:
        doing: what it objects to, such as `cannot write postgresql://host/farm`.

    Raises:
        StoreError: in place of the driver's error.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise StoreError(f"{doing}: {explained(error)}") from error
    except Exception as error:
        # the drivers' own errors, whose modules may not be there to be named
        if type(error).__module__.partition(".")[0] not in ("psycopg2", "pymysql"):
            raise
        raise StoreError(f"{doing}: {explained(error)}") from error


def explained(error: Exception) -> str:
    """What a server objects to, in one line, and what to do about it if that is known."""
    said = getattr(error, "orig", None) or error
    number = said.args[1] if len(said.args) > 1 and isinstance(said.args[0], int) else said
    lines = [line for line in str(number).splitlines() if line.strip()] or [str(said)]
    reason = lines[0].strip()
    for marks, advice in _ADVICE:
        if any(mark in str(said) for mark in marks):
            return f"{reason}; {advice}"
    if "does not exist" in reason and "database" in reason:
        return f"{reason}; create it first, with CREATE DATABASE"
    return reason
