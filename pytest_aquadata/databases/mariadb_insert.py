"""Rows inserted into MariaDB as text: by LOAD DATA LOCAL, or by INSERTs of many rows."""

from __future__ import annotations

import logging
import tempfile
from contextlib import closing
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns
from .mariadb_drivers import MariadbDriver, error_code
from .mariadb_text import LOAD_DATA, VALUES, text_rows

_log = logging.getLogger("pytest_aquadata")

_ROWS_PER_INSERT = 1_000
_LOCAL_REFUSED = (1148, 3948, 4166, 2068)
"""Errors of servers and drivers that do not allow LOAD DATA LOCAL."""
_refuse_files: WeakSet[sa.Engine] = WeakSet()
"""Engines whose server refused LOAD DATA LOCAL once: it is not tried again."""


def insert_text_rows(
    connection: sa.Connection, driver: MariadbDriver, table: sa.Table, columns: Columns
) -> None:
    """Insert rows by LOAD DATA, or by INSERT if they are few or files are refused.

    Args:
        connection: to the database.
        driver: of the connection.
        table: the table.
        columns: the columns to fill.

    Raises:
        StoreError: if the server would store other values than those given.
    """
    with closing(connection.connection.cursor()) as cursor:
        is_long = len(columns) > _ROWS_PER_INSERT and driver.loads_files
        if is_long and connection.engine not in _refuse_files:
            try:
                _load_data(cursor, table, columns)
                return
            except Exception as error:
                if error_code(error) not in _LOCAL_REFUSED:
                    raise
                _refuse_files.add(connection.engine)
                _log.warning("%s; rows go in by INSERT, more slowly", error.args[-1])
        _insert_values(cursor, driver, table, columns)


def _load_data(cursor: Any, table: sa.Table, columns: Columns) -> None:
    # a file without a name disappears with the process, however it ends; the driver reopens it
    with tempfile.TemporaryFile() as file:
        for piece in text_rows(table, columns, LOAD_DATA):
            file.write(piece)
        file.seek(0)
        statement = (
            f"LOAD DATA LOCAL INFILE '/dev/fd/{file.fileno()}' INTO TABLE `{table.name}` "
            f"CHARACTER SET utf8mb4 ({_names(columns)})"
        )
        # LOAD DATA LOCAL only warns of values that an INSERT in strict mode refuses
        cursor.execute(statement)
        loaded = cursor.rowcount
        cursor.execute("SHOW WARNINGS")
        warnings = cursor.fetchall()
        if loaded != len(columns) or warnings:
            shown = "; ".join(str(row[2]) for row in warnings[:1])
            raise StoreError(
                f"{table.name} took {loaded} of {len(columns)} rows unchanged: {shown}"
            )


def _insert_values(cursor: Any, driver: MariadbDriver, table: sa.Table, columns: Columns) -> None:
    start = f"INSERT INTO `{table.name}` ({_names(columns)}) VALUES ".encode()
    for piece in text_rows(table, columns, VALUES, _ROWS_PER_INSERT):
        statement = start + piece[:-1]
        cursor.execute(statement if driver.takes_bytes else statement.decode())


def _names(columns: Columns) -> str:
    return ", ".join(f"`{name}`" for name in columns.columns)
