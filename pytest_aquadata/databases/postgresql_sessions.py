"""Settings of sessions of PostgreSQL, set by statements: a pooler refuses or drops others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import StoreError
from .postgresql_drivers import PostgresqlDriver
from .server_sessions import Statement

_SETTINGS: Mapping[str, str] = {
    "standard_conforming_strings": "on",
    "timezone": "UTC",
    "datestyle": "ISO, MDY",
    "intervalstyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
}
_READ_ONLY: Mapping[str, str] = {"default_transaction_read_only": "on"}
_NO_TIME_LIMIT: Statement = ("SET statement_timeout = 0", ())
_NO_TIME_LIMITS: Statement = (
    "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', "
    "'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout', "
    "'transaction_timeout')",
    (),
)
"""Lifts the limits that this version of the server has, wherever they were set: a build is long,
and its main connection idle for most of it."""
_ONE_SCHEMA: Statement = (
    "SELECT set_config('search_path', quote_ident(current_schema()), false) "
    "WHERE cardinality(current_schemas(false)) > 1",
    (),
)
"""Tables of the same names in other schemas of the path must not be read, written or dropped."""
_OPTION = re.compile(r"(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\s\\])*)(?:\s+|$)", re.DOTALL)
_SESSION_ID = "SELECT pg_backend_pid()"
_TRIES = 3


def session_statements(settings: Mapping[str, str], *, read_only: bool) -> list[Statement]:
    """Return the statements that prepare a new session.

    Args:
        settings: of the user, from the URL.
        read_only: True if the server shall refuse changes.
    """
    chosen = {**settings, **_SETTINGS, **(_READ_ONLY if read_only else {})}
    calls = ", ".join(["set_config(%s, %s, false)"] * len(chosen))
    values = [text for setting in chosen.items() for text in setting]
    return [_NO_TIME_LIMIT, (f"SELECT {calls}", values), _NO_TIME_LIMITS, _ONE_SCHEMA]


def parse_options(options: str) -> tuple[Mapping[str, str], str]:
    """Return the settings in the parameter `options` of a URL, and what else is in it."""
    settings, position = {}, len(options) - len(options.lstrip())
    while match := _OPTION.match(options, position):
        value = re.sub(r"\\(.)", r"\1", match[2], flags=re.DOTALL)
        settings[match[1].replace("-", "_").lower()] = value
        position = match.end()
    return settings, options[position:].strip()


def refuse_transaction_pool(
    connection: Any, connect: Callable[[], Any], driver: PostgresqlDriver, name: str
) -> None:
    """Refuse a pooler that gives each transaction another session.

    There a session's settings, locks and temporary tables do not last, and shared datasets would
    not be read-only. A pooler shows in the id of the session, which it makes up; and its mode, in a
    session that two connections use at the same time. Nothing is set before that is known.

    Args:
        connection: a new connection of the driver.
        connect: opens another one.
        driver: of the connections.
        name: of the database, for the message.

    Raises:
        StoreError: if it is one.
    """
    session = _session(connection)
    if driver.session_id(connection) in (None, session):
        return
    for _ in range(_TRIES):
        other = connect()
        try:
            # its transaction is open until it is closed
            is_shared = _session(other, keep=True) == session or _session(connection) != session
        finally:
            other.close()
        if is_shared:
            raise StoreError(
                f"{name} goes through a pooler that gives each transaction another session "
                "(pool_mode=transaction), where neither read-only mode nor locks hold; give the "
                "address of the server, or of a pool with pool_mode=session"
            )


def _session(connection: Any, *, keep: bool = False) -> int:
    """Return the id of the session that serves a transaction."""
    cursor = connection.cursor()
    try:
        cursor.execute(_SESSION_ID)
        session: int = cursor.fetchone()[0]
    finally:
        cursor.close()
    if not keep:
        connection.rollback()
    return session


def sequence_of_options(options: str | Sequence[str]) -> str:
    """Return the parameter `options` as one text, also if the URL has it several times."""
    return options if isinstance(options, str) else " ".join(options)
