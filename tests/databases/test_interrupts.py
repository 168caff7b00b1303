"""An interrupt in the middle of a load ends it at once, and nothing of it is kept."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.databases.bulk_insert import insert_columns
from pytest_aquadata.databases.connections import as_store_errors
from pytest_aquadata.databases.server_dialect import server_engine
from pytest_aquadata.errors import StoreError
from pytest_aquadata.lifecycle.columns import Columns, integers

NUMBERS = sa.Table("numbers", sa.MetaData(), sa.Column("id", sa.BigInteger(), primary_key=True))
ROWS = 20_000
PACKET_BYTES = 16_000
SECONDS_TO_ANSWER = 5


class InterruptedSocket:
    """A socket that Ctrl-C interrupts when a part of a long packet is sent.

    Attributes:
        later: receives what is sent afterwards.
    """

    def __init__(self, connected: Any, later: list[bytes]) -> None:
        self._connected = connected
        self._connected.settimeout(SECONDS_TO_ANSWER)
        self._is_interrupted = False
        self.later = later

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connected, name)

    def sendall(self, data: bytes) -> None:
        if self._is_interrupted:
            self.later.append(data)
        elif len(data) > PACKET_BYTES:
            self._is_interrupted = True
            self._connected.sendall(data[:100])
            raise KeyboardInterrupt
        self._connected.sendall(data)


def insert_interrupted(engine: sa.Engine, rows: Columns, later: list[bytes]) -> None:
    with as_store_errors("cannot write"), engine.begin() as connection:
        driver: Any = connection.connection.driver_connection
        driver._sock = InterruptedSocket(driver._sock, later)
        insert_columns(connection, NUMBERS, rows)


@pytest.mark.mariadb
def test_an_interrupt_in_the_middle_of_a_packet_ends_the_connection(
    mariadb_server: Server,
) -> None:
    rows = Columns({"id": integers(range(ROWS))}, ROWS)
    later: list[bytes] = []
    with mariadb_server.database() as url:
        engine = server_engine(sa.make_url(url))
        NUMBERS.create(engine)
        with pytest.raises(KeyboardInterrupt):
            insert_interrupted(engine, rows, later)
        assert later == []
        with engine.connect() as connection:
            count = sa.select(sa.func.count()).select_from(NUMBERS)
            assert connection.execute(count).scalar() == 0
        engine.dispose()


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_is_not_reported_as_the_error_that_follows_it(
    interrupt: type[BaseException],
) -> None:
    def fail(cause: BaseException) -> None:
        try:
            raise cause
        finally:
            raise sa.exc.InterfaceError("ROLLBACK", {}, Exception("(0, '')"))

    with pytest.raises(interrupt), as_store_errors("cannot write"):
        fail(interrupt())
    with pytest.raises(StoreError, match="ended the connection"), as_store_errors("cannot write"):
        fail(ValueError())
