"""Errors of tests that write to a shared dataset."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import ExceptionContext

from ..databases.dialect import dialect_of
from ..errors import ReadOnly


def explain_read_only(engine: sa.Engine, name: str) -> None:
    """Let an engine raise `ReadOnly` when its database refuses a change; it says where to write.

    Args:
        engine: of a database that is open for reading.
        name: of the dataset.
    """
    dialect = dialect_of(engine)

    @sa.event.listens_for(engine, "handle_error")
    def explain(context: ExceptionContext) -> ReadOnly | None:
        is_read_only = dialect.is_read_only_error(context.original_exception)
        return ReadOnly(_advice(name)) if is_read_only else None


def _advice(name: str) -> str:
    return (
        f"the dataset {name} is read-only, as all tests share it: write to aquadata_clone, a copy "
        "for one test, or through aquadata_session, rolled back after each test (its database is "
        "aquadata_engine)"
    )
