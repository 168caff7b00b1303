"""Drivers of servers: which one a URL gives, and that each stores rows unchanged."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server
from psycopg2.extensions import set_wait_callback
from psycopg2.extras import wait_select
from sqlalchemy.ext.asyncio import create_async_engine

from pytest_aquadata.databases.bulk_insert import insert_columns
from pytest_aquadata.databases.dialect import dialect_of
from pytest_aquadata.databases.mariadb_drivers import MARIADB_DRIVERS
from pytest_aquadata.databases.postgresql_drivers import POSTGRESQL_DRIVERS
from pytest_aquadata.databases.server_dialect import server_engine
from pytest_aquadata.databases.server_driver import ServerDriver
from pytest_aquadata.databases.urls import database_url
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.lifecycle.columns import Columns, integers, texts

NAMES = sa.Table(
    "names",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(100), nullable=False),
)
ODD = ["Føroyar", "a\\nb", "it's", 'a "quoted" one', "tab\tand\nline", "50 % or %s?", "?", "🐟"]
DRIVERS = {
    "postgresql": [driver for driver in POSTGRESQL_DRIVERS.values() if driver.is_installed],
    "mariadb": [driver for driver in MARIADB_DRIVERS.values() if driver.is_installed],
}
"""The drivers that are installed here; those that need a compiler are in no extra."""
KINDS = [
    pytest.param(kind, driver, marks=getattr(pytest.mark, kind), id=driver.name)
    for kind, drivers in DRIVERS.items()
    for driver in drivers
]


@pytest.fixture(params=[2, 1_100], ids=["few", "many"])
def rows(request: pytest.FixtureRequest) -> Columns:
    values = [ODD[row % len(ODD)] for row in range(len(ODD) * request.param)]
    return Columns({"id": integers(range(len(values))), "name": texts(values)}, len(values))


@pytest.mark.parametrize(("kind", "driver"), KINDS)
def test_every_driver_stores_rows_in_bulk_unchanged(
    request: pytest.FixtureRequest, kind: str, driver: ServerDriver, rows: Columns
) -> None:
    def insert(connection: sa.Connection) -> list[str]:
        NAMES.create(connection)
        assert dialect_of(connection).takes_bulk(connection)
        insert_columns(connection, NAMES, rows)
        names = sa.select(NAMES.c.name).order_by(NAMES.c.id)
        return list(connection.execute(names).scalars())

    server: Server = request.getfixturevalue(f"{kind}_server")
    with server.database("CHARACTER SET utf8mb4" if kind == "mariadb" else "") as url:
        drivername = f"{kind}+{driver.name}"
        stored = _run(sa.make_url(url).set(drivername=drivername), driver.is_async, insert)
    assert stored == [ODD[row % len(ODD)] for row in range(len(rows))]


def _run(url, is_async, work):  # type: ignore[no-untyped-def]
    """Run work in a transaction of an engine, as a user makes one."""
    if not is_async:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            result = work(connection)
        engine.dispose()
        return result

    async def run():  # type: ignore[no-untyped-def]
        engine = create_async_engine(url)
        async with engine.begin() as connection:
            result = await connection.run_sync(work)
        await engine.dispose()
        return result

    return asyncio.run(run())


@contextmanager
def closing_engine(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    finally:
        engine.dispose()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "driver"), [kind for kind in KINDS if not kind.values[1].is_async]
)
def test_every_driver_seeds_and_copies_the_same_rows(
    request: pytest.FixtureRequest, kind: str, driver: ServerDriver, pair: Path
) -> None:
    server: Server = request.getfixturevalue(f"{kind}_server")
    with server.database() as database:
        url = sa.make_url(database).set(drivername=f"{kind}+{driver.name}")
        text = url.render_as_string(hide_password=False)
        engine = server_engine(url)
        with closing_engine(engine), seed(SeedRequest(str(pair), text), Silent()) as dataset:
            assert dataset.engine.dialect.driver == driver.name
            written = {name: table_digest(dataset.table(name)) for name in dataset.counts}
            # a connection that lasts makes PostgreSQL copy the rows one by one
            with engine.connect(), dataset.clone() as clone:
                assert clone.engine.dialect.driver == driver.name
                assert {name: table_digest(clone.table(name)) for name in written} == written


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://me@host/farm", "postgresql+psycopg2://me@host/farm"),
        ("postgresql://me@host/farm", "postgresql+psycopg2://me@host/farm"),
        ("postgresql+psycopg://me@host/farm", "postgresql+psycopg://me@host/farm"),
        ("postgresql+psycopg_async://me@host/farm", "postgresql+psycopg2://me@host/farm"),
        (
            "postgresql+asyncpg://me@host/farm?ssl=require&prepared_statement_cache_size=0",
            "postgresql+psycopg2://me@host/farm?sslmode=require",
        ),
        ("PostgreSQL://me@host/farm", "postgresql+psycopg2://me@host/farm"),
        ("mysql://me@host/farm", "mysql+pymysql://me@host/farm"),
        ("mariadb+aiomysql://me@host/farm", "mariadb+pymysql://me@host/farm"),
    ],
)
def test_a_url_gives_a_driver_that_is_not_asynchronous(given: str, used: str) -> None:
    assert str(database_url(given)) == used


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql+odbc://host/farm", "odbc is no driver that aquadata knows; write it as post"),
        ("mysql+mysqlconnector://host/farm", "mysqlconnector is no driver that aquadata knows"),
        ("postgresql://me:p@ss@host/farm", "write each @ in the user or the password as %40"),
        ("postgresql://me@host", "names no database"),
    ],
)
def test_a_url_that_no_driver_takes_is_refused(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        database_url(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (
            "postgresql+psycopg://h/farm",
            r"psycopg is not installed; pip install 'psycopg\[binary\]",
        ),
        ("mariadb://h/farm", r"pymysql is not installed; pip install 'pytest-aquadata\[mysql\]"),
        ("mysql+asyncmy://h/farm", "asyncmy is for asynchronous engines, and no other driver is"),
    ],
)
def test_a_missing_driver_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    monkeypatch.setattr(ServerDriver, "is_installed", False)
    with pytest.raises(StoreError, match=message):
        database_url(url)


@pytest.mark.parametrize(
    "url", ["postgresql://localhost/farm?colour=red", "mariadb://localhost/farm?colour=red"]
)
def test_a_parameter_that_the_driver_does_not_know_is_refused_in_one_line(url: str) -> None:
    from pytest_aquadata.databases.connections import as_store_errors

    engine = server_engine(database_url(url))
    with (
        pytest.raises(StoreError, match="colour"),
        as_store_errors("cannot open"),
        engine.connect(),
    ):
        pass


@pytest.mark.mariadb
def test_a_password_of_any_characters_is_accepted(mariadb_server: Server) -> None:
    name, password = f"aq{uuid.uuid4().hex[:12]}", "føłø 🐟"
    mariadb_server.execute(f"CREATE USER {name} IDENTIFIED BY '{password}'")
    try:
        url = mariadb_server.url.set(
            username=name, password=password, database="information_schema"
        )
        engine = server_engine(url)
        with closing_engine(engine), engine.connect() as connection:
            user = connection.exec_driver_sql("SELECT CURRENT_USER()").scalar()
        assert str(user).startswith(f"{name}@")
    finally:
        mariadb_server.execute(f"DROP USER {name}")


@pytest.mark.postgresql
def test_rows_are_inserted_where_a_library_such_as_gevent_waits_for_the_driver(
    postgresql_server: Server, rows: Columns
) -> None:
    with postgresql_server.database() as url:
        engine = server_engine(sa.make_url(url))
        set_wait_callback(wait_select)
        try:
            with closing_engine(engine), engine.begin() as connection:
                NAMES.create(connection)
                insert_columns(connection, NAMES, rows)
                names = sa.select(NAMES.c.name).order_by(NAMES.c.id)
                stored = connection.execute(names).scalars().all()
        finally:
            set_wait_callback(None)
    assert stored == [ODD[row % len(ODD)] for row in range(len(rows))]
