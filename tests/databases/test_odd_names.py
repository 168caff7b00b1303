"""Databases and schemas of any legal name are built, read, copied and dropped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.databases.connections import execute_literally
from pytest_aquadata.databases.server_dialect import server_engine
from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed
from pytest_aquadata.jobs.progress import Silent

pytestmark = pytest.mark.slow

ODD = 'aq%s "od`d" Føroyar-1'
LONG = "aq" + "ø" * 30


@contextmanager
def _named(server: Server, name: str) -> Iterator[str]:
    """Create a database; yield its URL."""
    mark = '"' if server.kind == "postgresql" else "`"
    quoted = mark + name.replace(mark, mark * 2) + mark
    engine = server_engine(server.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        execute_literally(connection, f"CREATE DATABASE {quoted}")
        try:
            yield server.url.set(database=name).render_as_string(hide_password=False)
        finally:
            execute_literally(connection, f"DROP DATABASE {quoted}")
    engine.dispose()


@pytest.mark.parametrize("name", [ODD, LONG], ids=["odd", "long"])
def test_a_database_of_any_name_is_built_and_copied(server: Server, pair: Path, name: str) -> None:
    with _named(server, name) as url:
        with seed(SeedRequest(str(pair), url), Silent()) as dataset, dataset.clone() as clone:
            assert clone.engine.url.database != name
            assert len(clone.batches) == 2
            assert clone.size_bytes > 0
        with open_dataset(url) as dataset:
            assert dataset.engine.url.database == name


@pytest.mark.postgresql
def test_tables_of_the_same_names_in_another_schema_are_left_alone(
    postgresql_server: Server, pair: Path
) -> None:
    with postgresql_server.database() as database:
        seed(SeedRequest(str(pair), database), Silent()).close()
        owner = Server("postgresql", sa.make_url(database).set(drivername="postgresql+psycopg2"))
        owner.execute('CREATE SCHEMA "Farm 2"', "CREATE TABLE public.batch_notes (id int)")
        path = {"options": r'-csearch_path="Farm\ 2",public'}
        url = sa.make_url(database).update_query_dict(path)
        request = SeedRequest(str(pair), url.render_as_string(hide_password=False), seed=2)
        seed(request, Silent()).close()
        again = SeedRequest(str(pair), request.url, seed=3, replace=True)
        with seed(again, Silent()) as dataset, dataset.clone() as clone:
            assert dataset.manifest.seed == clone.manifest.seed == 3
        with open_dataset(database) as first:
            assert first.manifest.seed == 1
            assert len(first.batches) == 2


@pytest.mark.postgresql
def test_a_copy_has_the_schema_that_is_set_for_its_database(
    postgresql_server: Server, pair: Path
) -> None:
    with postgresql_server.database() as database:
        name = sa.make_url(database).database
        owner = Server("postgresql", sa.make_url(database).set(drivername="postgresql+psycopg2"))
        owner.execute("CREATE SCHEMA farm", f"ALTER DATABASE {name} SET search_path TO farm")
        engine = sa.create_engine(sa.make_url(database).set(drivername="postgresql+psycopg2"))
        with seed(SeedRequest(str(pair), database), Silent()) as dataset:
            with dataset.clone() as clone:
                assert len(clone.batches) == 2
            with engine.connect(), dataset.clone() as clone:
                assert len(clone.batches) == 2
        engine.dispose()
