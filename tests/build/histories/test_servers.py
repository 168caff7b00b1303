"""Histories go into servers as they go into SQLite."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.build.histories import Lifecycle, build_together
from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.lifecycle.incidents import lice_surge
from pytest_aquadata.schema import TABLES, Base, Batch, MortalityEvent
from pytest_aquadata.stores.kinds import complete
from pytest_aquadata.stores.reading import read_columns

_SERVERS = {
    "postgresql": (
        "AQUADATA_TEST_POSTGRESQL_URL",
        "postgresql+psycopg2://postgres@127.0.0.1:5432/",
    ),
    "mariadb": ("AQUADATA_TEST_MARIADB_URL", "mysql+pymysql://root@127.0.0.1:3306/"),
}

EXACT = {
    "environmental_environmentalreading": ("id", "value", "reading_time", "created_at"),
    "inventory_feedingevent": ("id", "amount_kg", "feeding_time", "feed_cost", "created_at"),
}


@pytest.fixture(params=_SERVERS)
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A database of its own on a server, with the schema; gone when the test is over."""
    variable, local = _SERVERS[request.param]
    server = sa.make_url(os.environ.get(variable, local))
    maintenance = "postgres" if request.param == "postgresql" else None
    admin = sa.create_engine(server.set(database=maintenance), isolation_level="AUTOCOMMIT")
    name = f"aquadata_histories_{uuid.uuid4().hex[:12]}"
    try:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
    except (sa.exc.OperationalError, ModuleNotFoundError) as error:
        admin.dispose()
        reason = str(error).splitlines()[0]
        pytest.skip(f"no {request.param}: start one, or set {variable} ({reason})")
    own = sa.create_engine(server.set(database=name))
    try:
        Base.metadata.create_all(own)
        yield own
    finally:
        own.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
        admin.dispose()


def test_saved_rolled_back_and_saved_beside_another(engine: sa.Engine) -> None:
    company = build_together(
        Lifecycle.of("Scotland", eggs=1_200_000, start="2023-03-01")
        .until("adult", days=60)
        .with_incident(lice_surge(470, rings=2))
        .readings_per_day(0),
        Lifecycle.of("Scotland", eggs=1_200_000, start="2022-03-01").readings_per_day(0),
    )
    alone = Lifecycle.of("Faroe Islands", eggs=1_200_000, start="2024-02-01").until("fry", days=9)
    with Session(engine) as session:
        company.save(session)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 0
        company.save(session)
        saved = alone.build().save(session)
        session.commit()
        highest = session.scalar(sa.select(sa.func.max(MortalityEvent.id)))
        mine = sa.insert(MortalityEvent).values(
            event_date=saved.as_of, count=1, biomass_kg=1, batch_id=1,
            created_at=sa.func.now(), updated_at=sa.func.now(),
        )  # fmt: skip
        assert session.execute(mine).inserted_primary_key == (highest + 1,)
        session.rollback()
    with engine.connect() as connection:
        report = run_checks(connection, only=["hard"])
        assert [one.check.name for one in report.hard_failures] == []
        batch = int(saved.columns["batch_batch"].values("id")[0])
        for name, columns in EXACT.items():
            table = TABLES[name]
            rows = read_columns(connection, table, table.c.batch_id == batch)
            wanted = complete(table, saved.columns[name])
            for column in columns:
                assert (rows.values(column) == wanted.values(column)).all(), column
