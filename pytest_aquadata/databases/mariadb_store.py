"""The MariaDB store: rows into tables with primary keys only, indexes after all rows."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from .ddl import TableDdl
from .server_store import SESSION, ServerStore
from .server_writer import ServerWriter

BUILD_LOCK = sa.func.get_lock(sa.func.concat("aquadata:", sa.func.md5(sa.func.database())), 0)
"""Takes the lock of builds without waiting: 1 if it was free. Names of locks belong to the whole
server and are short, so this one holds a digest of the database's name."""
_CHARSET = "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
"""Texts are equal if all characters are, as in the other databases."""

_INDEXED = sa.text(
    "SELECT DISTINCT table_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY'"
)
_RELATED = sa.text(
    "SELECT DISTINCT table_name FROM information_schema.referential_constraints "
    "WHERE constraint_schema = DATABASE()"
)


class MariadbWriter(ServerWriter):
    """Writes parts without checks of foreign keys; `finish` checks all."""

    def prepare(self, connection: sa.Connection) -> None:
        """Execute the settings of the transaction."""
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0, unique_checks = 0")


class MariadbStore(ServerStore):
    """A MariaDB database while a build is written."""

    writer_type = MariadbWriter
    session_query = "SELECT connection_id()"

    def _lock(self, connection: sa.Connection) -> bool:
        return bool(connection.execute(sa.select(BUILD_LOCK)).scalar())

    def _create_statement(self, name: str, parts: TableDdl) -> str:
        body = ", ".join([*parts.columns, *parts.checks, parts.primary_key])
        return f"CREATE TABLE `{name}` ({body}) ENGINE = InnoDB {_CHARSET}"

    def _drop(self, names: Sequence[str]) -> None:
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            self._without_checks([f"DROP TABLE IF EXISTS {listed}"])

    def _empty(self, names: Sequence[str]) -> None:
        self._without_checks([f"DELETE FROM `{name}`" for name in names])

    def _without_checks(self, statements: Sequence[str]) -> None:
        with self._open_several(1) as (connection,):
            for statement in statements:
                connection.exec_driver_sql(statement)

    def _settings(self) -> Sequence[str]:
        return ("SET SESSION foreign_key_checks = 0, unique_checks = 0",)

    def _finish(self, created: Sequence[str]) -> None:
        by_size = self._largest_first(created)
        # a resumed build may have some; each statement is atomic
        indexed = set(self._connection.execute(_INDEXED).scalars())
        related = set(self._connection.execute(_RELATED).scalars())
        self._execute_jobs(
            [
                [statement]
                for name in by_size
                if name not in indexed and (statement := self._indexes(name))
            ]
        )
        self._without_checks(
            [
                statement
                for name in created
                if name not in related and (statement := self._foreign_keys(name))
            ]
        )
        for name in created:
            self._refuse_orphans(name)
        self._execute_jobs([[f"ANALYZE TABLE `{name}`"] for name in by_size])

    def _largest_first(self, names: Sequence[str]) -> list[str]:
        query = sa.text(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
            "ORDER BY data_length DESC, table_name"
        )
        tables = set(names)
        return [name for name in self._connection.execute(query).scalars() if name in tables]

    def _indexes(self, name: str) -> str:
        """Return one statement for all indexes of a table, so that its rows are read once."""
        parts = self._ddl[name]
        on_table = f" ON {name} "
        added = [f"ADD {unique}" for unique in parts.uniques.values()]
        added += [
            f"ADD {statement.removeprefix('CREATE ').replace(on_table, ' ')}"
            for statement in parts.indexes.values()
        ]
        added += [f"ADD INDEX `{key}` (`{column}`)" for key, column in _unindexed(TABLES[name])]
        return f"ALTER TABLE `{name}` {', '.join(added)}" if added else ""

    def _foreign_keys(self, name: str) -> str:
        added = [f"ADD {key}" for key in self._ddl[name].foreign_keys.values()]
        return f"ALTER TABLE `{name}` {', '.join(added)}" if added else ""

    def _refuse_orphans(self, name: str) -> None:
        """Check each distinct value of foreign keys, which were added without a check."""
        for key in TABLES[name].foreign_keys:
            target = key.column
            distinct = sa.select(key.parent.label("value")).distinct().subquery()
            query = (
                sa.select(distinct.c.value)
                .outerjoin(target.table, target == distinct.c.value)
                .where(distinct.c.value.is_not(None), target.is_(None))
                .limit(1)
            )
            orphan = self._connection.execute(query).scalar()
            if orphan is not None:
                raise StoreError(
                    f"cannot write {self.display_name}: {name}.{key.parent.name} {orphan} is not "
                    f"in {target.table.name}"
                )

    def _cancel(self, connection: sa.Connection) -> None:
        self._connection.exec_driver_sql(f"KILL QUERY {connection.info[SESSION]}")


def _unindexed(table: sa.Table) -> list[tuple[str, str]]:
    """Return foreign keys without an index that begins with their column: InnoDB needs one."""
    leading = {index.columns[0].name for index in table.indexes}
    leading |= {
        constraint.columns[0].name
        for constraint in table.constraints
        if isinstance(constraint, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
        and len(constraint.columns)
    }
    return sorted(
        (str(key.name), key.columns[0].name)
        for key in table.foreign_key_constraints
        if key.columns[0].name not in leading
    )
