"""Histories are saved into database servers with the same rows as into SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.databases.column_reader import read_columns
from pytest_aquadata.databases.column_types import complete
from pytest_aquadata.databases.server_dialect import server_engine, server_url
from pytest_aquadata.histories import Lifecycle, build_together
from pytest_aquadata.lifecycle.incidents import lice_surge
from pytest_aquadata.schema import TABLES, Base, Batch, MortalityEvent

EXACT = {
    "environmental_environmentalreading": ("id", "value", "reading_time", "created_at"),
    "inventory_feedingevent": ("id", "amount_kg", "feeding_time", "feed_cost", "created_at"),
}


@pytest.fixture
def engine(server_database: str) -> Iterator[sa.Engine]:
    """Return an empty database with the schema, on each server in turn."""
    engine = server_engine(server_url(sa.make_url(server_database)))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_a_rollback_removes_all_rows_and_a_second_save_shifts_keys(engine: sa.Engine) -> None:
    group = build_together(
        Lifecycle.of("Scotland", eggs=1_200_000, start="2023-03-01")
        .until("adult", days=60)
        .with_incident(lice_surge(470, rings=2))
        .readings_per_day(0),
        Lifecycle.of("Scotland", eggs=1_200_000, start="2022-03-01").readings_per_day(0),
    )
    alone = Lifecycle.of("Faroe Islands", eggs=1_200_000, start="2024-02-01").until("fry", days=9)
    with Session(engine) as session:
        group.save(session)
        session.rollback()
        assert session.scalar(sa.select(sa.func.count()).select_from(Batch)) == 0
        group.save(session)
        saved = alone.build().save(session)
        session.commit()
        highest = session.scalar(sa.select(sa.func.max(MortalityEvent.id)))
        insert = sa.insert(MortalityEvent).values(
            event_date=saved.as_of, count=1, biomass_kg=1, batch_id=1,
            created_at=sa.func.now(), updated_at=sa.func.now(),
        )  # fmt: skip
        assert session.execute(insert).inserted_primary_key == (highest + 1,)
        session.rollback()
    with engine.connect() as connection:
        report = run_checks(connection, only=["hard"])
        assert [result.check.name for result in report.hard_failures] == []
        batch = int(saved.columns["batch_batch"].values("id")[0])
        for name, columns in EXACT.items():
            table = TABLES[name]
            rows = read_columns(connection, table, table.c.batch_id == batch)
            expected = complete(table, saved.columns[name])
            for column in columns:
                assert (rows.values(column) == expected.values(column)).all(), column
