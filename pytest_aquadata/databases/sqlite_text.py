"""The text of instants and times in a SQLite database: that of Django in tables that it made.

SQLite compares texts character by character, so a program finds an instant by equality only if
the text is what the program itself would write. SQLAlchemy always writes six digits after the
seconds, Django leaves them out if they are zero.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from ..schema import TABLES
from ..schema.types import has_django_text, set_django_text

_NAMES = ", ".join(f"'{name}'" for name in sorted(TABLES))
_DECLARED_BY_DJANGO = f"""
    SELECT max(declared.type IN ('datetime', 'time')) FROM sqlite_master AS made
    JOIN pragma_table_info(made.name) AS declared
    WHERE made.type = 'table' AND made.name IN ({_NAMES})"""
"""Django declares the types in lower case, SQLAlchemy in upper case."""


def uses_django_text(connection: sa.Connection) -> bool:
    """Return whether Django made the schema's tables in a SQLite database.

    From then on the types of the schema write Django's text in all connections of the engine.
    """
    known = has_django_text(connection.dialect)
    if known is not None:
        return known
    found = connection.exec_driver_sql(_DECLARED_BY_DJANGO).scalar()
    return _remember(connection.dialect, found)


def match_text_of_file(engine: sa.Engine) -> None:
    """Have the types write the text of the tables that a file has when it is first opened."""

    @sa.event.listens_for(engine, "first_connect")
    def read_declarations(connection: sqlite3.Connection, _: object) -> None:
        (found,) = connection.execute(_DECLARED_BY_DJANGO).fetchone()
        _remember(engine.dialect, found)


def _remember(dialect: sa.Dialect, found: int | None) -> bool:
    """Keep what was found; without any of the tables, look again the next time."""
    if found is not None:
        set_django_text(dialect, bool(found))
    return bool(found)
