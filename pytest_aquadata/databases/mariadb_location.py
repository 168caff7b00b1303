"""The location of a dataset in a MariaDB database, which is copied by loading its rows again."""

from __future__ import annotations

from typing import Self

import sqlalchemy as sa

from ..schema import TABLES
from .mariadb_store import MariadbStore
from .server_location import ServerLocation


class MariadbLocation(ServerLocation):
    """A MariaDB database: the server cannot copy one."""

    store_type = MariadbStore
    _size_query = (
        "SELECT coalesce(sum(data_length + index_length), 0) FROM information_schema.tables "
        "WHERE table_schema = DATABASE()"
    )

    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        target = f"`{copied._url.database}`"
        connection.exec_driver_sql(f"CREATE DATABASE {target} CHARACTER SET utf8mb4")
        self._reload(connection, copied)

    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        names = ", ".join(f"`{column}`" for column in TABLES[name].columns.keys())  # noqa: SIM118
        connection.exec_driver_sql(
            f"INSERT INTO `{copied._url.database}`.`{name}` ({names}) SELECT {names} FROM `{name}`"
        )

    def _drop(self, connection: sa.Connection, name: str) -> None:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS `{name}`")
