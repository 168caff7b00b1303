"""Columns read from a database equal those written, for every column of every table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from pytest_aquadata.databases import column_reader as reading
from pytest_aquadata.databases.column_reader import read_columns
from pytest_aquadata.databases.sqlite_store import SqliteStore
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.lifecycle.columns import Column, Columns, constant, integers
from pytest_aquadata.schema import TABLES

Rows = Callable[..., Columns]


def values_of(column: Column) -> list[object]:
    nulls = np.zeros(len(column), np.bool_) if column.null is None else column.null
    values = column.values.tolist()
    if column.vocabulary is not None:
        values = [column.vocabulary[code] for code in values]
    return [None if null else value for value, null in zip(values, nulls.tolist(), strict=True)]


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Callable[[str, Columns], sa.Connection]]:
    """A connection to a database that holds these rows."""
    engines: list[sa.Engine] = []

    def store(name: str, rows: Columns) -> sa.Connection:
        path = tmp_path / f"rows-{len(engines)}.db"
        store = SqliteStore(path)
        store.begin()
        store.create_schema("{}")
        store.load("all", "", {name: rows})
        store.finish()
        store.seal({})
        store.close(keep=False)
        engines.append(sa.create_engine(f"sqlite:///{path}"))
        return engines[-1].connect()

    yield store
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("name", TABLES)
def test_rows_are_read_as_they_were_written(
    stored: Callable[..., sa.Connection], awkward_rows: Rows, name: str
) -> None:
    written = awkward_rows(name)
    with stored(name, written) as connection:
        read = read_columns(connection, TABLES[name])
    assert list(read.columns) == list(written.columns)
    for column in written.columns:
        assert values_of(read[column]) == values_of(written[column]), column
    assert table_digest(read) == table_digest(written)


def test_a_constant_is_read_in_every_row(
    stored: Callable[..., sa.Connection], awkward_rows: Rows
) -> None:
    name = "inventory_feedingevent"
    rows = awkward_rows(name, 200).with_columns(
        notes=constant("it's\nthe same", 200),
        feed_cost=constant(-123, 200),
        batch_assignment_id=constant(None, 200),
        feeding_time=constant(30_600_000_000, 200),
    )
    with stored(name, rows) as connection:
        read = read_columns(connection, TABLES[name])
    assert table_digest(read) == table_digest(rows)


def test_rows_are_in_the_order_of_their_keys(
    stored: Callable[..., sa.Connection], awkward_rows: Rows
) -> None:
    rows = awkward_rows("batch_mortalityevent", 50)
    backwards = rows.take(np.arange(50)[::-1])
    with stored("batch_mortalityevent", backwards) as connection:
        read = read_columns(connection, TABLES["batch_mortalityevent"])
    assert table_digest(read) == table_digest(rows)


def test_rows_selected_by_an_index_are_in_the_order_of_their_keys(
    stored: Callable[..., sa.Connection], awkward_rows: Rows
) -> None:
    name = "batch_mortalityevent"
    rows = awkward_rows(name, 400).with_columns(batch_id=integers(np.arange(400)[::-1]))
    with stored(name, rows) as connection:
        read = read_columns(connection, TABLES[name], TABLES[name].columns["batch_id"] < 20)
    assert read.values("id").tolist() == list(range(381, 401))


def test_some_rows_can_be_read(stored: Callable[..., sa.Connection], awkward_rows: Rows) -> None:
    name = "batch_mortalityevent"
    rows = awkward_rows(name, 50)
    with stored(name, rows) as connection:
        read = read_columns(connection, TABLES[name], TABLES[name].columns["id"] > 40)
    assert table_digest(read) == table_digest(rows.take(np.arange(40, 50)))


@pytest.mark.parametrize("name", ["batch_batch", "environmental_environmentalreading"])
def test_a_table_without_rows_is_read_as_empty_columns(
    stored: Callable[..., sa.Connection], awkward_rows: Rows, name: str
) -> None:
    with stored("batch_species", awkward_rows("batch_species")) as connection:
        read = read_columns(connection, TABLES[name])
    assert len(read) == 0
    assert list(read.columns) == TABLES[name].columns.keys()


def test_more_rows_are_read_than_are_fetched_at_once(
    stored: Callable[..., sa.Connection], awkward_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_ROWS_PER_FETCH", 20)
    name = "batch_individualgrowthobservation"
    for rows in (awkward_rows(name, count) for count in (60, 61)):
        with stored(name, rows) as connection:
            assert table_digest(read_columns(connection, TABLES[name])) == table_digest(rows)
