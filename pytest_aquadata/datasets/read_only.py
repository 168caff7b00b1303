"""What a test is told that writes to a dataset which others read."""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
from sqlalchemy.engine import ExceptionContext

from ..errors import ReadOnly

_SQLITE_PRIMARY_CODE = 0xFF
_POSTGRESQL_READ_ONLY = "25006"
_MARIADB_READ_ONLY = 1792


def explain_read_only(engine: sa.Engine, name: str) -> None:
    """Have an engine say where to write instead, when its database refuses a change.

    Args:
        engine: an engine of a database that is open for reading.
        name: what the dataset is called.
    """

    @sa.event.listens_for(engine, "handle_error")
    def explain(context: ExceptionContext) -> ReadOnly | None:
        error = context.original_exception
        return ReadOnly(_advice(name)) if is_refused_change(error) else None


def is_refused_change(error: BaseException) -> bool:
    """Whether a driver's error says that a database, or its transaction, is read-only."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0)
        return bool(code & _SQLITE_PRIMARY_CODE == sqlite3.SQLITE_READONLY)
    if getattr(error, "pgcode", None) == _POSTGRESQL_READ_ONLY:
        return True
    return error.args[:1] == (_MARIADB_READ_ONLY,)


def _advice(name: str) -> str:
    return (
        f"the dataset {name} is read-only, as all tests share it: write to aquadata_clone, a copy "
        "for one test, or through aquadata_session, rolled back after each test (its database is "
        "aquadata_engine)"
    )
