"""The PostgreSQL store: binary COPY into bare tables, keys and indexes when they are full."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import sqlalchemy as sa

from ..schema import TABLES
from .ddl import TableDdl
from .postgresql_sequences import advance_sequences
from .server_store import ServerStore, ServerWriter

LOCK_KEY = 0x61717561_64617461
"""Key of the advisory lock, the same in every database: such locks belong to one database."""
_CONSTRAINTS_AND_INDEXES = sa.text(
    "SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace "
    "UNION SELECT relname FROM pg_class "
    "WHERE relkind = 'i' AND relnamespace = current_schema()::regnamespace"
)


class PostgresqlWriter(ServerWriter):
    """Writes parts without waiting for the disk."""

    def prepare(self, connection: sa.Connection) -> None:
        """Settings of the transaction."""
        # a crash of the server may lose the last parts, whole, with their entries
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


class PostgresqlStore(ServerStore):
    """A PostgreSQL database under construction."""

    writer_type = PostgresqlWriter

    def _lock(self, connection: sa.Connection) -> bool:
        query = sa.text("SELECT pg_try_advisory_lock(:key)")
        return bool(connection.execute(query, {"key": LOCK_KEY}).scalar())

    def _create_statement(self, name: str, parts: TableDdl) -> str:
        body = ", ".join([*parts.columns, *parts.checks])
        # vacuum would come between while the table fills, and make indexes wait
        return f'CREATE TABLE "{name}" ({body}) WITH (autovacuum_enabled = false)'

    def _drop(self, names: Sequence[str]) -> None:
        if names:
            # at once, so that keys between them are no hindrance
            listed = ", ".join(f'"{name}"' for name in names)
            self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS {listed}")

    def _empty(self, names: Sequence[str]) -> None:
        with self._transaction() as connection:
            for name in names:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')

    def _settings(self) -> Sequence[str]:
        return (
            "SET synchronous_commit = off",
            "SET maintenance_work_mem = '256MB'",
            # two statements at once are two processors' work
            "SET max_parallel_maintenance_workers = 0",
        )

    def _finish(self, created: Sequence[str]) -> None:
        by_size = self._largest_first(created)
        # a build that goes on may find some made
        made = set(self._connection.execute(_CONSTRAINTS_AND_INDEXES).scalars())
        self._at_once([self._keys(name, made) for name in by_size])
        for name in created:
            for key, definition in self._ddl[name].foreign_keys.items():
                if key not in made:
                    self._connection.exec_driver_sql(
                        f'ALTER TABLE "{name}" ADD {definition} NOT VALID'
                    )
        # the largest table's keys are checked beside all else, its indexes made last and together
        checks = [self._validations(name) for name in by_size]
        indexes = [
            [statement]
            for name in reversed(by_size)
            for index, statement in self._ddl[name].indexes.items()
            if index not in made
        ]
        self._at_once([*checks, *indexes])
        for name in created:
            self._connection.exec_driver_sql(f'ALTER TABLE "{name}" RESET (autovacuum_enabled)')
        advance_sequences(self._connection, TABLES.values())
        self._at_once([[f'ANALYZE "{name}"'] for name in by_size])

    def _largest_first(self, names: Sequence[str]) -> list[str]:
        query = sa.text(
            "SELECT relname FROM pg_class WHERE relname IN :names AND relkind = 'r' "
            "AND pg_table_is_visible(oid) ORDER BY pg_relation_size(oid) DESC, relname"
        ).bindparams(sa.bindparam("names", expanding=True))
        return list(self._connection.execute(query, {"names": list(names)}).scalars())

    def _keys(self, name: str, made: Set[str]) -> list[str]:
        parts = self._ddl[name]
        keys = {str(TABLES[name].primary_key.name): parts.primary_key, **parts.uniques}
        return [
            f'ALTER TABLE "{name}" ADD {definition}'
            for key, definition in keys.items()
            if key not in made
        ]

    def _validations(self, name: str) -> list[str]:
        return [
            f'ALTER TABLE "{name}" VALIDATE CONSTRAINT "{key}"'
            for key in self._ddl[name].foreign_keys
        ]

    def _cancel(self, connection: sa.Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.cancel()
