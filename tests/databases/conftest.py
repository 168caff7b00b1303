"""Rows of any table, and a look into a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.column_types import Kind, form_of
from pytest_aquadata.lifecycle.columns import Column, Columns, booleans, coded, floats, integers
from pytest_aquadata.schema import TABLES

AWKWARD = (
    "",
    "O'Brien",
    '"quoted" -- ;',
    "Føroyar 鮭 🐟",
    "two\nlines\tand a tab",
    "100 % \\ NULL",
)
_DAY = 86_400_000_000


def _column(column: sa.Column[Any], rows: int) -> Column:
    """Awkward values: text with quotes, negative decimals, dates before 1970, every third null."""
    number = np.arange(rows)
    null = number % 3 == 1 if column.nullable else None
    match form_of(column).kind:
        case Kind.TEXT:
            is_unique = column.unique or column.primary_key or rows > len(AWKWARD)
            room = (column.type.length or 100) - len(str(rows)) - 1
            words = [
                AWKWARD[row % len(AWKWARD)][:room] + (f" {row}" if is_unique else "")
                for row in range(rows)
            ]
            return coded(number, words, null)
        case Kind.JSON:
            return coded(number, [json.dumps({"ø": [row, "'"]}) for row in range(rows)], null)
        case Kind.DECIMAL:
            largest = 10 ** min(column.type.precision, 15) - 1
            return integers(np.where(number % 2, -1, 1) * (largest - 7 * number), null)
        case Kind.DOUBLE:
            return floats((-1.0) ** number * (number + 1) / 7.0, null)
        case Kind.BOOLEAN:
            return booleans(number % 2 == 0)
        case Kind.DATE:
            return integers(20_000 - 9_000 * (number % 20), null)
        case Kind.INSTANT:
            return integers(
                1_700_000_000_123_456 - 700_000_000_000_007 * (number % 50) + number, null
            )
        case Kind.TIME:
            return integers((_DAY - 1 - 12_345_678_901 * number) % _DAY, null)
        case _:
            return integers(number + 1, null)


@pytest.fixture
def awkward_rows() -> Callable[[str, int], Columns]:
    """Rows that are hard to store, for a table."""

    def make(name: str, rows: int = 5) -> Columns:
        made = {column.name: _column(column, rows) for column in TABLES[name].columns}
        if {"hall_id", "area_id"} <= made.keys():
            in_hall = np.arange(rows) % 2 == 0
            made["hall_id"] = integers(np.arange(rows) + 1, ~in_hall)
            made["area_id"] = integers(np.arange(rows) + 1, in_hall)
        return Columns(made, rows)

    return make


@pytest.fixture
def query() -> Callable[[Path, str], list[tuple[Any, ...]]]:
    """The rows of a query on a SQLite file."""

    def run(path: Path, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql).fetchall()

    return run
