"""Rows in a temporary table beside another, so that the database compares and moves them itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from ..lifecycle.columns import Columns
from .bulk_insert import insert_columns
from .column_types import complete
from .dialect import dialect_of


@contextmanager
def staged(
    connection: sa.Connection, table: sa.Table, columns: Columns, unique: Sequence[str]
) -> Iterator[sa.TableClause]:
    """Put rows into a temporary table while a block runs, in the open transaction.

    Args:
        connection: to the database.
        table: the table that the rows are for, with the types that its columns have in the
            database, its primary key first.
        columns: the rows, without their keys.
        unique: columns with distinct values.

    Yields:
        The temporary table: the columns of the other except its key.
    """
    sql = dialect_of(connection).temp_table
    quote = connection.dialect.identifier_preparer.quote
    typed = [sa.Column(column.name, column.type) for column in list(table.columns)[1:]]
    # a name that no table of others has, since theirs would be dropped or filled
    name = f"aquadata_{uuid.uuid4().hex[:16]}"
    target = sa.Table(name, sa.MetaData(), *typed)
    names = {
        "temp": name,
        "table": quote(table.name),
        "names": ", ".join(quote(column.name) for column in target.columns),
        "unique": ", ".join(map(quote, unique)),
    }
    connection.exec_driver_sql(sql.create.format(**names))
    try:
        if sql.create_index is not None:
            connection.exec_driver_sql(sql.create_index.format(**names))
        if len(columns):
            insert_columns(connection, target, complete(target, columns))
        yield sa.table(name, *map(sa.column, target.columns.keys()))
    except BaseException:
        # a rollback does not drop the table in every database
        with suppress(sa.exc.SQLAlchemyError):
            connection.exec_driver_sql(sql.drop.format(temp=name))
        raise
    connection.exec_driver_sql(sql.drop.format(temp=name))
