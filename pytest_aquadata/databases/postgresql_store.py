"""The PostgreSQL store: binary COPY into tables without keys, keys and indexes after all rows."""

from __future__ import annotations

from collections.abc import Sequence, Set

import sqlalchemy as sa

from ..schema import TABLES
from .ddl import TableDdl
from .postgresql_sequences import advance_sequences
from .server_store import SESSION, ServerStore
from .server_writer import ServerWriter

LOCK_KEY = 0x61717561_64617461
"""Key of the advisory lock of builds; such locks belong to one database."""
_CONSTRAINTS_AND_INDEXES = sa.text(
    "SELECT k.conname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid "
    "WHERE t.relnamespace = quote_ident(current_schema())::regnamespace AND t.relname IN :names "
    "UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_class t ON t.oid = i.indrelid "
    "WHERE t.relnamespace = quote_ident(current_schema())::regnamespace AND t.relname IN :names"
).bindparams(sa.bindparam("names", expanding=True))


class PostgresqlWriter(ServerWriter):
    """Writes parts without waiting for the disk at each commit."""

    def prepare(self, connection: sa.Connection) -> None:
        """Execute the settings of the transaction."""
        # a crash of the server may lose the last parts, each with its entry
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


class PostgresqlStore(ServerStore):
    """A PostgreSQL database while a build is written."""

    writer_type = PostgresqlWriter
    session_query = "SELECT pg_backend_pid()"

    def _lock(self, connection: sa.Connection) -> bool:
        query = sa.text("SELECT pg_try_advisory_lock(:key)")
        return bool(connection.execute(query, {"key": LOCK_KEY}).scalar())

    def _create_statement(self, name: str, parts: TableDdl) -> str:
        body = ", ".join([*parts.columns, *parts.checks])
        # autovacuum would run while the table is filled, and delay the indexes
        return f'CREATE TABLE "{name}" ({body}) WITH (autovacuum_enabled = false)'

    def _drop(self, names: Sequence[str]) -> None:
        if names:
            # in one statement, because they refer to each other
            quoted = ", ".join(f'"{name}"' for name in names)
            self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quoted}")

    def _empty(self, names: Sequence[str]) -> None:
        with self._transaction() as connection:
            for name in names:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')

    def _settings(self) -> Sequence[str]:
        return (
            "SET synchronous_commit = off",
            "SET maintenance_work_mem = '256MB'",
            # two statements already run side by side
            "SET max_parallel_maintenance_workers = 0",
        )

    def _finish(self, created: Sequence[str]) -> None:
        by_size = self._largest_first(created)
        # a resumed build may have some of them
        existing = set(
            self._connection.execute(_CONSTRAINTS_AND_INDEXES, {"names": list(created)}).scalars()
        )
        self._execute_jobs([self._keys(name, existing) for name in by_size])
        for name in created:
            for key, definition in self._ddl[name].foreign_keys.items():
                if key not in existing:
                    self._connection.exec_driver_sql(
                        f'ALTER TABLE "{name}" ADD {definition} NOT VALID'
                    )
        # keys of the largest table are checked beside all other jobs; its indexes come last
        checks = [self._validations(name) for name in by_size]
        indexes = [
            [statement]
            for name in reversed(by_size)
            for index, statement in self._ddl[name].indexes.items()
            if index not in existing
        ]
        self._execute_jobs([*checks, *indexes])
        for name in created:
            self._connection.exec_driver_sql(f'ALTER TABLE "{name}" RESET (autovacuum_enabled)')
        advance_sequences(self._connection, TABLES.values())
        self._execute_jobs([[f'ANALYZE "{name}"'] for name in by_size])

    def _largest_first(self, names: Sequence[str]) -> list[str]:
        query = sa.text(
            "SELECT relname FROM pg_class WHERE relname IN :names AND relkind = 'r' "
            "AND pg_table_is_visible(oid) ORDER BY pg_relation_size(oid) DESC, relname"
        ).bindparams(sa.bindparam("names", expanding=True))
        return list(self._connection.execute(query, {"names": list(names)}).scalars())

    def _keys(self, name: str, existing: Set[str]) -> list[str]:
        parts = self._ddl[name]
        keys = {str(TABLES[name].primary_key.name): parts.primary_key, **parts.uniques}
        return [
            f'ALTER TABLE "{name}" ADD {definition}'
            for key, definition in keys.items()
            if key not in existing
        ]

    def _validations(self, name: str) -> list[str]:
        return [
            f'ALTER TABLE "{name}" VALIDATE CONSTRAINT "{key}"'
            for key in self._ddl[name].foreign_keys
        ]

    def _cancel(self, connection: sa.Connection) -> None:
        query = sa.text("SELECT pg_cancel_backend(:session)")
        self._connection.execute(query, {"session": connection.info[SESSION]})
