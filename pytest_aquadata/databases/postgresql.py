"""PostgreSQL: binary COPY, sequences, deferred constraints, template databases."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from importlib import import_module
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect

from ..lifecycle.columns import Columns
from ..schema import TABLES
from ..schema.types import Instant
from . import python_rows
from .catalog import DatabaseObject, Namespace, OwnNames, Reference
from .ddl import ddl_of
from .dialect import Numbering, TempTableSql
from .metadata_table import METADATA_TABLE, PART_TABLE
from .orphan_checks import KeyRanges
from .postgresql_catalog import postgresql_objects, postgresql_references
from .postgresql_copy import binary_rows
from .postgresql_drivers import POSTGRESQL_DRIVERS, PostgresqlDriver, sql_state
from .postgresql_location import (
    TEMPLATE_SUFFIX,
    PostgresqlLocation,
    copy_database,
    create_schema,
)
from .postgresql_sequences import advance_sequences
from .postgresql_sessions import (
    parse_options,
    refuse_transaction_pool,
    sequence_of_options,
    session_statements,
)
from .postgresql_store import LOCK_KEY
from .server_dialect import ServerDatabase, ServerDialect, SessionSettings
from .server_driver import ServerDriver
from .server_sessions import Connect

_PSYCOPG2 = "psycopg2"
_ASYNCPG_ONLY = frozenset(
    {
        "command_timeout",
        "max_cacheable_statement_size",
        "max_cached_statement_lifetime",
        "prepared_statement_cache_size",
        "prepared_statement_name_func",
        "statement_cache_size",
        "timeout",
    }
)
_TAKE_OPTIONS = (_PSYCOPG2, "psycopg")
_READ_ONLY = "-c default_transaction_read_only=on"
_READ_ONLY_ERROR = "25006"
_ROWS_PER_STATEMENT = 1_000
_SECONDS_FOR_LOCKS = 10
_EXACT_COUNTS_SINCE = (15,)
_SECONDS_TO_COUNT = 1
"""Time in which older servers have counted the rows written by connections that were closed."""
_CHANGE_MARK = sa.text(
    "SELECT md5(string_agg(concat_ws(' ', relname, pg_relation_filenode(oid), "
    "pg_stat_get_tuples_inserted(oid), pg_stat_get_tuples_updated(oid), "
    "pg_stat_get_tuples_deleted(oid)), ',' ORDER BY relname)) FROM pg_class "
    "WHERE relkind = 'r' AND relname IN :names AND pg_table_is_visible(oid)"
).bindparams(sa.bindparam("names", expanding=True))


class PostgresqlDialect(ServerDialect):
    """A database on a PostgreSQL server."""

    name = "postgresql"
    drivers: ClassVar[Mapping[str, PostgresqlDriver]] = POSTGRESQL_DRIVERS
    django_engines = frozenset(
        {"django.db.backends.postgresql", "django.contrib.gis.db.backends.postgis"}
    )
    numbering = Numbering.SEQUENCE
    commits_ddl = False
    enforces_sizes = True
    temp_table = TempTableSql(
        "CREATE TEMPORARY TABLE {temp} AS SELECT {names} FROM {table} WITH NO DATA",
        "CREATE UNIQUE INDEX ON pg_temp.{temp} ({unique})",
        "DROP TABLE IF EXISTS pg_temp.{temp}",
    )
    # a query for one batch is over before compiling it pays
    read_settings = ("SET TIME ZONE 'UTC'", "SET jit = off")

    def portable_query(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Leave out what tunes asyncpg, and write its `ssl` as the others do."""
        renamed = {"sslmode" if name == "ssl" else name: value for name, value in query.items()}
        return {name: value for name, value in renamed.items() if name not in _ASYNCPG_ONLY}

    def session_settings(
        self, driver: ServerDriver, query: Mapping[str, Any], *, read_only: bool
    ) -> SessionSettings:
        """Execute the settings in the parameter `options`: a pooler refuses or drops them."""
        settings, rest = parse_options(sequence_of_options(query.get("options", "")))
        kept = {name: value for name, value in query.items() if name != "options"}
        if rest:
            kept["options"] = rest
        arguments = driver.arguments(kept)
        return SessionSettings(kept, arguments, session_statements(settings, read_only=read_only))

    def check_sessions(
        self, connection: Any, connect: Connect, *, driver: ServerDriver, name: str
    ) -> None:
        """Refuse a pooler that gives each transaction another session."""
        refuse_transaction_pool(connection, connect, self.drivers[driver.name], name)

    def read_only_url(self, url: sa.URL) -> sa.URL:
        """Add an option of the session, where the driver passes options to the server."""
        if url.get_driver_name() not in _TAKE_OPTIONS:
            return url
        options = str(self.writable_url(url).query.get("options", ""))
        return url.update_query_dict({"options": f"{options} {_READ_ONLY}".strip()})

    def writable_url(self, url: sa.URL) -> sa.URL:
        """Remove the option of the session."""
        options = str(url.query.get("options", "")).replace(_READ_ONLY, "").strip()
        plain = url.difference_update_query(["options"])
        return plain.update_query_dict({"options": options}) if options else plain

    def location(self, url: sa.URL) -> PostgresqlLocation:
        """Return the location of a database on the server."""
        return PostgresqlLocation(url)

    def try_lock(self, connection: sa.Connection) -> bool:
        """Take the advisory lock of builds until the transaction ends."""
        lock = sa.func.pg_try_advisory_xact_lock(LOCK_KEY)
        return bool(connection.execute(sa.select(lock)).scalar())

    def check_foreign_keys(
        self, connection: sa.Connection, written: KeyRanges, database_name: str
    ) -> None:
        """Check all deferred constraints now."""
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    def objects(self, connection: sa.Connection) -> list[DatabaseObject]:
        """Return all objects of the database in any schema."""
        return postgresql_objects(connection)

    def references(self, connection: sa.Connection, targets: Iterable[str]) -> list[Reference]:
        """Return the foreign keys of any schema to some tables."""
        return postgresql_references(connection, targets)

    def own_names(self) -> OwnNames:
        """Return the names of tables and of indexes, also of those that keys create."""
        parts = ddl_of(PGDialect()).items()  # type: ignore[no-untyped-call]
        keys = {str(TABLES[name].primary_key.name) for name in TABLES}
        indexes = {index for _, part in parts for index in (*part.indexes, *part.uniques)}
        keys |= {f"{name}_pkey" for name in (METADATA_TABLE, PART_TABLE)}
        return {Namespace.RELATIONS: frozenset(TABLES.keys() | keys | indexes)}

    def lock_tables(
        self, connection: sa.Connection, tables: Iterable[tuple[str | None, str]]
    ) -> None:
        """Lock tables against writing; wait a few seconds for writers."""
        quote = connection.dialect.identifier_preparer.quote_identifier
        names = [".".join(quote(part) for part in table if part is not None) for table in tables]
        if names:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_SECONDS_FOR_LOCKS}s'")
            listed = ", ".join(dict.fromkeys(names))
            connection.exec_driver_sql(f"LOCK TABLE {listed} IN SHARE ROW EXCLUSIVE MODE")

    def is_read_only_error(self, error: BaseException) -> bool:
        """Return whether the SQLSTATE is read_only_sql_transaction."""
        return sql_state(error) == _READ_ONLY_ERROR

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether the driver can COPY, and sends UTF-8."""
        driver = self.drivers.get(_driver_name(connection))
        return driver is not None and driver.takes_bulk(connection)

    def insert_columns(self, connection: sa.Connection, table: sa.Table, columns: Columns) -> None:
        """Insert rows by binary COPY, or as Python values."""
        driver = self.drivers.get(_driver_name(connection))
        if driver is not None and driver.takes_bulk(connection):
            driver.copy_in(
                connection, table.name, list(columns.columns), binary_rows(table, columns)
            )
        elif connection.dialect.driver == _PSYCOPG2:
            python_rows.insert_rows(connection, table, columns, _execute_values)
        else:
            python_rows.insert_rows(connection, table, columns)

    def reserve_keys(
        self, connection: sa.Connection, table: sa.Table, count: int
    ) -> list[int] | None:
        """Return the next numbers of a table's sequence; None if it has none."""
        key = next(iter(table.primary_key)).name
        sequence = sa.func.pg_get_serial_sequence(f'"{table.name}"', key)
        if connection.execute(sa.select(sequence)).scalar() is None:
            return None
        next_value = sa.select(sa.func.nextval(sequence))
        numbers = next_value.select_from(sa.func.generate_series(1, count))
        return list(connection.execute(numbers).scalars())

    def advance_sequences(self, connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
        """Set the sequences of tables above the highest key."""
        advance_sequences(connection, tables)

    def keeps_instants(
        self, database_type: sa.DateTime | sa.Time, column_type: sa.types.TypeEngine[Any]
    ) -> bool:
        """Return whether the column keeps microseconds, and a time zone if the schema's has one."""
        digits = getattr(database_type, "precision", None)
        if digits is not None and digits < 6:
            return False
        return bool(database_type.timezone) or not isinstance(column_type, Instant)

    def day_number(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Subtract dates."""
        return f"({_date(moment, type_)} - DATE '1970-01-01')"

    def month(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar month."""
        return f"CAST(EXTRACT(MONTH FROM {_date(moment, type_)}) AS INTEGER)"

    def year(self, moment: str, type_: sa.types.TypeEngine[Any]) -> str:
        """Return SQL for the calendar year."""
        return f"CAST(EXTRACT(YEAR FROM {_date(moment, type_)}) AS INTEGER)"

    def utc_date(self, instant: str) -> str:
        """Return SQL for the date in UTC, whatever the time zone of the session."""
        return f"CAST({instant} AT TIME ZONE 'UTC' AS DATE)"

    def day_start(self, date: str, days: int) -> str:
        """Return SQL for an instant in UTC."""
        sign = "-" if days < 0 else "+"
        return f"CAST({date} {sign} {abs(days)} AS TIMESTAMP) AT TIME ZONE 'UTC'"

    def fetched_date(self, date: str) -> str:
        """Return SQL for a day number."""
        return f"{date} - DATE '1970-01-01'"

    def fetched_number(self, number: str) -> str:
        """Return SQL for a float."""
        return f"CAST({number} AS DOUBLE PRECISION)"

    def database_names(self, connection: sa.Connection) -> set[str]:
        """Return the names of all databases on the server."""
        return set(connection.exec_driver_sql("SELECT datname FROM pg_database").scalars())

    def cached_databases(self, connection: sa.Connection) -> Sequence[ServerDatabase]:
        """Return the databases whose names begin with `aquadata_`."""
        query = (
            "SELECT datname, shobj_description(oid, 'pg_database') "
            "FROM pg_database WHERE datname LIKE 'aquadata\\_%%'"
        )
        databases = []
        for name, comment in connection.exec_driver_sql(query).all():
            # dropped meanwhile, or not open to this user
            with suppress(sa.exc.DBAPIError):
                size = connection.execute(sa.select(sa.func.pg_database_size(name))).scalar_one()
                databases.append(ServerDatabase(name, int(size), comment))
        return databases

    def connection_count(self, connection: sa.Connection, name: str) -> int:
        """Return how many connections a database has."""
        query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
        return int(connection.execute(query, {"name": name}).scalar_one())

    def lock_clone(self, connection: sa.Connection, token: str) -> None:
        """Take an advisory lock."""
        connection.execute(sa.select(sa.func.pg_advisory_lock(sa.literal(int(token, 16)))))

    def is_clone_locked(self, connection: sa.Connection, token: str) -> bool:
        """Look for the advisory lock in all databases: each has its own."""
        query = sa.text(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 "
            "AND (classid::bigint << 32) | objid::bigint = :key LIMIT 1"
        )
        return connection.execute(query, {"key": int(token, 16)}).first() is not None

    def create_database(self, name: str) -> str:
        """Return the statement that creates an empty database."""
        return f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"

    def prepare_new_database(self, url: sa.URL) -> None:
        """Create the schema on the search path of the user, unless it is there."""
        create_schema(url, None)

    def drop_database(self, name: str) -> Sequence[str]:
        """Return the statements that drop a database and its template."""
        return (
            f"DROP DATABASE IF EXISTS {name}{TEMPLATE_SUFFIX}",
            f"DROP DATABASE IF EXISTS {name}",
        )

    def comment_on_database(self, name: str, comment: str) -> str:
        """Return the statement that sets the comment on a database."""
        return f"COMMENT ON DATABASE {name} IS '{comment}'"

    def change_mark(self, connection: sa.Connection) -> str:
        """Return a digest of the rows written and of the files, by table.

        The counts of rows begin again after a crash of the server: that, too, counts as a change.
        """
        if (connection.dialect.server_version_info or ()) < _EXACT_COUNTS_SINCE:
            time.sleep(_SECONDS_TO_COUNT)
        return str(connection.execute(_CHANGE_MARK, {"names": list(TABLES)}).scalar())

    def prepare_clones(self, connection: sa.Connection, name: str) -> None:
        """Copy a database to a template without connections, which the server can always copy."""
        template = f"{name}{TEMPLATE_SUFFIX}"
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {template}")
        copy_database(connection, name, template)
        connection.exec_driver_sql(f"ALTER DATABASE {template} ALLOW_CONNECTIONS false")


def _driver_name(connection: sa.Connection) -> str:
    """Return SQLAlchemy's name of the driver: psycopg 3 has the same for both kinds of engines."""
    dialect = connection.dialect
    return (
        f"{dialect.driver}_async"
        if dialect.driver == "psycopg" and dialect.is_async
        else (dialect.driver)
    )


def _date(moment: str, type_: sa.types.TypeEngine[Any]) -> str:
    """Return SQL for a date, or for the date of an instant in UTC."""
    if isinstance(type_, sa.Date):
        return moment
    return f"CAST({moment} AT TIME ZONE 'UTC' AS DATE)"


def _execute_values(
    connection: sa.Connection, table: sa.Table, names: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Insert many rows a statement: psycopg2's `executemany` sends one statement a row."""
    execute_values = import_module("psycopg2.extras").execute_values
    quote = connection.dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in names)
    with closing(connection.connection.cursor()) as cursor:
        execute_values(
            cursor,
            f"INSERT INTO {quote(table.name)} ({columns}) VALUES %s",
            rows,
            page_size=_ROWS_PER_STATEMENT,
        )


DIALECT = PostgresqlDialect()
