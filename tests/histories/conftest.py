"""A database with the farm in it, that every history is saved into and rolled back from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.databases.bulk_insert import insert_columns
from pytest_aquadata.databases.column_types import complete
from pytest_aquadata.histories import BatchGroup, History, Lifecycle
from pytest_aquadata.presets.farm import load_farm
from pytest_aquadata.presets.master_data.tables import master_tables
from pytest_aquadata.schema import Base

Failures = Callable[[History | BatchGroup], list[str]]


@pytest.fixture(scope="session")
def empty() -> Iterator[sa.Engine]:
    """An empty database; what is written is rolled back."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def with_farm() -> Iterator[sa.Engine]:
    """A database that holds the farm; what is written is rolled back."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        farm = master_tables(load_farm(), date(2025, 11, 21), date(2021, 1, 1))
        for table in Base.metadata.sorted_tables:
            if table.name in farm:
                insert_columns(connection, table, complete(table, farm[table.name]))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def failures(with_farm: sa.Engine) -> Failures:
    """The hard checks that a history breaks once it is saved."""

    def check(history: History | BatchGroup) -> list[str]:
        with with_farm.connect() as connection, connection.begin() as transaction:
            history.save(connection)
            report = run_checks(connection, only=["hard"])
            transaction.rollback()
        return [
            f"{one.check.name}: {one.total} rows, {one.rows[:1]}" for one in report.hard_failures
        ]

    return check


@pytest.fixture(scope="session")
def at_sea() -> Lifecycle:
    """A batch of a usual size, six months at sea."""
    return Lifecycle.of("Scotland", eggs=3_200_000, start="2023-03-01").until("adult", days=180)


@pytest.fixture(scope="session")
def calm(at_sea: Lifecycle) -> History:
    """It, with nothing out of the ordinary."""
    return at_sea.build()
