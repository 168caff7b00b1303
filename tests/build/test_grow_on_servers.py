"""Growth analysis over PostgreSQL and MariaDB: the rows that it gives over SQLite."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.build.grow import grow
from pytest_aquadata.build.inputs import Build
from pytest_aquadata.build.progress import Silent
from pytest_aquadata.build.seeding import seed_database
from pytest_aquadata.lifecycle.analysis.states import PROJECTIONS, SCENARIOS, STATES
from pytest_aquadata.schema import TABLES, Base

AT_SEA, FRY = 2, 6
CONTAINERS, EGGS = 2, 400_000
SERVERS = {
    "postgresql": ("postgresql+psycopg2://postgres@127.0.0.1:5432/postgres", "WITH (FORCE)"),
    "mariadb": ("mariadb+pymysql://root@127.0.0.1:3306/mysql", ""),
}
WITHOUT_CHECKS = {
    "postgresql": "SET session_replication_role = replica",
    "mariadb": "SET foreign_key_checks = 0",
}
OF_BATCH = {
    STATES: ("assignment_id", "date"),
    SCENARIOS: ("batch_id", "name"),
    PROJECTIONS: ("projection_date", "population"),
}


@pytest.fixture(scope="module")
def seeded(small_build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A batch at sea and one of fry, each in a few containers and not yet analysed, in SQLite."""
    batches = []
    for position in (AT_SEA, FRY):
        plan = small_build.schedule.batches[position]
        stays = [
            replace(stay, places=dict(list(stay.places.items())[:CONTAINERS]))
            for stay in plan.stays
        ]
        batches.append(replace(plan, eggs=EGGS, stays=tuple(stays)))
    schedule = replace(small_build.schedule, batches=tuple(batches), readings_per_day=1)
    file = tmp_path_factory.mktemp("servers") / "seeded.db"
    seed_database(
        replace(small_build, schedule=schedule, growth=False),
        f"sqlite:///{file}",
        workers=1,
        replace=False,
        reuse=False,
        progress=Silent(),
    ).close()
    return file


@pytest.fixture(scope="module")
def grown(seeded: Path) -> Iterator[sa.Engine]:
    """The same in SQLite, analysed."""
    file = Path(shutil.copyfile(seeded, seeded.with_name("grown.db")))
    grow(f"sqlite:///{file}")
    engine = sa.create_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=SERVERS)
def served(request: pytest.FixtureRequest, seeded: Path) -> Iterator[sa.Engine]:
    """The same on a server, not yet analysed."""
    kind = str(request.param)
    local, how = SERVERS[kind]
    variable = f"AQUADATA_TEST_{kind.upper()}_URL"
    url = sa.make_url(os.environ.get(variable, local))
    name = f"aquadata_grow_{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except (sa.exc.DBAPIError, RuntimeError) as error:
        server.dispose()
        pytest.skip(f"no {kind} server: set {variable} or start one at its default port ({error})")
    engine = sa.create_engine(url.set(database=name))
    try:
        copy(seeded, engine, WITHOUT_CHECKS[kind])
        yield engine
    finally:
        engine.dispose()
        with server.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} {how}")
        server.dispose()


def copy(file: Path, engine: sa.Engine, without_checks: str) -> None:
    """Copy all tables of a SQLite file."""
    source = sa.create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    with source.connect() as read, engine.begin() as write:
        write.exec_driver_sql(without_checks)
        for table in TABLES.values():
            rows = [dict(row) for row in read.execute(sa.select(table)).mappings()]
            if rows:
                write.execute(sa.insert(table), rows)
    source.dispose()


def rows(engine: sa.Engine, name: str, keys: bool = False) -> list[tuple[Any, ...]]:
    """Rows of a table in an order that does not depend on their keys."""
    table = TABLES[name]
    left_out = () if keys else {one.name for one in table.primary_key} | {"scenario_id"}
    kept = [column for column in table.columns if column.name not in left_out]
    order = [table.c[column] for column in OF_BATCH[name]]
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*kept).order_by(*order))]


def test_a_server_gets_the_rows_of_sqlite_and_keeps_them(
    served: sa.Engine, grown: sa.Engine
) -> None:
    report = grow(served, as_of=as_of(grown))
    assert report.states == len(rows(grown, STATES)) > 1_000
    for name in OF_BATCH:
        assert rows(served, name) == rows(grown, name), name
    before = {name: rows(served, name, keys=True) for name in OF_BATCH}
    grow(served, as_of=as_of(grown))
    assert {name: rows(served, name, keys=True) for name in OF_BATCH} == before
    with served.connect() as connection:
        batch = TABLES["batch_batch"].c
        assert None not in connection.scalars(sa.select(batch.pinned_scenario_id)).all()


def as_of(engine: sa.Engine) -> Any:
    """The last day that has been analysed."""
    with engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(TABLES[STATES].c.date)))
