"""Shared by tests of factories: the names of all factories, and the hard checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from database_servers import Server, server_engine
from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories
from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.schema import Base

FACTORY_NAMES = sorted(
    name for name in factories.__all__ if name.endswith("Factory") and name != "AquadataFactory"
)


@pytest.fixture(params=FACTORY_NAMES)
def factory_class(request: pytest.FixtureRequest) -> type[factories.AquadataFactory[Any]]:
    """Each factory in turn."""
    factory_class: type[factories.AquadataFactory[Any]] = getattr(factories, request.param)
    return factory_class


@pytest.fixture
def all_factories() -> list[type[factories.AquadataFactory[Any]]]:
    """All factories, by name."""
    return [getattr(factories, name) for name in FACTORY_NAMES]


@pytest.fixture
def assert_hard_checks(aquadata_session: Session) -> Callable[[], None]:
    """Flush the session and assert that its rows pass all hard checks."""

    def check() -> None:
        aquadata_session.flush()
        report = run_checks(aquadata_session.connection(), only=["hard"])
        failures = [line for result in report.hard_failures for line in result.lines()]
        assert report.ok, "\n".join(failures)
        assert all(result.passed is not None for result in report.results)

    return check


@pytest.fixture
def postgresql_engine(postgresql_server: Server) -> Iterator[sa.Engine]:
    """A new PostgreSQL database with all tables."""
    with postgresql_server.database() as url:
        engine = server_engine(sa.make_url(url))
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()
