"""A build of one batch in each kind of database, which users then change."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed_database
from pytest_aquadata.jobs.progress import Silent

Change = Callable[..., AbstractContextManager[None]]


@pytest.fixture(
    scope="session",
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def server_of_kind(kind: str, request: pytest.FixtureRequest) -> Server | None:
    if kind == "sqlite":
        return None
    server: Server = request.getfixturevalue(f"{kind}_server")
    return server


@pytest.fixture(scope="session")
def built_once(
    tiny: BuildSpec, server_of_kind: Server | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A database with a build; tests leave it as it was."""
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path_factory.mktemp('built') / 'built.db'}"
        if server_of_kind is not None:
            url = stack.enter_context(server_of_kind.database())
        seed_database(tiny, SeedRequest("tiny", url), Silent()).close()
        yield url


@pytest.fixture
def url(built_once: str, tmp_path: Path) -> str:
    """The database with the build; a file is a copy for one test."""
    file = sa.make_url(built_once).database
    if not built_once.startswith("sqlite"):
        return built_once
    return f"sqlite:///{shutil.copyfile(str(file), tmp_path / 'built.db')}"


@pytest.fixture
def execute(url: str) -> Callable[..., None]:
    """Function that executes statements of a user, each in its own transaction."""

    def run(*statements: str) -> None:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(
                    statement.replace("%", "%%")
                    if "%" in statement and not url.startswith("sqlite")
                    else statement
                )

    return run


@pytest.fixture
def change(execute: Callable[..., None]) -> Change:
    """Context manager that executes statements, and others to undo them at its end."""

    @contextmanager
    def run(*statements: str, undo: tuple[str, ...] = ()) -> Iterator[None]:
        try:
            execute(*statements)
            yield
        finally:
            execute(*undo)

    return run


@pytest.fixture
def scalar(url: str) -> Callable[[str], object]:
    """Function that returns the one value of a query."""

    def run(query: str) -> object:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            return connection.execute(sa.text(query)).scalar()

    return run
