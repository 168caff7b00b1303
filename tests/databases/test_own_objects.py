"""Names that a build needs are not taken from others, in any database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.catalog import Namespace
from pytest_aquadata.databases.dialect import dialect_of
from pytest_aquadata.databases.urls import database_location
from pytest_aquadata.errors import StoreError
from pytest_aquadata.schema import TABLES

Execute = Callable[..., None]


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    with request.getfixturevalue(f"{request.param}_server").database() as url:
        yield url


@pytest.fixture
def execute(url: str) -> Execute:
    def run(*statements: str) -> None:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return run


def refused(url: str) -> str:
    """Return the message with which a build is refused; nothing is created."""
    before = names(url)
    with pytest.raises(StoreError) as error:
        database_location(url).prepare(replace=False, needed_bytes=0)
    assert names(url) == before
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def names(url: str) -> list[str]:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        return sorted(found.shown_name for found in dialect_of(engine).objects(connection))


@pytest.mark.parametrize("name", ["batch_batch", "aquadata_part"])
def test_a_view_with_a_name_of_ours_is_refused(url: str, execute: Execute, name: str) -> None:
    execute(f"CREATE VIEW {name} AS SELECT 1 AS x")
    assert f"view {name} that aquadata did not make" in refused(url)


def test_a_view_named_as_the_table_of_metadata_is_refused(url: str, execute: Execute) -> None:
    execute("CREATE VIEW aquadata_build AS SELECT 1 AS x")
    assert "aquadata_build that aquadata did not write" in refused(url)


def test_a_table_named_as_that_of_parts_is_refused(url: str, execute: Execute) -> None:
    execute("CREATE TABLE aquadata_part (name varchar(100) PRIMARY KEY, note text NOT NULL)")
    assert "table aquadata_part that aquadata did not make" in refused(url)


def test_a_table_named_as_that_of_metadata_is_refused(url: str, execute: Execute) -> None:
    execute("CREATE TABLE aquadata_build (id integer)")
    assert "it has the columns id" in refused(url)


@pytest.mark.postgresql
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE MATERIALIZED VIEW batch_batch AS SELECT 1 AS x",
        "CREATE SEQUENCE batch_batch",
        "CREATE TYPE batch_batch AS ENUM ('a')",
        "CREATE TYPE batch_batch AS (x integer)",
        "CREATE DOMAIN batch_batch AS integer",
        "CREATE TABLE mine (x integer CONSTRAINT batch_batch PRIMARY KEY)",
        "CREATE SEQUENCE aquadata_build_pkey",
    ],
)
def test_other_kinds_of_objects_are_refused(url: str, execute: Execute, statement: str) -> None:
    execute(statement)
    assert "that aquadata did not make, and a build needs this name" in refused(url)


def test_an_index_with_a_name_of_ours_is_refused(url: str, execute: Execute) -> None:
    engine = sa.create_engine(url)
    own = dialect_of(engine).own_names()
    execute("CREATE TABLE mine (x integer, id integer PRIMARY KEY)")
    if Namespace.FOREIGN_KEYS in own:
        name = min(own[Namespace.FOREIGN_KEYS])
        execute(
            f"CREATE TABLE other (x integer, CONSTRAINT `{name}` FOREIGN KEY (x) "
            "REFERENCES mine (id))"
        )
    else:
        name = min(own[Namespace.RELATIONS] - TABLES.keys())
        execute(f'CREATE INDEX "{name}" ON mine (x)')
    assert name in refused(url)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x integer); CREATE INDEX BATCH_Batch ON mine (x)",
        "CREATE VIEW Batch_Batch AS SELECT 1 AS x",
        "CREATE TABLE Batch_BATCH (x integer)",
        "CREATE TABLE AQUADATA_PART (x integer)",
    ],
)
def test_a_name_in_another_case_is_refused(url: str, execute: Execute, statement: str) -> None:
    execute(*statement.split("; "))
    assert "that aquadata did not make, and a build needs this name" in refused(url)
