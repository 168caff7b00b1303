"""The location of a dataset in a MariaDB database, which is copied by loading its rows again."""

from __future__ import annotations

from typing import Self

import sqlalchemy as sa

from ..schema import TABLES
from .connections import execute_literally
from .mariadb_store import MariadbStore
from .metadata_table import CREATED
from .server_location import ServerLocation


class MariadbLocation(ServerLocation):
    """A MariaDB database: the server cannot copy one."""

    store_type = MariadbStore
    _size_query = (
        "SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables "
        "WHERE table_schema = DATABASE()"
    )

    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        target = quoted(str(copied._url.database))
        execute_literally(connection, f"CREATE DATABASE {target} CHARACTER SET utf8mb4")
        if CREATED in self.build_metadata() and self._has_own_tables(connection):
            self._reload(connection, copied)
        else:
            self._copy_other_tables(connection, copied)

    def _copy_other_tables(self, connection: sa.Connection, copied: Self) -> None:
        """Copy tables that others made, as they are: with their columns, keys and indexes."""
        engine = copied.engine(writable=True)
        try:
            with engine.begin() as target:
                # tables refer to each other
                target.exec_driver_sql("SET SESSION foreign_key_checks = 0")
                for name in sa.inspect(connection).get_table_names():
                    shown = execute_literally(connection, f"SHOW CREATE TABLE {quoted(name)}")
                    execute_literally(target, shown.scalars(1).one())
                    columns = sa.inspect(connection).get_columns(name)
                    names = ", ".join(
                        quoted(each["name"]) for each in columns if not each.get("computed")
                    )
                    source = f"{quoted(str(self._url.database))}.{quoted(name)}"
                    execute_literally(
                        target, f"INSERT INTO {quoted(name)} ({names}) SELECT {names} FROM {source}"
                    )
        finally:
            engine.dispose()

    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        names = ", ".join(f"`{column}`" for column in TABLES[name].columns.keys())  # noqa: SIM118
        target = quoted(str(copied._url.database))
        execute_literally(
            connection, f"INSERT INTO {target}.`{name}` ({names}) SELECT {names} FROM `{name}`"
        )

    def _drop(self, connection: sa.Connection, name: str) -> None:
        execute_literally(connection, f"DROP DATABASE IF EXISTS {quoted(name)}")


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return f"`{name.replace('`', '``')}`"
