"""Rows inserted into MariaDB as text: by LOAD DATA LOCAL, or by INSERTs of many rows."""

from __future__ import annotations

import logging
import tempfile
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns
from .mariadb_text import LOAD_DATA, VALUES, text_rows

_log = logging.getLogger("pytest_aquadata")

_ROWS_PER_INSERT = 1_000
_LOCAL_REFUSED = (1148, 3948, 4166, 2068)
"""Errors of servers and drivers that do not allow LOAD DATA LOCAL."""
_refuse_files: WeakSet[sa.Engine] = WeakSet()
"""Engines whose server refused LOAD DATA LOCAL once: it is not tried again."""


def insert_text_rows(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows over PyMySQL: by LOAD DATA, or by INSERT if few or if the server refuses files.

    Args:
        connection: to the database.
        table: the table.
        columns: the columns to fill.

    Raises:
        StoreError: if the server would store other values than those given.
    """
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        if len(columns) > _ROWS_PER_INSERT and connection.engine not in _refuse_files:
            try:
                _load_data(cursor, table, columns)
                return
            except Exception as error:
                if not error.args or error.args[0] not in _LOCAL_REFUSED:
                    raise
                _refuse_files.add(connection.engine)
                _log.warning("%s; rows go in by INSERT, more slowly", error.args[1])
        _insert_values(cursor, table, columns)


def _load_data(cursor: Any, table: sa.Table, columns: Columns) -> None:
    # a file without a name disappears with the process, however it ends; the driver reopens it
    with tempfile.TemporaryFile() as file:
        for piece in text_rows(table, columns, LOAD_DATA):
            file.write(piece)
        file.seek(0)
        statement = (
            f"LOAD DATA LOCAL INFILE %s INTO TABLE `{table.name}` CHARACTER SET utf8mb4 "
            f"({_names(columns)})"
        )
        # LOAD DATA LOCAL only warns of values that an INSERT in strict mode refuses
        cursor.execute(statement, (f"/dev/fd/{file.fileno()}",))
        if cursor.rowcount != len(columns) or cursor.warning_count:
            cursor.execute("SHOW WARNINGS")
            warning = "; ".join(str(row[2]) for row in cursor.fetchmany(1))
            raise StoreError(
                f"{table.name} took {cursor.rowcount} of {len(columns)} rows unchanged: {warning}"
            )


def _insert_values(cursor: Any, table: sa.Table, columns: Columns) -> None:
    start = f"INSERT INTO `{table.name}` ({_names(columns)}) VALUES ".encode()
    for piece in text_rows(table, columns, VALUES, _ROWS_PER_INSERT):
        cursor.execute(start + piece[:-1])


def _names(columns: Columns) -> str:
    return ", ".join(f"`{name}`" for name in columns.columns)
