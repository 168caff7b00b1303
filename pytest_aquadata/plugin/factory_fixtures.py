"""Fixtures for single rows: a database, a session that is rolled back, and the factories."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from ..row_scopes import scopes

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    from ..factories.namespace import FactoryNamespace


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Reset the factories, so that each test gets the same rows whatever ran before it."""
    scopes.begin_test(item.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Give fixtures that outlive tests the same rows whatever test asks for them first."""
    if fixturedef.scope == "function":
        return (yield)
    parameter = getattr(request, "param_index", 0)
    name = f"{request.node.nodeid} {fixturedef.baseid} {fixturedef.argname} {parameter}"
    with scopes.fixture(name):
        return (yield)


@pytest.fixture(scope="session")
def aquadata_engine() -> Iterator[Engine]:
    """Database of `aquadata_session`; by default in memory, with all tables and no rows.

    It has one connection, that of `aquadata_session`. Override it where the application under
    test opens connections, or to write into another database; there, too, tests are rolled back.
    Example, in `conftest.py`, with a copy of a whole company::

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
    from sqlalchemy import Engine as SyncEngine

    from ..databases.dialect import find_dialect

    if not isinstance(engine, SyncEngine):
        raise pytest.UsageError(
            f"aquadata: aquadata_engine is of the type {type(engine).__name__}, which "
            "aquadata_session cannot use: override aquadata_engine with a fixture that returns an "
            "Engine of SQLAlchemy (sqlalchemy.create_engine)"
        )
    with engine.connect() as connection:
        transaction = connection.begin()
        if (dialect := find_dialect(connection)) is not None:
            dialect.begin(connection)
        try:
            with _kept_for_the_session(engine):
                yield connection
        finally:
            transaction.rollback()


@contextmanager
def _kept_for_the_session(engine: Engine) -> Iterator[None]:
    """Refuse other uses of an engine's only connection, whose end would roll back the test's rows.

    An engine with several connections isolates them.
    """
    from sqlalchemy.pool import SingletonThreadPool, StaticPool

    pool = engine.pool
    if not isinstance(pool, StaticPool | SingletonThreadPool):
        yield
        return
    setattr(pool, "connect", _refuse_connection)  # noqa: B010
    try:
        yield
    finally:
        delattr(pool, "connect")


def _refuse_connection() -> NoReturn:
    from ..errors import StoreError

    raise StoreError(
        "aquadata_engine has one connection, which aquadata_session uses until the test ends: let "
        "the application use aquadata_session, or override the fixture aquadata_engine with an "
        "engine of a file or server"
    )


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


@pytest.fixture
def aquadata_django_session(
    request: pytest.FixtureRequest,
    db: None,
    aquadata_seed: int,
    aquadata_as_of: date,
) -> Iterator[Session]:
    """SQLAlchemy session in Django's transaction, to which all factories write; for pytest-django.

    Django's models see the rows at once, and `django_db` rolls them back. Example::

        def test_a_meal_is_shown(aquadata_django_session, client):
            meal = FeedingEventFactory()
            assert client.get(f"/meals/{meal.id}/").status_code == 200
    """
    from ..django import bound_to_django
    from ..factories import FactorySettings

    settings = FactorySettings(
        today=aquadata_as_of, seed=aquadata_seed, subject=request.node.nodeid
    )
    with bound_to_django(settings=settings) as session:
        yield session
