"""Databases into which tests save histories, and histories that several tests use."""

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
from pytest_aquadata.settings import DEFAULT_AS_OF

Failures = Callable[[History | BatchGroup], list[str]]


@pytest.fixture(scope="session")
def empty() -> Iterator[sa.Engine]:
    """Return an empty database; tests roll back what they write."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def with_farm() -> Iterator[sa.Engine]:
    """Return a database with the farm's master data; tests roll back what they write."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        farm = master_tables(load_farm(), DEFAULT_AS_OF, date(2021, 1, 1))
        for table in Base.metadata.sorted_tables:
            if table.name in farm:
                insert_columns(connection, table, complete(table, farm[table.name]))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def failures(with_farm: sa.Engine) -> Failures:
    """Return a function that saves a history, runs the hard checks and returns the failures."""

    def check(history: History | BatchGroup) -> list[str]:
        with with_farm.connect() as connection, connection.begin() as transaction:
            history.save(connection)
            report = run_checks(connection, only=["hard"])
            transaction.rollback()
        return [
            f"{result.check.name}: {result.total} rows, {result.rows[:1]}"
            for result in report.hard_failures
        ]

    return check


@pytest.fixture(scope="session")
def at_sea() -> Lifecycle:
    """Return a builder for a batch of normal size, six months at sea."""
    return Lifecycle.of("Scotland", eggs=3_200_000, start="2023-03-01").until("adult", days=180)


@pytest.fixture(scope="session")
def calm(at_sea: Lifecycle) -> History:
    """Return its history without incidents."""
    return at_sea.build()
