"""Time limits of server, database and user, which a build and an open dataset outlast."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.databases.connections import explained
from pytest_aquadata.databases.urls import database_location

LIMITS = (
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
)


@pytest.mark.postgresql
@pytest.mark.parametrize("writable", [True, False], ids=["writable", "read-only"])
def test_postgresql_sessions_have_no_time_limits(postgresql_server: Server, writable: bool) -> None:
    with postgresql_server.database() as url:
        name = sa.make_url(url).database
        known = f"SELECT name FROM pg_settings WHERE name IN {LIMITS}"
        engine = database_location(url).engine(writable=writable)
        with engine.connect() as connection:
            limits = connection.exec_driver_sql(known).scalars().all()
        engine.dispose()
        assert len(limits) >= 3
        postgresql_server.execute(*(f"ALTER DATABASE {name} SET {it} = '9s'" for it in limits))
        engine = database_location(f"{url}?options=-c%20lock_timeout%3D8s").engine(
            writable=writable
        )
        with engine.connect() as connection:
            in_force = [
                connection.exec_driver_sql(f"SHOW {limit}").scalar_one() for limit in limits
            ]
            connection.rollback()
            after = connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
        engine.dispose()
    assert set(in_force) == {"0"}
    assert after == "0"


@pytest.mark.mariadb
def test_mariadb_sessions_have_long_time_limits(mariadb_server: Server) -> None:
    with mariadb_server.database() as url:
        engine = database_location(url).engine(writable=True)
        with engine.connect() as connection:
            values = connection.exec_driver_sql(
                "SELECT @@wait_timeout, @@max_statement_time, @@net_read_timeout, "
                "@@innodb_lock_wait_timeout, @@idle_transaction_timeout"
            ).one()
        engine.dispose()
    assert tuple(values) == (604_800, 0.0, 3_600, 3_600, 0)


@pytest.mark.parametrize(
    "reason",
    [
        "canceling statement due to statement timeout",
        "canceling statement due to lock timeout",
        "terminating connection due to idle-in-transaction timeout",
        "Query execution was interrupted (max_statement_time exceeded)",
        "Lock wait timeout exceeded; try restarting transaction",
    ],
)
def test_a_time_limit_that_ends_a_statement_is_named(reason: str) -> None:
    message = explained(Exception(reason))
    assert message.startswith(f"{reason}; a time limit ended it: ")
    assert "raise the limit" in message
