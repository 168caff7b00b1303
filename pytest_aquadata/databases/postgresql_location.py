"""The location of a dataset in a PostgreSQL database, which the server itself can copy."""

from __future__ import annotations

import tempfile
from functools import partial
from typing import Self

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from .connections import execute_literally
from .postgresql_drivers import POSTGRESQL_DRIVERS, sql_state
from .postgresql_store import PostgresqlStore
from .server_dialect import server_engine
from .server_location import ServerLocation

TEMPLATE_SUFFIX = "_template"
"""End of the name of a database that exists only to be copied."""
_LARGE_BYTES = 400_000_000
_STRATEGY_SINCE = (15,)
_IN_USE = "55006"
_PUBLIC = "public"
_QUOTE = '"'
_BYTES_PER_READ = 1 << 17
_FIRST_IN_PATH = (
    "SELECT trim(both ' \"' from name) FROM unnest(string_to_array("
    "current_setting('search_path'), ',')) AS name WHERE name NOT LIKE '%$user%' LIMIT 1"
)


class PostgresqlLocation(ServerLocation):
    """A PostgreSQL database.

    The server copies its template if it has one, or the database itself if it has no connections.
    """

    store_type = PostgresqlStore
    _size_query = "SELECT pg_database_size(current_database())"

    def _copy_into(self, connection: sa.Connection, copied: Self) -> None:
        source, target = str(self._url.database), str(copied._url.database)
        query = sa.text("SELECT 1 FROM pg_database WHERE datname = :name AND NOT datallowconn")
        template = f"{source}{TEMPLATE_SUFFIX}"
        has_template = connection.execute(query, {"name": template}).first() is not None
        schema = connection.execute(sa.select(sa.func.current_schema())).scalar()
        try:
            copy_database(connection, template if has_template else source, target)
            _set_schema(connection, target, schema)
        except sa.exc.DBAPIError as error:
            if sql_state(error.orig) != _IN_USE:
                raise
            if not self._has_own_tables(connection):
                raise StoreError(
                    f"cannot copy {self.display_name}: others are connected to it, and its tables "
                    "were not made by aquadata; close the other connections"
                ) from None
            execute_literally(connection, _create_like(connection, target))
            _set_schema(connection, target, schema)
            create_schema(copied._url, schema)
            self._reload(connection, copied)

    def _copy_rows(self, connection: sa.Connection, copied: Self, name: str) -> None:
        engine = copied.engine(writable=True)
        driver = POSTGRESQL_DRIVERS[self._url.get_driver_name()]
        names = list(TABLES[name].columns.keys())
        try:
            with engine.begin() as target, tempfile.TemporaryFile() as rows:
                driver.copy_out(connection, name, names, rows)
                rows.seek(0)
                pieces = iter(partial(rows.read, _BYTES_PER_READ), b"")
                driver.copy_in(target, name, names, pieces)
        finally:
            engine.dispose()

    def _drop(self, connection: sa.Connection, name: str) -> None:
        execute_literally(connection, f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return f'"{name.replace(_QUOTE, _QUOTE * 2)}"'


def create_schema(url: sa.URL, name: str | None) -> None:
    """Create a schema in a new database, unless it is there.

    Args:
        url: of the database.
        name: of the schema; the first one on the search path if None.
    """
    engine = server_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        if name is None:
            if connection.execute(sa.select(sa.func.current_schema())).scalar() is not None:
                return
            name = execute_literally(connection, _FIRST_IN_PATH).scalar() or _PUBLIC
        execute_literally(connection, f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")


def _set_schema(connection: sa.Connection, database: str, schema: str | None) -> None:
    """Let a copy have the schema of its source, which the source may have as its own setting."""
    if schema is not None and schema != _PUBLIC:
        statement = f"ALTER DATABASE {quoted(database)} SET search_path TO {quoted(schema)}"
        execute_literally(connection, statement)


def _create_like(connection: sa.Connection, target: str) -> str:
    """Return the statement that creates a database with the encoding and order of another one."""
    query = (
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database "
        "WHERE datname = current_database()"
    )
    encoding, collate, ctype = (
        text.replace("'", "''") for text in connection.exec_driver_sql(query).one()
    )
    return (
        f"CREATE DATABASE {quoted(target)} TEMPLATE template0 ENCODING '{encoding}' "
        f"LC_COLLATE '{collate}' LC_CTYPE '{ctype}'"
    )


def copy_database(connection: sa.Connection, source: str, target: str) -> None:
    """Let the server copy a database that has no connections.

    A large one is copied by files: 10 GB take 15 s instead of 76 s through the write-ahead log.

    Args:
        connection: to the server, in autocommit.
        source: name of the database.
        target: name of the copy.
    """
    size = connection.execute(sa.select(sa.func.pg_database_size(source))).scalar_one()
    version = connection.dialect.server_version_info or ()
    by_files = size > _LARGE_BYTES and version >= _STRATEGY_SINCE
    strategy = " STRATEGY file_copy" if by_files else ""
    execute_literally(
        connection, f"CREATE DATABASE {quoted(target)} TEMPLATE {quoted(source)}{strategy}"
    )
