"""Long SQLite statements end when the process is told to end, not when they are finished."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import suite
from pytest_aquadata.checks.context import CheckContext
from pytest_aquadata.checks.model import Bound, Check, Finding
from pytest_aquadata.databases import sqlite_store
from pytest_aquadata.databases.sqlite_interrupts import interruptible
from pytest_aquadata.databases.sqlite_store import SqliteStore
from pytest_aquadata.schema import Base

LONG = """
    WITH RECURSIVE numbers(n) AS (
        SELECT {begun} UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000000
    ) SELECT finished(count(*)) FROM numbers
"""


class Statement:
    """A long statement at whose beginning Ctrl-C arrives."""

    def __init__(self) -> None:
        self.is_finished = False

    def prepare(self, connection: sqlite3.Connection) -> None:
        """Define the functions that the statement calls."""
        connection.create_function("begun", 0, self._begin)
        connection.create_function("finished", 1, self._finish)

    def _begin(self) -> int:
        os.kill(os.getpid(), signal.SIGINT)
        return 1

    def _finish(self, count: int) -> int:
        self.is_finished = True
        return count


@pytest.fixture
def statement() -> Iterator[Statement]:
    # a shell lets the commands that it starts in the background ignore Ctrl-C
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield Statement()
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


def test_a_statement_ends_before_the_handler_is_called(statement: Statement) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        statement.prepare(connection)
        with pytest.raises(KeyboardInterrupt), interruptible([connection]):
            connection.execute(LONG.format(begun="begun()")).fetchone()
        assert not statement.is_finished
        assert connection.execute(LONG.format(begun="19999999")).fetchone() == (2,)


def test_statements_end_when_the_block_is_told_to() -> None:
    with closing(sqlite3.connect(":memory:")) as connection, interruptible([connection]) as end:
        end()
        with pytest.raises(sqlite3.OperationalError):
            connection.execute(LONG.format(begun="1"))


def test_the_creation_of_indexes_can_be_interrupted(
    file: Path, statement: Statement, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(file)
    store.begin()
    store.create_schema("{}")
    statement.prepare(store._open)
    indexes = {"long": LONG.format(begun="begun()"), "next": "CREATE TABLE next (id)"}
    monkeypatch.setattr(sqlite_store, "ddl", lambda: ({}, indexes))
    with pytest.raises(KeyboardInterrupt):
        store.finish()
    assert not statement.is_finished
    assert "next" not in sqlite_store.table_names(store._open)
    store.close(keep=False)


@pytest.mark.parametrize("at_once", [1, 2])
def test_checks_can_be_interrupted(
    file: Path, statement: Statement, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    engine = sa.create_engine(f"sqlite:///{file}")

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        statement.prepare(connection)

    Base.metadata.create_all(engine)

    def measure(context: CheckContext) -> Finding:
        context._connection.exec_driver_sql(LONG.format(begun="begun()")).fetchone()
        return Finding(0)

    checks = [Check(name, "fish", "", "hard", Bound(0, 0), measure) for name in "abc"]
    monkeypatch.setattr(suite, "selected_checks", lambda _: tuple(checks))
    with pytest.raises(KeyboardInterrupt):
        suite.run_checks(engine, at_once=at_once)
    assert not statement.is_finished
    engine.dispose()
