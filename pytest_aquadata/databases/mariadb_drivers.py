"""Drivers of MariaDB and MySQL, each with its form of the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from .server_driver import ServerDriver, driver_connection

_NO_BACKSLASH_ESCAPES = 1 << 9
"""SERVER_STATUS_NO_BACKSLASH_ESCAPES: a bit of the status that the server sends with answers."""
_UTF8 = "utf8mb4"


class MariadbDriver(ServerDriver):
    """A driver of MariaDB and MySQL.

    Attributes:
        loads_files: True if it can send a file for LOAD DATA LOCAL.
        takes_bytes: True if a statement may be bytes; else it is text.
    """

    loads_files = True
    takes_bytes = True

    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the character set, and leave to send files."""
        return {"charset": _UTF8, "local_infile": True}

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether the session sends UTF-8, and backslashes escape."""
        query = "SELECT @@character_set_client, @@sql_mode"
        charset, mode = connection.exec_driver_sql(query).one()
        return charset == _UTF8 and "NO_BACKSLASH_ESCAPES" not in mode.split(",")


class _Sender:
    """Sends bytes over a connection of PyMySQL; after a failure, all others fail like the first."""

    def __init__(self, connection: Any) -> None:
        self._send = connection._write_bytes
        self._close = connection._force_close
        self._failure: BaseException | None = None

    def __call__(self, data: bytes) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            self._send(data)
        except BaseException as error:
            self._failure = error
            self._close()
            raise


class PyMySql(MariadbDriver):
    """PyMySQL."""

    name = module = "pymysql"
    package = "pytest-aquadata[mysql]"

    def credentials(self, password: str) -> Mapping[str, Any]:
        """Return the password in UTF-8: the driver would encode a text as Latin-1."""
        return {"password": password.encode()}

    def end_connecting(self, connection: Any) -> None:
        """Close the connection if an exception of a signal's handler ends the sending of a packet.

        The driver would go on with the next packet, and wait for an answer while the server waits
        for the rest of the first one.
        """
        connection._write_bytes = _Sender(connection)

    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Ask the driver, which keeps what the server sends with each answer."""
        driver = driver_connection(connection)
        no_escapes = driver.server_status & _NO_BACKSLASH_ESCAPES
        return bool(driver.charset == _UTF8 and not no_escapes)


class MySqlClient(MariadbDriver):
    """mysqlclient."""

    name = "mysqldb"
    module = "MySQLdb"
    package = "mysqlclient"


class MariadbConnector(MariadbDriver):
    """MariaDB Connector/Python; its character set is always UTF-8."""

    name = "mariadbconnector"
    module = package = "mariadb"
    takes_bytes = False

    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return leave to send files."""
        return {"local_infile": True}


class AioMySql(MariadbDriver):
    """aiomysql."""

    name = module = package = "aiomysql"
    is_async = True
    loads_files = takes_bytes = False


class AsyncMy(MariadbDriver):
    """asyncmy."""

    name = module = package = "asyncmy"
    is_async = True
    loads_files = takes_bytes = False


MARIADB_DRIVERS: Mapping[str, MariadbDriver] = {
    driver.name: driver
    for driver in (PyMySql(), MySqlClient(), MariadbConnector(), AioMySql(), AsyncMy())
}
"""The drivers over which rows are inserted as text, the preferred one first."""


def error_code(error: BaseException) -> int | None:
    """Return the number of an error of server or driver; None if it has none."""
    for code in (getattr(error, "errno", None), *error.args[:1]):
        if isinstance(code, int):
            return code
    return None
