"""SQLite: a file, written by one connection at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns
from ..text import mask_password
from . import python_rows
from .catalog import DatabaseObject, Namespace, OwnNames, Reference
from .dialect import Dialect, Numbering, TempTableSql
from .orphan_checks import KeyRanges, refuse_orphans
from .sqlite_catalog import sqlite_objects, sqlite_references
from .sqlite_interrupts import interruptible
from .sqlite_location import SqliteLocation, file_engine
from .sqlite_preflight import (
    database_file,
    is_read_only_url,
    refuse_numbers_as_instants,
    refuse_other_files,
    refuse_unknown_parameters,
)
from .sqlite_rows import insert_rows
from .sqlite_store import ddl
from .sqlite_text import uses_django_text

_DRIVER = "pysqlite"
_PRIMARY_CODE = 0xFF
_SECONDS_TO_WAIT = 10


class SqliteDialect(Dialect):
    """A SQLite file."""

    name = "sqlite"
    django_engines = frozenset({"django.db.backends.sqlite3"})
    is_server = False
    numbering = Numbering.HIGHEST_KEY
    commits_ddl = False
    enforces_sizes = False
    temp_table = TempTableSql(
        "CREATE TEMPORARY TABLE {temp} AS SELECT {names} FROM {table} WHERE 1 = 0",
        "CREATE UNIQUE INDEX temp.{temp}_unique ON {temp} ({unique})",
        "DROP TABLE IF EXISTS temp.{temp}",
    )
    read_settings = ("PRAGMA cache_size = -200000",)

    @property
    def driver_modules(self) -> frozenset[str]:
        """Python's own module."""
        return frozenset({"sqlite3"})

    def checked_url(self, url: sa.URL) -> sa.URL:
        """Return the URL; it must name a file."""
        if url.host or url.username or url.port:
            raise StoreError(
                f"{mask_password(str(url))} names a host, and a file has none; write "
                "sqlite:///FILE.db, with a fourth slash for a path from the root"
            )
        database_file(url)
        refuse_unknown_parameters(url)
        return url

    def absolute_url(self, url: sa.URL, folder: Path) -> sa.URL:
        """Return the URL with the absolute path of its file."""
        file = database_file(url)
        is_uri = str(file).startswith("file:")
        return url if is_uri else url.set(database=str(folder / file))

    def open_engine(self, url: sa.URL, *, read_only: bool = False) -> sa.Engine:
        """Return an engine whose transactions `begin` begins."""
        file = database_file(url)
        if not read_only:
            refuse_numbers_as_instants(file)
        return file_engine(
            file,
            "ro" if read_only or is_read_only_url(url) else "rw",
            isolation_level=None,
            timeout=_SECONDS_TO_WAIT,
        )

    def exists(self, url: sa.URL) -> bool:
        """Return whether the file exists; it must be a SQLite database."""
        file = database_file(url)
        if not file.is_file():
            return False
        refuse_other_files(file)
        return True

    def location(self, url: sa.URL) -> SqliteLocation:
        """Return the location of a file."""
        return SqliteLocation(database_file(url), is_read_only=is_read_only_url(url))

    def begin(self, connection: sa.Connection, *, write: bool = False) -> None:
        """Begin a transaction: the driver waits for the first write, or never begins one."""
        driver = connection.connection.driver_connection
        if not getattr(driver, "in_transaction", True):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    def try_lock(self, connection: sa.Connection) -> bool:
        """Begin a transaction that writes: SQLite has one at a time."""
        self.begin(connection, write=True)
        return True

    def check_foreign_keys(
        self, connection: sa.Connection, written: KeyRanges, database_name: str
    ) -> None:
        """Check each distinct value: SQLite checks none unless a pragma is set."""
        refuse_orphans(connection, written, database_name)

    def objects(self, connection: sa.Connection) -> list[DatabaseObject]:
        """Return all objects of the file."""
        return sqlite_objects(_sqlite_connection(connection))

    def references(self, connection: sa.Connection, targets: Iterable[str]) -> list[Reference]:
        """Return the foreign keys of the file to some tables."""
        return sqlite_references(_sqlite_connection(connection), targets)

    def own_names(self) -> OwnNames:
        """Return the names of tables and indexes: no two may be equal."""
        tables, indexes = ddl()
        return {Namespace.RELATIONS: frozenset([*tables, *indexes])}

    def folded_name(self, name: str) -> str:
        """Return the name in lower case: case does not matter."""
        return name.lower()

    def is_read_only_error(self, error: BaseException) -> bool:
        """Return whether the primary result code is SQLITE_READONLY."""
        code = getattr(error, "sqlite_errorcode", 0)
        return bool(code & _PRIMARY_CODE == sqlite3.SQLITE_READONLY)

    @contextmanager
    def page_cache(self, connection: sa.Connection, cache_kib: int) -> Iterator[None]:
        """Give a connection a larger cache, and its own size back before it returns to a pool."""
        size = int(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())
        connection.exec_driver_sql(f"PRAGMA cache_size = -{cache_kib}")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"PRAGMA cache_size = {size}")

    @contextmanager
    def interruptible(self, connections: Iterable[sa.Connection]) -> Iterator[Callable[[], None]]:
        """Let SQLite look for signals while it runs a statement."""
        drivers = [connection.connection.driver_connection for connection in connections]
        with interruptible([c for c in drivers if isinstance(c, sqlite3.Connection)]) as end:
            yield end

    def prepare_writing(self, connection: sa.Connection) -> None:
        """Have the types write the text that the tables hold."""
        uses_django_text(connection)

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether the driver is Python's own."""
        return connection.dialect.driver == _DRIVER

    def insert_columns(self, connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
        """Insert rows with `executemany` of the driver."""
        django_text = uses_django_text(connection)
        if not self.takes_bulk(connection):
            python_rows.insert_rows(connection, table, columns)
            return
        driver: Any = connection.connection.driver_connection
        sqlite_connection: sqlite3.Connection = driver
        insert_rows(sqlite_connection, table, columns, django_text=django_text)

    def highest_key(self, connection: sa.Connection, table: sa.Table) -> int:
        """Query the driver directly: factories do this for every table at every call."""
        statement = f'SELECT max("{next(iter(table.primary_key)).name}") FROM "{table.name}"'
        driver = connection.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return driver.execute(statement).fetchone()[0] or 0
        return connection.exec_driver_sql(statement).scalar() or 0

    def keeps_instants(
        self, database_type: sa.DateTime | sa.Time, column_type: sa.types.TypeEngine[Any]
    ) -> bool:
        """Return True: instants are texts of any precision."""
        return True

    def day_number(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Divide Unix seconds by those of a day."""
        return f"(CAST({_part('%s', moment)} AS INTEGER) / 86400)"

    def month(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar month."""
        return f"CAST({_part('%m', moment)} AS INTEGER)"

    def year(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar year."""
        return f"CAST({_part('%Y', moment)} AS INTEGER)"

    def utc_date(self, instant: str) -> str:
        """Return the ISO date at the beginning of the text."""
        return f"substr({instant}, 1, 10)"

    def day_start(self, date: str, days: int) -> str:
        """Return a text without a fraction, which is not after the same instant with one."""
        return f"datetime({date}, '{days:+d} days')"

    def fetched_date(self, date: str) -> str:
        """Return a date unchanged: a text or a day number."""
        return date

    def fetched_number(self, number: str) -> str:
        """Return a number unchanged."""
        return number


def _sqlite_connection(connection: sa.Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    return cast(sqlite3.Connection, driver)


def _part(form: str, moment: str) -> str:
    """Return SQL for a part of a date as text, without fractions of a second, which round up."""
    return f"strftime('{form}', substr({moment}, 1, 10))"


DIALECT = SqliteDialect()
