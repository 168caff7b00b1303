"""The contract of a database: everything that differs between SQLite, PostgreSQL and MariaDB.

Each database has one module that defines `DIALECT`, the instance of its `Dialect`. No module
outside this package compares with a database's name; it asks `dialect_of(connection)` instead.

To add a database: write its module, list it in `_MODULES`, give the types in `schema/types.py`
their variants, and add its driver to `pyproject.toml`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from ..errors import StoreError
from ..text import mask_password

if TYPE_CHECKING:
    from ..lifecycle.columns import Columns
    from .catalog import DatabaseObject, OwnNames, Reference
    from .location import DatabaseLocation
    from .orphan_checks import KeyRanges

_MODULES: Mapping[str, str] = {
    "sqlite": "sqlite",
    "postgresql": "postgresql",
    "mariadb": "mariadb",
    "mysql": "mariadb",
}
"""The module of each database, by the name that SQLAlchemy has for it."""

_OTHER_NAMES: Mapping[str, str] = {"postgres": "postgresql", "pgsql": "postgresql"}
"""SQLAlchemy's names of databases, by those in the URLs of other programs."""


class Numbering(Enum):
    """Source of the primary keys of new rows."""

    HIGHEST_KEY = "one above the highest key: only one connection writes at a time"
    SEQUENCE = "a sequence, which can be read before rows are inserted"
    ON_INSERT = "the database, known only after each insert"


@dataclass(frozen=True)
class TempTableSql:
    """Statements about a temporary table.

    Attributes:
        create: as `{temp}`, with `{names}` and types of the columns of `{table}`, empty; with a
            unique key over `{unique}` if `create_index` is None.
        create_index: unique index over `{unique}`.
        drop: without an error if `{temp}` is missing.
    """

    create: str
    create_index: str | None
    drop: str


