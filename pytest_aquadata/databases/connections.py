"""Connections, and the errors of databases and drivers as `StoreError` in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from ..errors import StoreError
from ..passwords import mask_passwords_in
from ..text import mask_password
from .dialect import all_dialects

_ADVICE = (
    (("password authentication failed", "no password supplied"), "check user and password"),
    (("' to database '",), "the user must be allowed to create tables and temporary tables there"),
    (("Access denied for user",), "check the user, the password and the user's rights"),
    (("translate host name", "Name or service not known", "getaddrinfo"), "check the host"),
    (
        (
            "received invalid response",
            "received unexpected response",
            "expected authentication request",
            "Packet sequence number wrong",
            "Malformed packet",
            "Received malformed packet",
            "Protocol mismatch",
        ),
        "no server of this kind answers there: check the port",
    ),
    (
        ("too many connections", "Too many connections", "remaining connection slots"),
        "close other connections, or allow more",
    ),
    (("does not support SSL", "no encryption", "SSL connection is required"), "check sslmode"),
    (
        ("unsupported startup parameter",),
        "a pooler refuses it: leave it out of the URL, or give the address of the server",
    ),
    (
        ("no schema has been selected",),
        "no schema on the search_path exists: create one, or set another search_path",
    ),
    (
        (
            "Connection refused",
            "timed out",
            "timeout expired",
            "Can't create a connection",
            "Can't connect to",
        ),
        "check host and port, and that it runs",
    ),
    (("has no equivalent in encoding",), "create the database with ENCODING 'UTF8'"),
    (("Unknown database",), "create it first, with CREATE DATABASE"),
    (("permission denied to create database",), "the user must be allowed to create databases"),
    (
        ("permission denied for schema", "CREATE command denied"),
        "the user must be allowed to create tables there",
    ),
    (
        ("permission denied to create temporary",),
        "the user must be allowed to create temporary tables",
    ),
    (
        ("permission denied", "command denied", "must be owner of"),
        "the user must be allowed to read and change the tables there, and must own those to be "
        "replaced",
    ),
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
            "statement timeout",
            "lock timeout",
            "Lock wait timeout",
            "max_statement_time",
            "idle-in-transaction timeout",
            "idle-session timeout",
            "transaction timeout",
        ),
        "a time limit ended it: end what holds a lock there, or raise the limit of the server, the "
        "database, the user or a pooler",
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


@contextmanager
def connected(database: sa.Engine | sa.Connection) -> Iterator[sa.Connection]:
    """Open a connection of an engine; an open connection is yielded as it is."""
    if isinstance(database, sa.Connection):
        yield database
        return
    with database.connect() as connection:
        yield connection


def execute_literally(connection: sa.Connection, statement: str) -> sa.CursorResult[Any]:
    """Execute a statement without parameters, in which the driver must not read `%` as one."""
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def shown_name(database: sa.Engine | sa.Connection) -> str:
    """Return the name of a database in messages: the path of a file, or a URL without password."""
    url = database.engine.url
    if url.database and url.database.startswith("file:"):
        return unquote(urlsplit(url.database).path)
    return mask_password(str(url))


@contextmanager
def as_store_errors(doing: str) -> Iterator[None]:
    """Raise errors of SQLAlchemy and of drivers as `StoreError`.

    Args:
        doing: what failed, such as `cannot write postgresql://host/farm`.

    Raises:
        StoreError: in place of the driver's error, unless an interrupt such as Ctrl-C led to it.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        _raise_interrupt(error)
        raise StoreError(f"{doing}: {explained(error)}") from error
    except Exception as error:
        # errors of drivers, by name: their modules may not be installed
        drivers = frozenset().union(*(dialect.driver_modules for dialect in all_dialects()))
        if type(error).__module__.partition(".")[0] not in drivers:
            raise
        _raise_interrupt(error)
        raise StoreError(f"{doing}: {explained(error)}") from error


def _raise_interrupt(error: BaseException) -> None:
    """Raise the interrupt that an error of a driver hides.

    An interrupt leaves some connections unusable, so that the rollback after it fails.
    """
    behind = error.__context__
    while behind is not None:
        if not isinstance(behind, Exception):
            raise behind
        behind = behind.__context__


def explained(error: Exception) -> str:
    """Return the reason of an error in one line, with what to do about it if that is known."""
    original = getattr(error, "orig", None) or error
    has_code = len(original.args) > 1 and isinstance(original.args[0], int)
    text = str(original.args[1] if has_code else original)
    if original.args and isinstance(original.args[0], dict):
        # pg8000 gives the fields of the server's message
        text = str(original.args[0].get("M", original))
    reason = next((line.strip() for line in text.splitlines() if line.strip()), str(original))
    reason = mask_passwords_in(reason)
    for marks, advice in _ADVICE:
        if any(mark in str(original) for mark in marks):
            return f"{reason}; {advice}"
    if "does not exist" in reason and "database" in reason:
        return f"{reason}; create it first, with CREATE DATABASE"
    return reason
