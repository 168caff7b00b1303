"""The stores on servers: rows, parts, locks, and what interrupted builds leave."""

from __future__ import annotations

import datetime as dt
import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import numpy as np
import pytest
import sqlalchemy as sa
from database_servers import Server
from pymysql.err import OperationalError
from sqlalchemy.orm import Session

from pytest_aquadata.databases import mariadb_insert
from pytest_aquadata.databases.column_reader import read_columns
from pytest_aquadata.databases.existing_tables import ExistingTablesStore
from pytest_aquadata.databases.layout import Layout
from pytest_aquadata.databases.metadata_table import METADATA_TABLE, PART_TABLE
from pytest_aquadata.databases.server_dialect import server_engine, server_url
from pytest_aquadata.databases.server_store import Job, ServerStore
from pytest_aquadata.databases.store import UnfinishedBuild
from pytest_aquadata.databases.urls import database_location
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.errors import StoreError
from pytest_aquadata.lifecycle.columns import Columns, integers
from pytest_aquadata.schema import TABLES, Base, Species, User

Rows = Callable[..., Columns]

ODD_POSTGRESQL = (
    "SET timezone = 'Asia/Kathmandu'",
    "SET datestyle = 'SQL, DMY'",
    "SET intervalstyle = 'sql_standard'",
    "SET extra_float_digits = -10",
    "SET client_encoding = 'LATIN1'",
)
"""Settings that a database may have."""


