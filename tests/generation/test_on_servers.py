"""Builds on PostgreSQL and MariaDB: the same rows, checked, copied; refusals in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.cli import main as cli
from pytest_aquadata.databases.postgresql_location import PostgresqlLocation
from pytest_aquadata.databases.server_writer import ServerWriter
from pytest_aquadata.datasets.dataset import Dataset, open_dataset
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.errors import BuildError, ReadOnly, StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed_database
from pytest_aquadata.generation.verify import verify_database
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.schema import TABLES, Batch, Species

Seed = Callable[..., Dataset]

GROWN = ("batch_actualdailyassignmentstate", "scenario_scenarioprojection")


@pytest.fixture
def seed() -> Iterator[Seed]:
    opened: list[Dataset] = []

    def run(build: BuildSpec, url: str, **options: bool) -> Dataset:
        opened.append(seed_database(build, replace(SeedRequest("small", url), **options), Silent()))
        return opened[-1]

    yield run
    for dataset in opened:
        dataset.close()


@pytest.fixture(scope="session")
def digests(small: Dataset) -> dict[str, str]:
    """Digest of every table of the small preset, read from SQLite."""
    return {name: table_digest(small.table(name)) for name in TABLES}


def test_the_small_preset_is_the_same_on_servers(
    small: Dataset,
    digests: dict[str, str],
    small_build: BuildSpec,
    server_database: str,
    seed: Seed,
) -> None:
    """Written and read rows are equal; the checks pass, and growth analysis runs on them."""
    dataset = seed(small_build, server_database)
    assert dataset.manifest.tables == small.manifest.tables
    assert {name: table_digest(dataset.table(name)) for name in TABLES} == digests
    assert dataset.batches == small.batches
    assert dataset.size_bytes > 10_000_000
    report = verify_database(server_database)
    assert report.ok
    quick = [(result.check.name, result.passed) for result in verify_database(small.url).results]
    assert [(result.check.name, result.passed) for result in report.results] == quick
    number = small_build.schedule.batches[-1].number
    with small.clone() as copy:
        grown = grow(copy.engine, [number])
        expected = {name: table_digest(copy.table(name)) for name in GROWN}
    (on_server,), (on_sqlite,) = grow(server_database, [number]).batches, grown.batches
    np.testing.assert_equal(asdict(on_server), asdict(on_sqlite))
    assert {name: table_digest(dataset.table(name)) for name in GROWN} == expected


def test_a_shared_dataset_is_read_only(tiny: BuildSpec, server_database: str, seed: Seed) -> None:
    dataset = seed(tiny, server_database)
    with dataset.session() as session, pytest.raises(ReadOnly, match="aquadata_clone"):
        session.execute(sa.update(Batch).values(status="TERMINATED"))
    with dataset.connection() as connection, pytest.raises(ReadOnly, match="aquadata_session"):
        connection.exec_driver_sql("CREATE TABLE mine (id integer)")


def test_a_clone_can_be_changed_and_is_removed(
    server: Server, tiny: BuildSpec, server_database: str, seed: Seed
) -> None:
    dataset = seed(tiny, server_database)
    with dataset.connection() as connection:
        connection.execute(sa.select(Batch.id)).all()
    with dataset.clone() as copy:
        assert {name: table_digest(copy.table(name)) for name in dataset.counts} == {
            name: table_digest(dataset.table(name)) for name in dataset.counts
        }
        with copy.session() as session:
            session.execute(sa.update(Batch).values(status="TERMINATED"))
            session.commit()
        assert {batch.status for batch in copy.batches} == {"TERMINATED"}
        url = sa.make_url(copy.url)
    assert {batch.status for batch in dataset.batches} == {"ACTIVE"}
    with pytest.raises(StoreError, match="cannot read"):
        open_dataset(url.render_as_string(hide_password=False))


@pytest.mark.postgresql
def test_a_database_in_use_is_cloned_by_loading_it_again(
    postgresql_server: Server, tiny: BuildSpec, seed: Seed, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloaded = []
    reload = PostgresqlLocation._reload
    monkeypatch.setattr(
        PostgresqlLocation,
        "_reload",
        lambda *arguments: (reloaded.append(arguments), reload(*arguments)),
    )
    with postgresql_server.database() as url:
        dataset = seed(tiny, url)
        with dataset.clone() as copy:
            assert not reloaded
        with dataset.connection() as connection:
            connection.execute(sa.select(Batch.id)).all()
            with dataset.clone() as copy:
                assert len(reloaded) == 1
                for name in dataset.counts:
                    assert table_digest(copy.table(name)) == table_digest(dataset.table(name))


def test_a_finished_build_is_refused_reused_or_replaced(
    tiny: BuildSpec, server_database: str, seed: Seed
) -> None:
    first = seed(tiny, server_database)
    with pytest.raises(StoreError, match=r"already holds data .*--replace .*--reuse"):
        seed(tiny, server_database)
    assert seed(tiny, server_database, reuse=True).manifest == first.manifest
    other = replace(tiny, seed=2)
    with pytest.raises(StoreError, match="holds another build: seed is 1, not 2"):
        seed(other, server_database, reuse=True)
    assert seed(other, server_database, replace=True).manifest.seed == 2


def test_other_tables_are_not_replaced(
    tiny: BuildSpec, server: Server, server_database: str, seed: Seed
) -> None:
    server_of_database = replace(
        server, url=server.url.set(database=sa.make_url(server_database).database)
    )
    server_of_database.execute("CREATE TABLE mine (id integer)")
    with pytest.raises(StoreError, match="was not built by aquadata, so --replace leaves it"):
        seed(tiny, server_database, replace=True)
    seed(tiny, server_database)
    with pytest.raises(StoreError, match=r"tables that aquadata did not make \(mine\)"):
        seed(tiny, server_database, replace=True)


def test_an_interrupted_build_is_resumed(
    small_build: BuildSpec,
    small: Dataset,
    server_database: str,
    seed: Seed,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write = ServerWriter.write
    names: list[str] = []

    def stopping(writer: ServerWriter, name: str, *contents: object) -> None:
        if len(names) == 7:
            raise StoreError("the server is gone")
        names.append(name)
        write(writer, name, *contents)

    with monkeypatch.context() as patch:
        patch.setattr(ServerWriter, "write", stopping)
        with pytest.raises((StoreError, BuildError), match=r"4 of 8 batches are kept"):
            seed(small_build, server_database)
    with pytest.raises(StoreError, match=r"not finished; continue it with --resume"):
        open_dataset(server_database)
    with monkeypatch.context() as patch:
        names.clear()
        patch.setattr(ServerWriter, "write", stopping)
        assert seed(small_build, server_database, resume=True).manifest.digest == (
            small.manifest.digest
        )
    assert len(names) == 4


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Run `aquadata seed` on an unusable URL; return its one line, without the password."""

    def run(url: str) -> str:
        assert cli.main(["seed", "small", "--url", url]) == cli.EXIT_ERROR
        message = capsys.readouterr().err.strip()
        assert "s3cret" not in message
        assert message.startswith("aquadata: ")
        assert len(message.splitlines()) == 1
        return message

    return run


