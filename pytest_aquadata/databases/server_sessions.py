"""New sessions of a server's engine, prepared before SQLAlchemy or other code uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from ..errors import StoreError

Statement = tuple[str, Sequence[str]]
"""A statement with `%s` for each of its values."""
Connect = Callable[[], Any]
"""Opens a connection of the driver."""

_WRONG_ARGUMENT = (TypeError, ValueError, AttributeError, LookupError)
"""Errors of drivers, beside their own classes, for an argument that they do not know."""


def prepare_sessions(
    engine: sa.Engine,
    statements: Sequence[Statement],
    connected: Callable[[Any], None],
    check: Callable[[Any, Connect], None],
    name: str,
) -> None:
    """Let each new session of an engine execute statements, outside of any transaction.

    Args:
        engine: an engine without connections, of a driver that is not asynchronous.
        statements: settings of the session.
        connected: called with each new connection.
        check: called with the first connection before it is changed, and a function that opens
            another one.
        name: of the database, for messages.
    """
    is_checked = False

    @sa.event.listens_for(engine, "do_connect")
    def connect(
        dialect: sa.Dialect, _: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        nonlocal is_checked

        def open_connection() -> Any:
            try:
                return dialect.connect(*arguments, **keywords)
            except _WRONG_ARGUMENT as error:
                if isinstance(error, dialect.loaded_dbapi.Error):
                    raise
                raise StoreError(f"{name}: the driver {dialect.driver} says: {error}") from None

        connection = open_connection()
        connected(connection)
        try:
            if not is_checked:
                check(connection, open_connection)
                is_checked = True
            if statements:
                _execute(connection, statements)
        except BaseException:
            connection.close()
            raise
        return connection


def _execute(connection: Any, statements: Sequence[Statement]) -> None:
    cursor = connection.cursor()
    try:
        for statement, values in statements:
            cursor.execute(statement, tuple(values))
    finally:
        cursor.close()
    # a rollback would take the settings back
    connection.commit()