def begun(url: str, identity: str = "{}") -> ServerStore:
    store = database_location(url).store(replace=False)
    store.begin()
    store.create_schema(identity)
    return store


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = server_engine(server_url(sa.make_url(url)), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def table_names(url: str) -> set[str]:
    with connected(url) as connection:
        return set(sa.inspect(connection).get_table_names())


@pytest.fixture
def all_tables(awkward_rows: Rows) -> dict[str, Columns]:
    """Five rows with awkward values in each table; their foreign keys hold."""
    return {name: awkward_rows(name) for name in TABLES}


def finished(url: str, tables: dict[str, Columns]) -> None:
    store = begun(url)
    store.load("all", "", tables)
    store.finish()
    store.seal({"manifest": "{}"})
    store.close(keep=False)


def odd_settings(server: Server, url: str) -> None:
    name = sa.make_url(url).database
    if server.kind == "postgresql":
        server.execute(*(f"ALTER DATABASE {name} {setting}" for setting in ODD_POSTGRESQL))


def test_rows_are_read_as_they_were_written(
    server: Server, server_database: str, all_tables: dict[str, Columns]
) -> None:
    odd_settings(server, server_database)
    finished(server_database, all_tables)
    engine = database_location(server_database).engine(writable=False)
    with engine.connect() as connection:
        for name, written in all_tables.items():
            read = read_columns(connection, TABLES[name])
            assert table_digest(read) == table_digest(written), name
    engine.dispose()


@pytest.mark.mariadb
def test_rows_are_inserted_when_the_server_refuses_local_files(
    mariadb_server: Server,
    all_tables: dict[str, Columns],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def forbidden(*_: object) -> None:
        raise OperationalError(4166, "the server has disabled the local infile capability")

    monkeypatch.setattr(mariadb_insert, "_load_data", forbidden)
    monkeypatch.setattr(mariadb_insert, "_ROWS_PER_INSERT", 2)
    with mariadb_server.database() as url:
        finished(url, all_tables)
        assert [record.message for record in caplog.records] == [
            "the server has disabled the local infile capability; rows go in by INSERT, more slowly"
        ]
        engine = database_location(url).engine(writable=False)
        with engine.connect() as connection:
            for name, written in all_tables.items():
                assert table_digest(read_columns(connection, TABLES[name])) == table_digest(written)
        engine.dispose()


def test_keys_and_indexes_are_those_of_the_schema(server: Server, server_database: str) -> None:
    finished(server_database, {})
    with server.database() as other:
        with connected(other) as connection:
            Base.metadata.create_all(connection)
        made, expected = described(server_database), described(other)
    assert made == expected


def described(url: str) -> dict[str, object]:
    """Return columns, keys, checks and indexes of every table as the database describes them."""
    with connected(url) as connection:
        inspector = sa.inspect(connection)
        return {
            name: (
                [
                    (column["name"], str(column["type"]), column["nullable"])
                    for column in inspector.get_columns(name)
                ],
                inspector.get_pk_constraint(name)["constrained_columns"],
                sorted(map(str, inspector.get_foreign_keys(name))),
                sorted(str(check["sqltext"]) for check in inspector.get_check_constraints(name)),
                sorted(str(key["column_names"]) for key in inspector.get_unique_constraints(name)),
                sorted(
                    (index["unique"], index["column_names"])
                    for index in inspector.get_indexes(name)
                ),
            )
            for name in TABLES
        }


@pytest.mark.postgresql
def test_all_foreign_keys_are_validated(
    postgresql_server: Server, all_tables: dict[str, Columns]
) -> None:
    with postgresql_server.database() as url:
        finished(url, all_tables)
        with connected(url) as connection:
            query = "SELECT count(*) FILTER (WHERE NOT convalidated), count(*) FROM pg_constraint"
            (unchecked, keys) = connection.exec_driver_sql(f"{query} WHERE contype = 'f'").one()
            with_options = connection.exec_driver_sql(
                "SELECT count(*) FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r'"
            ).scalar_one()
    assert unchecked == 0
    assert keys > 100
    assert with_options == 0


def test_a_row_without_its_parent_is_refused(server_database: str, awkward_rows: Rows) -> None:
    store = begun(server_database)
    store.load("all", "", {"infrastructure_hall": awkward_rows("infrastructure_hall")})
    with pytest.raises(StoreError, match=r"infrastructure_hall"):
        store.finish()
    store.close(keep=False)
    assert table_names(server_database) == set()


def test_new_rows_get_keys_above_those_loaded(server_database: str, awkward_rows: Rows) -> None:
    rows = awkward_rows("batch_species", 7).with_columns(id=integers([5, 6, 7, 8, 9, 1000, 10]))
    finished(server_database, {"batch_species": rows})
    engine = database_location(server_database).engine(writable=True)
    with Session(engine) as session:
        moment = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        species = Species(
            name="Arctic Char", scientific_name="", created_at=moment, updated_at=moment
        )
        session.add(species)
        session.commit()
        assert species.id == 1001
    engine.dispose()


def test_tables_have_statistics(server: Server, server_database: str, awkward_rows: Rows) -> None:
    finished(server_database, {"batch_species": awkward_rows("batch_species", 500)})
    query = {
        "postgresql": "SELECT reltuples FROM pg_class WHERE relname = 'batch_species'",
        "mariadb": "SELECT n_rows FROM mysql.innodb_table_stats WHERE table_name = 'batch_species' "
        "AND database_name = DATABASE()",
    }[server.kind]
    with connected(server_database) as connection:
        assert connection.exec_driver_sql(query).scalar_one() == 500


def test_a_part_is_written_whole_or_not_at_all(server_database: str, awkward_rows: Rows) -> None:
    store = begun(server_database)
    good = awkward_rows("batch_species")
    too_long = good.with_columns(
        id=integers(np.arange(5) + 6), name=awkward_rows("batch_batch", 5)["batch_number"]
    )
    other = good.with_columns(id=integers([11, 12, 13, 14, 15]))
    writer = pickle.loads(pickle.dumps(store.writer()))
    writer.write("one", "first", {"batch_species": good})
    with pytest.raises(StoreError, match="cannot write"):
        # the second table cannot be written, so the first is not either
        writer.write("two", "", {"batch_species": too_long, "auth_user": nameless(good)})
    # another process writes the part again, because the first died before it could report it
    writer.write("one", "again", {"batch_species": other})
    store.close(keep=True)
    again = database_location(server_database).store(replace=False)
    assert again.begin() == UnfinishedBuild("{}", {"one": "first"})
    with connected(server_database) as connection:
        keys = connection.execute(sa.select(Species.id)).scalars().all()
    assert sorted(keys) == [1, 2, 3, 4, 5]
    again.discard()
    again.close(keep=False)
    assert table_names(server_database) == set()


def nameless(rows: Columns) -> Columns:
    return Columns({"id": rows["id"]}, len(rows))


def test_a_build_resumes_after_half_of_its_indexes(
    server_database: str, all_tables: dict[str, Columns], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = begun(server_database)
    store.load("all", "", all_tables)
    made = store._execute_jobs

    def stopped(jobs: Iterable[Job]) -> None:
        made(list(jobs)[:20])
        raise StoreError("stopped")

    monkeypatch.setattr(store, "_execute_jobs", stopped)
    with pytest.raises(StoreError, match="stopped"):
        store.finish()
    store.close(keep=True)
    again = database_location(server_database).store(replace=False)
    unfinished = again.begin()
    assert unfinished is not None
    again.create_schema(unfinished.identity)
    again.finish()
    again.seal({})
    again.close(keep=False)
    with connected(server_database) as connection:
        inspector = sa.inspect(connection)
        assert all(inspector.get_pk_constraint(name)["constrained_columns"] for name in TABLES)
        assert all(
            len(inspector.get_foreign_keys(name)) == len(table.foreign_key_constraints)
            for name, table in TABLES.items()
        )


def test_a_second_build_of_the_database_is_refused(server_database: str) -> None:
    first = begun(server_database)
    second = database_location(server_database).store(replace=False)
    with pytest.raises(StoreError, match=r"another process is building into .* right now"):
        second.begin()
    second.close(keep=True)
    first.close(keep=False)
    third = begun(server_database)
    third.close(keep=False)
    assert table_names(server_database) == set()


def test_an_append_build_during_another_build_is_refused(server_database: str) -> None:
    first = begun(server_database)
    url = server_url(sa.make_url(server_database))
    append = ExistingTablesStore(url, Layout(TABLES))
    with pytest.raises(StoreError, match=r"another process is building into .* right now"):
        append.begin()
    append.close(keep=False)
    first.close(keep=False)


def test_existing_tables_and_rows_are_kept(server_database: str, awkward_rows: Rows) -> None:
    with connected(server_database) as connection:
        connection.exec_driver_sql("CREATE TABLE mine (id integer)")
        connection.exec_driver_sql("INSERT INTO mine VALUES (7)")
        TABLES["batch_species"].create(connection)
        TABLES["auth_user"].create(connection)
        joined = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        person = sa.insert(User).values(username="me", password="", date_joined=joined)
        connection.execute(person)
    store = begun(server_database)
    store.load("all", "", {"batch_species": awkward_rows("batch_species")})
    store.close(keep=False)
    assert table_names(server_database) == {"mine", "batch_species", "auth_user"}
    with connected(server_database) as connection:
        assert connection.exec_driver_sql("SELECT id FROM mine").scalar_one() == 7
        assert connection.execute(sa.select(Species.id)).first() is None
        assert connection.execute(sa.select(User.username)).scalar_one() == "me"


def test_metadata_may_be_long(server_database: str) -> None:
    long = json.dumps(["ø" * 100_000])
    store = begun(server_database)
    store.load("part", long, {})
    store.finish()
    store.seal({"manifest": long})
    store.close(keep=False)
    assert database_location(server_database).build_metadata()["manifest"] == long
    assert table_names(server_database) == {*TABLES, METADATA_TABLE}
    assert PART_TABLE not in table_names(server_database)


def kill_others(server: Server, url: str) -> None:
    """End every connection to a database, like a server that is stopped."""
    name = sa.make_url(url).database
    if server.kind == "postgresql":
        server.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        return
    engine = server_engine(server.url)
    with engine.connect() as connection:
        query = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
        ids = connection.exec_driver_sql(query).scalars().all()
    engine.dispose()
    server.execute(*(f"KILL {connection_id}" for connection_id in ids))


def test_a_build_whose_connection_was_ended_can_be_resumed(
    server: Server, server_database: str, awkward_rows: Rows
) -> None:
    store = begun(server_database)
    store.load("one", "first", {"batch_species": awkward_rows("batch_species")})
    kill_others(server, server_database)
    # the next part is still written, but a build without its lock does not finish
    rows = awkward_rows("batch_species").with_columns(id=integers(np.arange(5) + 6))
    store.load("two", "second", {"batch_species": rows})
    with pytest.raises(StoreError, match=r"^cannot write .*; the server .* try again") as caught:
        store.finish()
    assert "\n" not in str(caught.value)
    store.close(keep=True)
    again = database_location(server_database).store(replace=False)
    assert again.begin() == UnfinishedBuild("{}", {"one": "first", "two": "second"})
    again.close(keep=True)


def test_a_discarded_build_is_removed_after_its_connection_was_ended(
    server: Server, server_database: str
) -> None:
    store = begun(server_database)
    kill_others(server, server_database)
    store.close(keep=False)
    assert table_names(server_database) == set()


def test_decimals_read_through_the_driver_are_exact(
    server_database: str, awkward_rows: Rows
) -> None:
    rows = awkward_rows("batch_species").with_columns(
        optimal_ph_max=integers([0, 1, -1, 99_999, -99_999])
    )
    finished(server_database, {"batch_species": rows})
    with connected(server_database) as connection:
        query = "SELECT optimal_ph_max FROM batch_species ORDER BY id"
        read = connection.exec_driver_sql(query).scalars().all()
    assert read == [Decimal(text) for text in ("0.00", "0.01", "-0.01", "999.99", "-999.99")]
