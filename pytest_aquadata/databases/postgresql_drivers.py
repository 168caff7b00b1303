"""Drivers of PostgreSQL, each with its way to COPY."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from importlib import import_module
from typing import IO, Any

import sqlalchemy as sa

from .row_bytes import ByteStream
from .server_driver import SECONDS_TO_CONNECT, ServerDriver, driver_connection

_BYTES_PER_READ = 1 << 17
_UTF8 = "UTF8"


class PostgresqlDriver(ServerDriver):
    """A driver of PostgreSQL."""

    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return no arguments."""
        return {}

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether the session's encoding is UTF-8."""
        return self.encoding(driver_connection(connection)) == _UTF8

    @abstractmethod
    def encoding(self, connection: Any) -> str:
        """Return the parameter `client_encoding` as the server has last reported it."""

    @abstractmethod
    def session_id(self, connection: Any) -> int | None:
        """Return the id that the server gave the session; None if the driver does not keep it."""

    @abstractmethod
    def copy_in(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[bytes]
    ) -> None:
        """Insert rows in the binary format of COPY, in the open transaction.

        Args:
            connection: to the database.
            table: name of the table.
            names: the columns that the rows have.
            rows: pieces of the format, from header to trailer.
        """

    def copy_out(
        self, connection: sa.Connection, table: str, names: Sequence[str], file: IO[bytes]
    ) -> None:
        """Write the rows of a table to a file in the binary format of COPY.

        Only drivers that are not asynchronous do this.
        """
        raise NotImplementedError


class Psycopg2(PostgresqlDriver):
    """psycopg2."""

    name = module = "psycopg2"
    package = "psycopg2-binary"

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return False, too, if gevent or a similar library waits for the driver: then no COPY."""
        waits = import_module("psycopg2.extensions").get_wait_callback()
        return waits is None and super().takes_bulk(connection)

    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the encoding, and a limit of the time to connect."""
        return _libpq_arguments(query)

    def encoding(self, connection: Any) -> str:
        """Ask libpq."""
        return str(connection.get_parameter_status("client_encoding"))

    def session_id(self, connection: Any) -> int | None:
        """Ask libpq."""
        return int(connection.get_backend_pid())

    def copy_in(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[bytes]
    ) -> None:
        """Give the driver a file to read."""
        with driver_connection(connection).cursor() as cursor:
            stream = ByteStream(iter(rows))
            cursor.copy_expert(_copy_statement(table, names), stream, _BYTES_PER_READ)

    def copy_out(
        self, connection: sa.Connection, table: str, names: Sequence[str], file: IO[bytes]
    ) -> None:
        """Give the driver a file to write."""
        with driver_connection(connection).cursor() as cursor:
            cursor.copy_expert(_copy_statement(table, names, "TO STDOUT"), file)


class Psycopg(PostgresqlDriver):
    """psycopg 3."""

    name = module = "psycopg"
    package = "psycopg[binary]"

    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the encoding, and a limit of the time to connect."""
        return _libpq_arguments(query)

    def encoding(self, connection: Any) -> str:
        """Ask libpq."""
        return str(connection.info.parameter_status("client_encoding"))

    def session_id(self, connection: Any) -> int | None:
        """Ask libpq."""
        return int(connection.info.backend_pid)

    def copy_in(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[bytes]
    ) -> None:
        """Write the pieces to the cursor's copy."""
        with (
            driver_connection(connection).cursor() as cursor,
            cursor.copy(_copy_statement(table, names)) as copy,
        ):
            for piece in rows:
                copy.write(piece)

    def copy_out(
        self, connection: sa.Connection, table: str, names: Sequence[str], file: IO[bytes]
    ) -> None:
        """Read the pieces of the cursor's copy."""
        with (
            driver_connection(connection).cursor() as cursor,
            cursor.copy(_copy_statement(table, names, "TO STDOUT")) as copy,
        ):
            for piece in copy:
                file.write(piece)


