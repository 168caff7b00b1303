"""The catalog of a SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from .catalog import DatabaseObject, Namespace, Reference

_OBJECTS = """
    SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master
    WHERE lower(substr(name, 1, 7)) <> 'sqlite_' ORDER BY type, name"""
_KEYS = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'


def sqlite_objects(connection: sqlite3.Connection) -> list[DatabaseObject]:
    """Return all objects of a file, except those that SQLite makes itself."""
    return [
        DatabaseObject(
            kind,
            name,
            definition,
            None if kind == "trigger" else Namespace.RELATIONS,
            table if kind in ("index", "trigger") else None,
            fires_on_delete=kind == "trigger",
        )
        for kind, name, table, definition in connection.execute(_OBJECTS).fetchall()
    ]


def sqlite_references(connection: sqlite3.Connection, targets: Iterable[str]) -> list[Reference]:
    """Return the foreign keys of all tables to some tables, whose names may be in any case."""
    exact = {name.lower(): name for name in targets}
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    references = []
    for (table,) in tables:
        keys: dict[int, tuple[str, list[tuple[str, str | None]]]] = {}
        for key, target, column, target_column in connection.execute(_KEYS, (table,)).fetchall():
            keys.setdefault(key, (target, []))[1].append((column, target_column))
        for target, pairs in keys.values():
            if (name := exact.get(target.lower())) is not None:
                columns = tuple(column for column, _ in pairs)
                references.append(
                    Reference(table, columns, name, _target_columns(connection, name, pairs))
                )
    return references


def _target_columns(
    connection: sqlite3.Connection, target: str, pairs: list[tuple[str, str | None]]
) -> tuple[str, ...]:
    """Return the columns referred to: the primary key if none are named."""
    named = tuple(column for _, column in pairs if column is not None)
    if len(named) == len(pairs):
        return named
    query = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
    return tuple(name for (name,) in connection.execute(query, (target,)).fetchall())