Refused = Callable[[str], str]


def test_a_missing_database_is_named(server: Server, refused: Refused) -> None:
    url = server.url.set(database="aquadata_none").render_as_string(hide_password=False)
    assert "create it first, with CREATE DATABASE" in refused(url)


def test_an_unknown_user_is_refused(server: Server, refused: Refused) -> None:
    url = server.url.set(username="aquadata_nobody", password="s3cret")
    message = refused(url.render_as_string(hide_password=False))
    # also a server that trusts all local users fails when the user does not exist
    assert "check the user" in message or "check user" in message or "does not exist" in message


@pytest.mark.parametrize(
    ("kind", "advice"), [("nowhere.invalid", "check the host"), ("127.0.0.1:1", "check host and")]
)
def test_an_unreachable_server_is_reported(
    server: Server, kind: str, advice: str, refused: Refused
) -> None:
    assert advice in refused(f"{server.kind}://me:s3cret@{kind}/farm")


def test_a_user_without_rights_is_refused(
    server: Server, server_database: str, refused: Refused
) -> None:
    name = sa.make_url(server_database).database
    user = f"{name}_u"[-32:]
    if server.kind == "postgresql":
        server.execute(f"CREATE USER {user} PASSWORD 's3cret'")
    else:
        server.execute(
            f"CREATE USER {user} IDENTIFIED BY 's3cret'", f"GRANT SELECT ON {name}.* TO {user}"
        )
    try:
        url = sa.make_url(server_database).set(username=user, password="s3cret")
        message = refused(url.render_as_string(hide_password=False))
    finally:
        server.execute(f"DROP USER {user}")
    assert "must be allowed to create tables there" in message or "the user's rights" in message


@pytest.mark.postgresql
def test_a_read_only_database_is_refused(postgresql_server: Server, refused: Refused) -> None:
    with postgresql_server.database() as url:
        name = sa.make_url(url).database
        postgresql_server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        assert "set to read only: give another --url" in refused(url)


def test_a_missing_driver_is_named(
    server: Server, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = {"postgresql": "psycopg2", "mariadb": "pymysql"}[server.kind]
    for name in [name for name in sys.modules if name.partition(".")[0] == driver]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, driver, None)
    message = refused(server.url.render_as_string(hide_password=False))
    package = {"postgresql": "psycopg2", "mariadb": "pytest-aquadata[mysql]"}[server.kind]
    assert f"the driver {driver} is not installed; pip install '{package}" in message


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("oracle://me:s3cret@host/farm", "oracle is none of sqlite, postgresql, mariadb and mysql"),
        ("postgresql://me:s3cret@host", "names no database"),
    ],
)
def test_a_url_that_cannot_be_seeded_is_refused(url: str, message: str, refused: Refused) -> None:
    assert message in refused(url)


@pytest.mark.mariadb
def test_text_of_any_script_is_distinguished(
    mariadb_server: Server, tiny: BuildSpec, seed: Seed, tmp_path: Path
) -> None:
    """The database's own character set and collation have no effect."""
    with mariadb_server.database("CHARACTER SET latin1 COLLATE latin1_swedish_ci") as url:
        seed(tiny, url).close()
        engine = sa.create_engine(
            sa.make_url(url).set(drivername="mariadb+pymysql", query={"charset": "utf8mb4"})
        )
        with engine.begin() as connection:
            for key, name in enumerate(("鮭", "a", "A", "a ", "å", "🐟"), start=100):
                connection.execute(
                    sa.insert(Species).values(
                        id=key,
                        name=name,
                        scientific_name=name,
                        description="",
                        created_at=sa.func.now(),
                        updated_at=sa.func.now(),
                    )
                )
            names = connection.execute(
                sa.select(Species.name).where(Species.id >= 100).order_by(Species.id)
            ).scalars()
            assert list(names) == ["鮭", "a", "A", "a ", "å", "🐟"]
        engine.dispose()
