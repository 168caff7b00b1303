"""MariaDB, and MySQL where it behaves alike: LOAD DATA, foreign keys checked row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.mysql.base import MySQLDialect

from ..errors import StoreError
from ..lifecycle.columns import Columns
from ..schema import TABLES
from . import python_rows
from .catalog import DatabaseObject, Namespace, OwnNames, Reference
from .ddl import ddl_of
from .dialect import Numbering, TempTableSql
from .mariadb_catalog import mariadb_objects, mariadb_references
from .mariadb_drivers import MARIADB_DRIVERS, MariadbDriver, error_code
from .mariadb_insert import insert_text_rows
from .mariadb_location import MariadbLocation
from .mariadb_store import BUILD_LOCK
from .orphan_checks import KeyRanges, refuse_orphans
from .server_dialect import ServerDatabase, ServerDialect, SessionSettings
from .server_driver import SECONDS_TO_CONNECT, ServerDriver

_SESSION = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES', time_zone = '+00:00'"
_INIT_COMMAND = "init_command"
"""Parameter of the drivers' `connect`: executed at the begin of each session."""
_READ_ONLY = "SET SESSION TRANSACTION READ ONLY"
_REPLACED = ("charset", _INIT_COMMAND)
_STRICT_MODES = frozenset({"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"})
_READ_ONLY_ERROR = 1792
_CHANGE_MARK = sa.text(
    "SELECT coalesce(sum(crc32(concat(table_name, create_time))), 0), max(update_time) "
    "FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN :names"
).bindparams(sa.bindparam("names", expanding=True))
_HOUR_S, _WEEK_S = 3_600, 604_800
_TIME_LIMITS = (
    f"SET SESSION wait_timeout = {_WEEK_S}, net_read_timeout = {_HOUR_S}, "
    f"net_write_timeout = {_HOUR_S}, lock_wait_timeout = {_HOUR_S}, "
    f"innodb_lock_wait_timeout = {_HOUR_S} "
    # what follows MySQL reads as a comment
    "/*M! , max_statement_time = 0, idle_transaction_timeout = 0, "
    "idle_write_transaction_timeout = 0, idle_readonly_transaction_timeout = 0 */"
)
"""Lifts the time limits that server or user set: a build is long, and its main connection idle."""


