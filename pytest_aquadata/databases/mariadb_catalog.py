"""The catalog of a MariaDB database."""

from __future__ import annotations

import re
from collections.abc import Iterable

import sqlalchemy as sa

from ..schema import TABLES
from .catalog import DatabaseObject, Namespace, Reference
from .metadata_table import METADATA_TABLE

_TABLES = """
    SELECT CASE table_type WHEN 'VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence'
    ELSE 'table' END, table_name FROM information_schema.tables WHERE table_schema = DATABASE()"""
_FOREIGN_KEYS = """
    SELECT constraint_name, table_name FROM information_schema.table_constraints
    WHERE constraint_schema = DATABASE() AND constraint_type = 'FOREIGN KEY'"""
_TRIGGERS = """
    SELECT trigger_name, event_object_table, action_statement, event_manipulation <> 'INSERT'
    FROM information_schema.triggers WHERE event_object_schema = DATABASE()"""
_ROUTINES = """
    SELECT lower(routine_type), routine_name FROM information_schema.routines
    WHERE routine_schema = DATABASE()
    UNION ALL SELECT 'event', event_name FROM information_schema.events
    WHERE event_schema = DATABASE()"""
_REFERENCES = """
    SELECT constraint_schema, constraint_name, table_schema, table_name, column_name,
    referenced_table_name, referenced_column_name, DATABASE()
    FROM information_schema.key_column_usage
    WHERE referenced_table_schema = DATABASE() ORDER BY 1, 4, 2, ordinal_position"""
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


def mariadb_objects(connection: sa.Connection) -> list[DatabaseObject]:
    """Return all objects of a database; definitions only of tables with names of ours."""
    objects = []
    for kind, name in connection.exec_driver_sql(_TABLES):
        is_own = kind == "table" and (name in TABLES or name == METADATA_TABLE)
        definition = _definition(connection, name) if is_own else ""
        objects.append(DatabaseObject(kind, name, definition, Namespace.RELATIONS))
    objects += [
        DatabaseObject("foreign key", name, "", Namespace.FOREIGN_KEYS, table)
        for name, table in connection.exec_driver_sql(_FOREIGN_KEYS)
    ]
    objects += [
        DatabaseObject("trigger", name, text, None, table, fires_on_delete=bool(fires))
        for name, table, text, fires in connection.exec_driver_sql(_TRIGGERS)
    ]
    objects += [DatabaseObject(kind, name) for kind, name in connection.exec_driver_sql(_ROUTINES)]
    return objects


def mariadb_references(connection: sa.Connection, targets: Iterable[str]) -> list[Reference]:
    """Return the foreign keys of all databases that the user may see to some tables."""
    folds_case = connection.exec_driver_sql("SELECT @@lower_case_table_names").scalar() != 0
    exact = {name.lower() if folds_case else name: name for name in targets}
    keys: dict[tuple[str, str, str], list[tuple[str, str]]] = {}
    ends: dict[tuple[str, str, str], tuple[str | None, str]] = {}
    for row in connection.exec_driver_sql(_REFERENCES):
        schema, key, table_schema, table, column, target, target_column, own_schema = row
        name = exact.get(target.lower() if folds_case else target)
        if name is not None:
            keys.setdefault((schema, table, key), []).append((column, target_column))
            ends[schema, table, key] = None if table_schema == own_schema else table_schema, name
    return [
        Reference(
            key[1],
            tuple(column for column, _ in pairs),
            ends[key][1],
            tuple(column for _, column in pairs),
            ends[key][0],
        )
        for key, pairs in keys.items()
    ]


def _definition(connection: sa.Connection, name: str) -> str:
    quote = connection.dialect.identifier_preparer.quote_identifier
    text = connection.exec_driver_sql(f"SHOW CREATE TABLE {quote(name)}").one()[1]
    return _COUNTER.sub("", text)
