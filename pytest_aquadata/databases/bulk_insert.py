"""Rows inserted in the transaction of a connection, by the fastest way that its driver has.

Any other driver than ours takes them as Python values, and so does a connection that somebody set
to read other characters than UTF-8, or backslashes as they stand.
"""

from __future__ import annotations

import logging
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns
from . import python_rows
from .mariadb_text import LOAD_DATA, VALUES, text_rows
from .postgresql_copy import binary_rows
from .row_bytes import ByteStream
from .sqlite_rows import insert_rows

_log = logging.getLogger("pytest_aquadata")

_BYTES_AT_ONCE = 1 << 17
_ROWS_AN_INSERT = 1_000
_NO_LOCAL = (1148, 3948, 4166, 2068)
"""Errors of servers and drivers that do not allow LOAD DATA LOCAL."""
_NO_BACKSLASH_ESCAPES = 1 << 9
"""A bit of the status that a server tells with every answer: SERVER_STATUS_NO_BACKSLASH_ESCAPES."""
_take_no_files: WeakSet[sa.Engine] = WeakSet()
"""Engines of such servers, known from the first time."""


def is_fast(connection: sa.Connection) -> bool:
    """Whether a connection takes rows without making values of them."""
    driver: Any = connection.connection.driver_connection
    match connection.dialect.driver:
        case "psycopg2":
            return bool(driver.encoding == "UTF8")
        case "pymysql":
            plain = driver.server_status & _NO_BACKSLASH_ESCAPES
            return bool(driver.charset == "utf8mb4" and not plain)
        case name:
            return name in _WAYS


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows.

    Args:
        connection: to a database.
        table: the table, with the types that its columns have there.
        columns: the columns to be filled; all others take the defaults of the database.

    Raises:
        StoreError: when the database would take other values than those given.
    """
    fast = is_fast(connection)
    insert = _WAYS[connection.dialect.driver] if fast else python_rows.insert_rows
    insert(connection, table, columns)


def _into_sqlite(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    driver: Any = connection.connection.driver_connection
    held: sqlite3.Connection = driver
    insert_rows(held, table, columns)


def _copy(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    names = ", ".join(f'"{name}"' for name in columns.columns)
    statement = f'COPY "{table.name}" ({names}) FROM STDIN (FORMAT binary)'
    rows = ByteStream(binary_rows(table, columns))
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.copy_expert(statement, rows, _BYTES_AT_ONCE)


def _into_mariadb(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """By LOAD DATA; by INSERT where the server does not take files from its clients."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        if len(columns) > _ROWS_AN_INSERT and connection.engine not in _take_no_files:
            try:
                _load_data(cursor, table, columns)
                return
            except Exception as error:
                if not error.args or error.args[0] not in _NO_LOCAL:
                    raise
                _take_no_files.add(connection.engine)
                _log.warning("%s; rows go in by INSERT, more slowly", error.args[1])
        _insert_values(cursor, table, columns)


def _load_data(cursor: Any, table: sa.Table, columns: Columns) -> None:
    # a file without a name goes with the process, however that ends; the driver opens it again
    with tempfile.TemporaryFile() as file:
        for piece in text_rows(table, columns, LOAD_DATA):
            file.write(piece)
        file.seek(0)
        statement = (
            f"LOAD DATA LOCAL INFILE %s INTO TABLE `{table.name}` CHARACTER SET utf8mb4 "
            f"({_listed(columns)})"
        )
        # what STRICT refuses of an INSERT is a mere warning of LOAD DATA LOCAL
        cursor.execute(statement, (f"/dev/fd/{file.fileno()}",))
        if cursor.rowcount != len(columns) or cursor.warning_count:
            cursor.execute("SHOW WARNINGS")
            said = "; ".join(str(row[2]) for row in cursor.fetchmany(1))
            raise StoreError(
                f"{table.name} took {cursor.rowcount} of {len(columns)} rows as they are: {said}"
            )


def _insert_values(cursor: Any, table: sa.Table, columns: Columns) -> None:
    ahead = f"INSERT INTO `{table.name}` ({_listed(columns)}) VALUES ".encode()
    for piece in text_rows(table, columns, VALUES, _ROWS_AN_INSERT):
        cursor.execute(ahead + piece[:-1])


def _listed(columns: Columns) -> str:
    return ", ".join(f"`{name}`" for name in columns.columns)


_WAYS: Mapping[str, Callable[[sa.Connection, sa.Table, Columns], None]] = {
    "pysqlite": _into_sqlite,
    "psycopg2": _copy,
    "pymysql": _into_mariadb,
}
"""How to insert, by the name of the driver."""