class MariadbDialect(ServerDialect):
    """A database on a MariaDB server."""

    name = "mariadb"
    drivers: ClassVar[Mapping[str, MariadbDriver]] = MARIADB_DRIVERS
    django_engines = frozenset({"django.db.backends.mysql"})
    numbering = Numbering.ON_INSERT
    commits_ddl = True
    enforces_sizes = True
    # a separate CREATE INDEX, or DROP TABLE without TEMPORARY, would commit the transaction
    temp_table = TempTableSql(
        "CREATE TEMPORARY TABLE {temp} (PRIMARY KEY ({unique})) "
        "SELECT {names} FROM {table} WHERE 1 = 0",
        None,
        "DROP TEMPORARY TABLE IF EXISTS {temp}",
    )
    read_settings = ("SET time_zone = '+00:00'",)

    def session_settings(
        self, driver: ServerDriver, query: Mapping[str, Any], *, read_only: bool
    ) -> SessionSettings:
        """Set the session's mode and time zone; the character set of the URL is ignored.

        SQLAlchemy reads the mode of a new session, so the driver itself has to set it.
        """
        kept = {name: value for name, value in query.items() if name not in _REPLACED}
        arguments = {**driver.arguments(kept), "init_command": _SESSION}
        if "connect_timeout" not in kept:
            arguments["connect_timeout"] = SECONDS_TO_CONNECT
        read_only_settings = [(_READ_ONLY, ())] if read_only else []
        return SessionSettings(kept, arguments, [(_TIME_LIMITS, ()), *read_only_settings])

    def read_only_url(self, url: sa.URL) -> sa.URL:
        """Add a command of the session."""
        return url.update_query_dict({_INIT_COMMAND: _READ_ONLY})

    def writable_url(self, url: sa.URL) -> sa.URL:
        """Remove the command of the session."""
        if url.query.get(_INIT_COMMAND) != _READ_ONLY:
            return url
        return url.difference_update_query([_INIT_COMMAND])

    def location(self, url: sa.URL) -> MariadbLocation:
        """Return the location of a database on the server."""
        return MariadbLocation(url)

    def try_lock(self, connection: sa.Connection) -> bool:
        """Take the named lock of builds until the connection ends."""
        return bool(connection.execute(sa.select(BUILD_LOCK)).scalar())

    def suspend_foreign_keys(self, connection: sa.Connection) -> None:
        """Let rows be written before their parents."""
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")

    def check_foreign_keys(
        self, connection: sa.Connection, written: KeyRanges, database_name: str
    ) -> None:
        """Check each distinct value: the server does not check again what it has skipped."""
        refuse_orphans(connection, written, database_name)

    def objects(self, connection: sa.Connection) -> list[DatabaseObject]:
        """Return all objects of the database."""
        return mariadb_objects(connection)

    def references(self, connection: sa.Connection, targets: Iterable[str]) -> list[Reference]:
        """Return the foreign keys of any database on the server to some tables."""
        return mariadb_references(connection, targets)

    def own_names(self) -> OwnNames:
        """Return the names of tables, and of foreign keys, which a database has once."""
        parts = ddl_of(MySQLDialect()).values()
        keys = {key for part in parts for key in part.foreign_keys}
        return {
            Namespace.RELATIONS: frozenset(TABLES),
            Namespace.FOREIGN_KEYS: frozenset(keys),
        }

    def is_read_only_error(self, error: BaseException) -> bool:
        """Return whether the error is ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION."""
        return error_code(error) == _READ_ONLY_ERROR

    def prepare_writing(self, connection: sa.Connection) -> None:
        """Refuse a session that is not strict, and tables whose columns are too small."""
        modes = str(connection.exec_driver_sql("SELECT @@SESSION.sql_mode").scalar())
        if _STRICT_MODES.isdisjoint(modes.split(",")):
            raise StoreError(
                "the session's sql_mode is not strict, so MariaDB would cut values that do not "
                "fit; add STRICT_TRANS_TABLES to it"
            )
        super().prepare_writing(connection)

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether the driver is known and sends UTF-8, and backslashes escape."""
        driver = self.drivers.get(connection.dialect.driver)
        return driver is not None and driver.takes_bulk(connection)

    def insert_columns(self, connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
        """Insert rows by LOAD DATA or long INSERTs, or as Python values."""
        driver = self.drivers.get(connection.dialect.driver)
        if driver is not None and driver.takes_bulk(connection):
            insert_text_rows(connection, driver, table, columns)
        else:
            python_rows.insert_rows(connection, table, columns)

    def keeps_instants(
        self, database_type: sa.DateTime | sa.Time, column_type: sa.types.TypeEngine[Any]
    ) -> bool:
        """Return whether the column keeps microseconds."""
        return (getattr(database_type, "fsp", 6) or 0) >= 6

    def day_number(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Subtract dates."""
        return f"DATEDIFF({moment}, '1970-01-01')"

    def month(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar month."""
        return f"MONTH({moment})"

    def year(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar year."""
        return f"YEAR({moment})"

    def utc_date(self, instant: str) -> str:
        """Return SQL for the date: instants are kept in UTC."""
        return f"CAST({instant} AS DATE)"

    def day_start(self, date: str, days: int) -> str:
        """Return SQL for a date, which compares with instants as its midnight."""
        return f"ADDDATE({date}, {days})"

    def fetched_date(self, date: str) -> str:
        """Return SQL for a day number."""
        return f"DATEDIFF({date}, '1970-01-01')"

    def fetched_number(self, number: str) -> str:
        """Return SQL for a float."""
        return f"CAST({number} AS DOUBLE)"

    def database_names(self, connection: sa.Connection) -> set[str]:
        """Return the names of all databases on the server."""
        query = "SELECT schema_name FROM information_schema.schemata"
        return set(connection.exec_driver_sql(query).scalars())

    def cached_databases(self, connection: sa.Connection) -> Sequence[ServerDatabase]:
        """Return the databases whose names begin with `aquadata_`."""
        query = (
            "SELECT schema_name, coalesce(sum(data_length + index_length), 0), schema_comment "
            "FROM information_schema.schemata LEFT JOIN information_schema.tables "
            "ON table_schema = schema_name WHERE schema_name LIKE 'aquadata\\_%%' "
            "GROUP BY schema_name, schema_comment"
        )
        rows = connection.exec_driver_sql(query)
        return [ServerDatabase(name, int(size), comment) for name, size, comment in rows]

    def connection_count(self, connection: sa.Connection, name: str) -> int:
        """Return how many connections a database has."""
        query = sa.text("SELECT count(*) FROM information_schema.processlist WHERE db = :name")
        return int(connection.execute(query, {"name": name}).scalar_one())

    def lock_clone(self, connection: sa.Connection, token: str) -> None:
        """Take a named lock."""
        connection.execute(sa.select(sa.func.get_lock(f"aquadata:clone:{token}", 0)))

    def is_clone_locked(self, connection: sa.Connection, token: str) -> bool:
        """Return whether the named lock is not free."""
        return not connection.execute(
            sa.select(sa.func.is_free_lock(f"aquadata:clone:{token}"))
        ).scalar()

    def create_database(self, name: str) -> str:
        """Return the statement that creates an empty database."""
        return f"CREATE DATABASE {name} CHARACTER SET utf8mb4"

    def drop_database(self, name: str) -> Sequence[str]:
        """Return the statement that drops a database."""
        return (f"DROP DATABASE IF EXISTS {name}",)

    def comment_on_database(self, name: str, comment: str) -> str:
        """Return the statement that sets the comment on a database."""
        return f"ALTER DATABASE {name} COMMENT = '{comment}'"

    def ignores_case(self, connection: sa.Connection, table: str) -> bool:
        """Return whether a column of a table has a collation without case."""
        query = sa.text(
            "SELECT 1 FROM information_schema.columns WHERE table_schema = DATABASE() "
            "AND table_name = :name AND collation_name LIKE '%\\_ci' LIMIT 1"
        )
        return connection.execute(query, {"name": table}).first() is not None

    def change_mark(self, connection: sa.Connection) -> str:
        """Return a checksum of the times of creation, and the time of the last change, if known."""
        created, changed = connection.execute(_CHANGE_MARK, {"names": list(TABLES)}).one()
        return f"{created} {changed or ''}"

    def is_changed(self, connection: sa.Connection, mark: str) -> bool:
        """Compare times: the server forgets that of the last change when it is started again."""
        created, _, changed = self.change_mark(connection).partition(" ")
        created_then, _, changed_then = mark.partition(" ")
        return created != created_then or changed > changed_then

    def prepare_clones(self, connection: sa.Connection, name: str) -> None:
        """Do nothing: MariaDB copies no databases, so clones are loaded row by row."""


DIALECT = MariadbDialect()
