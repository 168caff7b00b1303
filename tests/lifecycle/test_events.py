"""The registry of events: its tables are those of the schema, and rows fit their capacity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_aquadata.databases.column_types import Kind, form_of
from pytest_aquadata.lifecycle.columns import BatchTables
from pytest_aquadata.lifecycle.events.event import EventContext
from pytest_aquadata.lifecycle.events.registry import EVENT_TABLES, EVENTS
from pytest_aquadata.schema import TABLES

imperfect_tables = [name for name, table in EVENT_TABLES.items() if table.imperfect]


def test_each_table_belongs_to_one_event_and_is_in_the_schema() -> None:
    names = [table.name for event in EVENTS for table in event.tables]
    assert len(set(names)) == len(names)
    assert set(names) <= set(TABLES)


@pytest.mark.parametrize("name", imperfect_tables)
def test_imperfect_columns_have_the_scale_of_the_schema(name: str) -> None:
    imperfect = EVENT_TABLES[name].imperfect
    assert imperfect is not None
    for column, scale in imperfect.numbers.items():
        assert form_of(TABLES[name].columns[column]).scale == scale, column
    for column in imperfect.timestamps:
        kind = form_of(TABLES[name].columns[column]).kind
        assert kind is Kind.INSTANT, column


@pytest.mark.parametrize("position", [0, 1, 5, 7])
@pytest.mark.parametrize("age", [0, 100, 700, 1000])
def test_an_event_writes_its_own_tables_within_their_capacity(
    simulated: Callable[..., Any], position: int, age: int
) -> None:
    batch = simulated(position, 1, age, 1)
    capacity = batch.build.capacities[batch.position]
    for name, rows in batch.tables.items():
        assert name in EVENT_TABLES
        assert 0 < len(rows) <= capacity[name]


def test_a_shared_result_is_computed_once(simulated: Callable[..., Any]) -> None:
    batch = simulated(0)
    calls: list[object] = []

    def compute(inputs: object, life: object) -> BatchTables:
        calls.append((inputs, life))
        return {}

    context = EventContext(batch.inputs, batch.life, batch.ledger.accounts[0], {})
    assert context.shared(compute) is context.shared(compute)
    assert calls == [(batch.inputs, batch.life)]
