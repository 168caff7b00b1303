"""Rows beside a table, in a temporary one, so that the database compares and moves them itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa

from ..lifecycle.columns import Columns
from .bulk_insert import insert_columns
from .column_types import complete

_STAGED = "aquadata_staged"


@dataclass(frozen=True)
class _Words:
    """How a database is told to make the temporary table, and to let it go.

    Attributes:
        make: with the types that the columns have in the table they are for.
        index: what has to be said for the index, where it is not part of `make`.
        drop: if it is there.
    """

    make: str
    index: str | None
    drop: str


_WORDS: Mapping[str, _Words] = {
    "sqlite": _Words(
        f"CREATE TEMPORARY TABLE {_STAGED} AS SELECT {{names}} FROM {{table}} WHERE 1 = 0",
        f"CREATE UNIQUE INDEX temp.{_STAGED}_unique ON {_STAGED} ({{unique}})",
        f"DROP TABLE IF EXISTS temp.{_STAGED}",
    ),
    "postgresql": _Words(
        f"CREATE TEMPORARY TABLE {_STAGED} AS SELECT {{names}} FROM {{table}} WITH NO DATA",
        f"CREATE UNIQUE INDEX ON pg_temp.{_STAGED} ({{unique}})",
        f"DROP TABLE IF EXISTS pg_temp.{_STAGED}",
    ),
    # here only these two leave the transaction open
    "mysql": _Words(
        f"CREATE TEMPORARY TABLE {_STAGED} (PRIMARY KEY ({{unique}})) "
        "SELECT {names} FROM {table} WHERE 1 = 0",
        None,
        f"DROP TEMPORARY TABLE IF EXISTS {_STAGED}",
    ),
}


@contextmanager
def staged(
    connection: sa.Connection, table: sa.Table, columns: Columns, unique: Sequence[str]
) -> Iterator[sa.TableClause]:
    """Keep rows beside a table for the length of a block, within the transaction that is open.

    Args:
        connection: to the database.
        table: what the rows are for, with the types found there, its primary key first.
        columns: the rows, without their keys.
        unique: columns that tell them apart.

    Yields:
        The temporary table: the columns of the other, but for its key.
    """
    words = _WORDS["mysql" if connection.dialect.name == "mariadb" else connection.dialect.name]
    quote = connection.dialect.identifier_preparer.quote
    typed = [sa.Column(column.name, column.type) for column in list(table.columns)[1:]]
    target = sa.Table(_STAGED, sa.MetaData(), *typed)
    said = {
        "table": quote(table.name),
        "names": ", ".join(quote(column.name) for column in target.columns),
        "unique": ", ".join(map(quote, unique)),
    }
    connection.exec_driver_sql(words.drop)
    connection.exec_driver_sql(words.make.format(**said))
    try:
        if words.index is not None:
            connection.exec_driver_sql(words.index.format(**said))
        if len(columns):
            insert_columns(connection, target, complete(target, columns))
        yield sa.table(_STAGED, *map(sa.column, target.columns.keys()))
    except BaseException:
        # where it does not go with the transaction
        with suppress(sa.exc.SQLAlchemyError):
            connection.exec_driver_sql(words.drop)
        raise
    connection.exec_driver_sql(words.drop)
