"""Builds through a pooler: one that keeps a session per connection is used, others are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server, pooler

from pytest_aquadata.databases.postgresql_sessions import parse_options
from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.errors import ReadOnly, StoreError
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed
from pytest_aquadata.jobs.progress import Silent

DRIVERS = ("psycopg2", "psycopg", "pg8000")
COUNT = sa.text("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")


def _text(url: sa.URL, database: str, driver: str = "psycopg2") -> str:
    name = sa.make_url(database).database
    through = url.set(drivername=f"postgresql+{driver}", database=name)
    return through.render_as_string(hide_password=False)


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_pool_of_sessions_takes_a_build_and_keeps_it_read_only(
    postgresql_server: Server, pair: Path
) -> None:
    with postgresql_server.database() as database, pooler(postgresql_server, "session") as url:
        through = _text(url, database) + "?options=-c%20search_path%3Dpublic"
        seed(SeedRequest(str(pair), through), Silent()).close()
        with open_dataset(through) as dataset, dataset.connection() as connection:
            assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"
            with pytest.raises(ReadOnly):
                connection.exec_driver_sql("DELETE FROM batch_batch")


@pytest.mark.postgresql
@pytest.mark.parametrize("driver", DRIVERS)
def test_a_pool_of_transactions_is_refused_and_nothing_is_written(
    postgresql_server: Server, pair: Path, driver: str
) -> None:
    with postgresql_server.database() as database, pooler(postgresql_server, "transaction") as url:
        through = _text(url, database, driver)
        with pytest.raises(StoreError, match="pool_mode=session"):
            seed(SeedRequest(str(pair), through), Silent())
        with pytest.raises(StoreError, match="pool_mode=session"):
            open_dataset(through)
        engine = sa.create_engine(database)
        with engine.connect() as connection:
            assert connection.execute(COUNT).scalar() == 0
            read_only = connection.exec_driver_sql("SHOW default_transaction_read_only").scalar()
            assert read_only == "off"
        engine.dispose()


@pytest.mark.parametrize(
    ("options", "settings", "rest"),
    [
        ("", {}, ""),
        ("-csearch_path=farm", {"search_path": "farm"}, ""),
        ("-c search_path=a,b --work-mem=4MB", {"search_path": "a,b", "work_mem": "4MB"}, ""),
        (r"-c search_path=a\ b", {"search_path": "a b"}, ""),
        ("-c jit=off -e", {"jit": "off"}, "-e"),
    ],
)
def test_settings_in_options_are_read(options: str, settings: dict[str, str], rest: str) -> None:
    assert parse_options(options) == (settings, rest)
