"""Databases of the small preset, before and after growth analysis, and access to their rows."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build, seed_database
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.settings import DEFAULT_AS_OF

Opened = Callable[[str], AbstractContextManager[sqlite3.Connection]]
Rows = Callable[..., list[tuple[Any, ...]]]


def seed(file: Path, growth: bool) -> Path:
    """Build the small preset, with or without its growth analysis."""
    request = SeedRequest(
        "small", f"sqlite:///{file}", as_of=DEFAULT_AS_OF, readings=2, growth=growth
    )
    seed_database(plan_build(request), request, Silent()).close()
    return file


@pytest.fixture(scope="session")
def without_growth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small preset, built without growth analysis."""
    return seed(tmp_path_factory.mktemp("grow") / "small.db", growth=False)


@pytest.fixture(scope="session")
def with_growth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the small preset, built with growth analysis."""
    return seed(tmp_path_factory.mktemp("whole") / "small.db", growth=True)


@pytest.fixture(scope="session")
def grown(without_growth: Path) -> Path:
    """Return the small preset, built without growth analysis and analysed afterwards."""
    file = without_growth.with_name("grown.db")
    shutil.copyfile(without_growth, file)
    grow(f"sqlite:///{file}")
    return file


@pytest.fixture
def fresh(without_growth: Path, tmp_path: Path) -> str:
    """Return the URL of a private copy of `without_growth`."""
    return f"sqlite:///{shutil.copyfile(without_growth, tmp_path / 'fresh.db')}"


@pytest.fixture
def copy(grown: Path, tmp_path: Path) -> str:
    """Return the URL of a private copy of `grown`."""
    return f"sqlite:///{shutil.copyfile(grown, tmp_path / 'copy.db')}"


@contextmanager
def connection_to(url: str) -> Iterator[sqlite3.Connection]:
    """Open a SQLite database; commit at the end."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        yield connection


@pytest.fixture(scope="session")
def opened() -> Opened:
    """Return a function that opens a SQLite database and commits at the end of the block."""
    return connection_to


@pytest.fixture(scope="session")
def rows() -> Rows:
    """Return a function that reads the rows of a table, ordered by primary key."""

    def read(url: str, table: str, where: str = "TRUE") -> list[tuple[Any, ...]]:
        with connection_to(url) as connection:
            query = f"SELECT * FROM {table} WHERE {where} ORDER BY 1"
            return connection.execute(query).fetchall()

    return read