class Dialect(ABC):
    """One kind of database.

    Attributes:
        name: as SQLAlchemy and messages call it.
        django_engines: Django's names of the database, as in `DATABASES["default"]["ENGINE"]`.
        is_server: False for a file that only processes on this machine write.
        numbering: source of primary keys.
        commits_ddl: True if CREATE TABLE and DROP TABLE commit the open transaction.
        enforces_sizes: True if values that do not fit a column's type are refused.
        temp_table: statements about a temporary table.
        read_settings: statements that prepare a session for large reads in UTC.
    """

    name: ClassVar[str]
    django_engines: ClassVar[frozenset[str]]
    is_server: ClassVar[bool]
    numbering: ClassVar[Numbering]
    commits_ddl: ClassVar[bool]
    enforces_sizes: ClassVar[bool]
    temp_table: ClassVar[TempTableSql]
    read_settings: ClassVar[tuple[str, ...]]

    # URL and connections

    @property
    @abstractmethod
    def driver_modules(self) -> frozenset[str]:
        """Top-level modules of the drivers that can have a bulk route."""

    @abstractmethod
    def checked_url(self, url: sa.URL) -> sa.URL:
        """Return the URL with the driver.

        Raises:
            StoreError: if it names no database, or another driver.
        """

    def absolute_url(self, url: sa.URL, folder: Path) -> sa.URL:
        """Return a URL whose file, if it names one, does not depend on the current folder."""
        return url

    @abstractmethod
    def open_engine(self, url: sa.URL, *, read_only: bool = False) -> sa.Engine:
        """Return an engine for a database with tables; see `begin` for its transactions.

        Args:
            url: as `checked_url` returns it.
            read_only: True if the database shall refuse changes.
        """

    @abstractmethod
    def exists(self, url: sa.URL) -> bool:
        """Return whether a file exists; True for a database on a server.

        Raises:
            StoreError: if the file is of another kind.
        """

    @abstractmethod
    def location(self, url: sa.URL) -> DatabaseLocation:
        """Return the location that builds, reads and copies a dataset at a URL.

        Args:
            url: as `checked_url` returns it.
        """

    # Transactions, locks and constraints

    def begin(self, connection: sa.Connection, *, write: bool = False) -> None:  # noqa: B027
        """Begin a transaction where the driver would begin it too late.

        Args:
            connection: a connection without an open transaction of the database.
            write: True to lock the database against other writers at once.
        """

    @abstractmethod
    def try_lock(self, connection: sa.Connection) -> bool:
        """Lock the database against other builds until the transaction or connection ends.

        Returns:
            False if another build holds the lock.
        """

    def suspend_foreign_keys(self, connection: sa.Connection) -> None:  # noqa: B027
        """Let rows be written before their parents; `check_foreign_keys` checks them later."""

    @abstractmethod
    def check_foreign_keys(
        self, connection: sa.Connection, written: KeyRanges, database_name: str
    ) -> None:
        """Check the foreign keys of rows written in the open transaction.

        Args:
            connection: the connection that wrote them.
            written: their primary keys.
            database_name: the database, for the message.

        Raises:
            StoreError: if a row that is referred to is missing, or the database's own error.
        """

    @abstractmethod
    def is_read_only_error(self, error: BaseException) -> bool:
        """Return whether a driver's error means that the database or transaction is read-only."""

    # The catalog

    @abstractmethod
    def objects(self, connection: sa.Connection) -> list[DatabaseObject]:
        """Return all objects of a database that users or builds made."""

    @abstractmethod
    def references(self, connection: sa.Connection, targets: Iterable[str]) -> list[Reference]:
        """Return the declared foreign keys, of any schema, to tables of a database.

        Args:
            connection: to the database.
            targets: names of the tables.
        """

    @abstractmethod
    def own_names(self) -> OwnNames:
        """Return the names of the objects that a build creates and that must be free."""

    def folded_name(self, name: str) -> str:
        """Return a name such that equal ones are of the same object."""
        return name

    def ignores_case(self, connection: sa.Connection, table: str) -> bool:
        """Return whether texts of a table that differ only in case are equal in the database."""
        return False

    def lock_tables(  # noqa: B027
        self, connection: sa.Connection, tables: Iterable[tuple[str | None, str]]
    ) -> None:
        """Let no other connection write to tables until the transaction ends.

        Needed where deleting rows may delete others by foreign keys.

        Args:
            connection: to the database.
            tables: schema, if it is another, and name of each.
        """

    def page_cache(self, connection: sa.Connection, cache_kib: int) -> AbstractContextManager[None]:
        """Give a connection a larger cache while a block runs, where connections have their own.

        Args:
            connection: the connection.
            cache_kib: size in KiB.
        """
        return nullcontext()

    def interruptible(
        self, connections: Iterable[sa.Connection]
    ) -> AbstractContextManager[Callable[[], None]]:
        """End the statements of a block when a signal tells the process to end.

        Yields a function that ends them, too, where the driver allows it.
        """
        return nullcontext(lambda: None)

    # Rows and keys

    def prepare_writing(self, connection: sa.Connection) -> None:  # noqa: B027
        """Prepare a connection that others opened, so that rows are stored unchanged.

        Raises:
            StoreError: if the session would cut values that do not fit a column.
        """

    @abstractmethod
    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether a connection's driver and settings allow the bulk route."""

    @abstractmethod
    def insert_columns(self, connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
        """Insert rows in the open transaction: see `bulk_insert.insert_columns`."""

    def highest_key(self, connection: sa.Connection, table: sa.Table) -> int:
        """Return the highest primary key of a table; 0 if it is empty."""
        key = next(iter(table.primary_key))
        return connection.execute(sa.select(sa.func.max(key))).scalar() or 0

    def reserve_keys(
        self, connection: sa.Connection, table: sa.Table, count: int
    ) -> list[int] | None:
        """Return primary keys that no other connection will be given; None without a sequence."""
        return None

    def advance_sequences(  # noqa: B027
        self, connection: sa.Connection, tables: Iterable[sa.Table]
    ) -> None:
        """Set the sequences of tables above the highest key; never back, as others took numbers."""

    @abstractmethod
    def keeps_instants(
        self, database_type: sa.DateTime | sa.Time, column_type: sa.types.TypeEngine[Any]
    ) -> bool:
        """Return whether a column keeps microseconds, and UTC where its values need it.

        Args:
            database_type: type of the column in the database.
            column_type: type of the column in the schema.
        """

    # SQL of dates: arguments and results are SQL expressions

    @abstractmethod
    def day_number(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the days from 1970-01-01 to a date, or to the UTC day of an instant."""

    @abstractmethod
    def month(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar month, 1 to 12, of a date or of an instant in UTC."""

    @abstractmethod
    def year(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar year of a date or of an instant in UTC."""

    @abstractmethod
    def utc_date(self, instant: str) -> str:
        """Return SQL for the UTC date of an instant, in the form that `fetched_date` takes."""

    @abstractmethod
    def day_start(self, date: str, days: int) -> str:
        """Return SQL for the instant at which a UTC day begins.

        Args:
            date: a date.
            days: days from the date to that day.
        """

    @abstractmethod
    def fetched_date(self, date: str) -> str:
        """Return SQL for a date in the form that the driver returns fastest."""

    @abstractmethod
    def fetched_number(self, number: str) -> str:
        """Return SQL for a number in the form that the driver returns fastest."""


Database = sa.URL | sa.Engine | sa.Connection | sa.Dialect


def dialect_of(database: Database) -> Dialect:
    """Return the dialect of a database.

    Raises:
        StoreError: if the database is not supported.
    """
    dialect = find_dialect(database)
    if dialect is None:
        *first, last = _MODULES
        shown = f"{mask_password(str(database))}: " if isinstance(database, sa.URL) else ""
        raise StoreError(
            f"{shown}{_name_of(database)} is none of {', '.join(first)} and {last}; give one of "
            "these as --url"
        )
    return dialect


def find_dialect(database: Database) -> Dialect | None:
    """Return the dialect of a database; None if it is not supported."""
    name = _name_of(database)
    return _load(_MODULES[name]) if name in _MODULES else None


def with_known_name(url: sa.URL) -> sa.URL:
    """Return a URL with SQLAlchemy's name of the database, such as `postgresql` for `postgres`."""
    backend, plus, driver = url.drivername.partition("+")
    name = backend.lower()
    return url.set(drivername=_OTHER_NAMES.get(name, name) + plus + driver)


def all_dialects() -> list[Dialect]:
    """Return the dialects of all supported databases."""
    return [_load(module) for module in dict.fromkeys(_MODULES.values())]


@cache
def _load(module: str) -> Dialect:
    dialect: Dialect = import_module(f".{module}", __package__).DIALECT
    return dialect


def _name_of(database: Database) -> str:
    if isinstance(database, sa.URL):
        return database.get_backend_name()
    return (database if isinstance(database, sa.Dialect) else database.dialect).name