class PsycopgAsync(Psycopg):
    """psycopg 3 of an asynchronous engine."""

    name = "psycopg_async"
    is_async = True

    def copy_in(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[bytes]
    ) -> None:
        """Write the pieces to the cursor's copy."""

        async def copy_rows(driver: Any) -> None:
            async with (
                driver.cursor() as cursor,
                cursor.copy(_copy_statement(table, names)) as copy,
            ):
                for piece in rows:
                    await copy.write(piece)

        _run_async(connection, copy_rows)


class Asyncpg(PostgresqlDriver):
    """asyncpg."""

    name = module = package = "asyncpg"
    is_async = True

    def encoding(self, connection: Any) -> str:
        """Ask the driver, which keeps what the server reports."""
        return str(connection.get_settings().client_encoding).upper().replace("-", "")

    def session_id(self, connection: Any) -> int | None:
        """Ask the driver."""
        return int(connection.get_server_pid())

    def copy_in(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[bytes]
    ) -> None:
        """Give the driver an iterator; it writes the statement itself."""

        async def pieces() -> AsyncIterator[bytes]:
            for piece in rows:
                yield piece

        async def copy_rows(driver: Any) -> None:
            await driver.copy_to_table(table, source=pieces(), columns=list(names), format="binary")

        # SQLAlchemy begins the transaction with the first statement
        connection.exec_driver_sql("SELECT 1")
        _run_async(connection, copy_rows)


class Pg8000(PostgresqlDriver):
    """pg8000."""

    name = module = package = "pg8000"

    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a limit of the time to connect, which is one of the socket."""
        return {} if "timeout" in query else {"timeout": SECONDS_TO_CONNECT}

    def end_connecting(self, connection: Any) -> None:
        """Let statements take any time."""
        connection._usock.settimeout(None)

    def encoding(self, connection: Any) -> str:
        """Ask the driver, which keeps what the server reports."""
        return str(connection.parameter_statuses.get("client_encoding"))

    def session_id(self, connection: Any) -> int | None:
        """Read the key that cancels a statement: the id, and a secret."""
        key = connection._backend_key_data
        return None if key is None else int.from_bytes(key[:4], "big", signed=True)

    def copy_in(
        self, connection: sa.Connection, table: str, names: Sequence[str], rows: Iterable[bytes]
    ) -> None:
        """Give the driver an iterator."""
        cursor = driver_connection(connection).cursor()
        cursor.execute(_copy_statement(table, names), stream=rows)

    def copy_out(
        self, connection: sa.Connection, table: str, names: Sequence[str], file: IO[bytes]
    ) -> None:
        """Give the driver a file to write."""
        cursor = driver_connection(connection).cursor()
        cursor.execute(_copy_statement(table, names, "TO STDOUT"), stream=file)


POSTGRESQL_DRIVERS: Mapping[str, PostgresqlDriver] = {
    driver.name: driver for driver in (Psycopg2(), Psycopg(), Pg8000(), PsycopgAsync(), Asyncpg())
}
"""The drivers that rows can be copied over, the preferred one first."""


def sql_state(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a driver's error; None if it has none."""
    for name in ("sqlstate", "pgcode"):
        if isinstance(code := getattr(error, name, None), str):
            return code
    # pg8000 keeps the fields of the server's message
    fields = error.args[0] if error is not None and error.args else None
    return fields.get("C") if isinstance(fields, dict) else None


def _libpq_arguments(query: Mapping[str, Any]) -> Mapping[str, Any]:
    limit = {} if "connect_timeout" in query else {"connect_timeout": SECONDS_TO_CONNECT}
    return {"client_encoding": "utf8", **limit}


def _copy_statement(table: str, names: Sequence[str], direction: str = "FROM STDIN") -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return f'COPY "{table}" ({listed}) {direction} (FORMAT binary)'


def _run_async(
    connection: sa.Connection, copy_rows: Callable[[Any], Coroutine[Any, Any, None]]
) -> None:
    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(copy_rows)
