"""Blocks in a session that write all of their rows, or none."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .dialect import find_dialect


class GuestSession(Session):
    """A session in a transaction that other code begins and ends."""

    @abstractmethod
    def atomic(self) -> AbstractContextManager[Any]:
        """Return a block whose changes are undone if it fails."""


def atomic(session: Session) -> AbstractContextManager[Any]:
    """Return a block in a session whose changes are undone if it fails.

    It is a savepoint, where the database has one. SQLite's driver would take the first savepoint
    for the transaction, and commit at its end; so the transaction is begun before.
    """
    if isinstance(session, GuestSession):
        return session.atomic()
    connection = session.connection()
    dialect = find_dialect(connection)
    if dialect is None or _commits_each_statement(connection):
        return _without_unwritten_rows(session)
    dialect.begin(connection, write=True)
    return session.begin_nested()


def _commits_each_statement(connection: sa.Connection) -> bool:
    level = connection.get_execution_options().get("isolation_level")
    if level is None:
        level = getattr(connection.dialect, "_on_connect_isolation_level", None)
    return level == "AUTOCOMMIT"


@contextmanager
def _without_unwritten_rows(session: Session) -> Iterator[None]:
    """Remove the unwritten rows and changes of a block that fails."""
    session.flush()
    try:
        yield
    except BaseException:
        for row in list(session.new):
            session.expunge(row)
        for row in session.dirty:
            session.expire(row)
        raise
