"""Rows inserted in the transaction of a connection, by the fastest route of its driver."""

from __future__ import annotations

import sqlalchemy as sa

from ..lifecycle.columns import Columns
from . import python_rows
from .dialect import find_dialect
from .value_checks import check_values


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows in the open transaction.

    Rows are inserted as Python values where the bulk route would misread them: over another
    driver, or if the session's character set is not UTF-8 or backslashes do not escape.

    Args:
        connection: to a database, supported or not.
        table: the table, with the types that its columns have in the database.
        columns: the columns to fill; all others take the defaults of the database.

    Raises:
        StoreError: if the database would store other values than those given.
    """
    check_values(table, columns)
    dialect = find_dialect(connection)
    insert = python_rows.insert_rows if dialect is None else dialect.insert_columns
    insert(connection, table, columns)
