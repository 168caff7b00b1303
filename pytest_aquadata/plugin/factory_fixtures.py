"""Fixtures for single rows: a database, a session that is rolled back, and the factories."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from ..factories.namespace import FactoryNamespace

_BINDING = "pytest_aquadata.factories.binding"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset the factories, so that each test gets the same rows whatever ran before it."""
    binding = sys.modules.get(_BINDING)
    if binding is not None:
        binding.begin_test(item.nodeid)


@pytest.fixture(scope="session")
def aquadata_engine() -> Iterator[Engine]:
    """Database of `aquadata_session`; by default in memory, with all tables and no rows.

    Override it to write into another database; there, too, tests are rolled back. Example, in
    `conftest.py`, with a copy of a whole company::

        @pytest.fixture(scope="session")
        def aquadata_engine(aquadata_small):
            with aquadata_small.clone() as copy:
                yield copy.engine
    """
    import sqlalchemy as sa
    from sqlalchemy.pool import StaticPool

    from ..schema import Base

    engine = sa.create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def aquadata_session(
    request: pytest.FixtureRequest,
    aquadata_engine: Engine,
    aquadata_seed: int,
    aquadata_as_of: date,
) -> Iterator[Session]:
    """SQLAlchemy session that all factories use; it is rolled back after the test.

    A commit in the code under test only ends a savepoint. Example::

        def test_a_meal_has_a_cost(aquadata_session):
            meal = FeedingEventFactory()
            assert aquadata_session.get(FeedingEvent, meal.id).feed_cost > 0
    """
    from sqlalchemy.orm import Session

    from ..factories import FactorySettings, bound

    settings = FactorySettings(
        today=aquadata_as_of, seed=aquadata_seed, subject=request.node.nodeid
    )
    with (
        _rolled_back(aquadata_engine) as connection,
        Session(connection, join_transaction_mode="create_savepoint") as session,
        bound(session, settings),
    ):
        yield session


@contextmanager
def _rolled_back(engine: Engine) -> Iterator[Connection]:
    """Connect, in a transaction that is never committed.

    SQLite's driver begins a transaction only before the first write, and would take the first
    savepoint for it; so the transaction is begun here.
    """
    from ..databases.dialect import find_dialect

    with engine.connect() as connection:
        transaction = connection.begin()
        if (dialect := find_dialect(connection)) is not None:
            dialect.begin(connection)
        try:
            yield connection
        finally:
            transaction.rollback()


@pytest.fixture
def aquadata_factories(aquadata_session: Session) -> FactoryNamespace:
    """All factories by the name of their model, writing to `aquadata_session`.

    Example::

        def test_lice_above_the_limit(aquadata_factories):
            count = aquadata_factories.lice_count(above_limit=True)
            assert my_alarm(count)
    """
    from ..factories.namespace import FactoryNamespace

    return FactoryNamespace(aquadata_session)
