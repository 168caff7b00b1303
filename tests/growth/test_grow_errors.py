"""Databases that cannot be analysed: one-line errors, and no change."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from pytest_aquadata.errors import StoreError
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.lifecycle.growth_analysis.result_columns import STATES

Opened = Callable[[str], AbstractContextManager[sqlite3.Connection]]
Rows = Callable[..., list[tuple[Any, ...]]]

ACTIVE = "FAR-2024-002"


def test_a_failure_changes_no_row(copy: str, opened: Opened, rows: Rows) -> None:
    with opened(copy) as connection:
        connection.execute("DELETE FROM batch_growthsample")
        for change in ("INSERT", "UPDATE"):
            connection.execute(
                f"""CREATE TRIGGER full_on_{change} BEFORE {change} ON {STATES}
                BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"""
            )
    before = rows(copy, STATES)
    with pytest.raises(StoreError, match=r"cannot analyse .*copy.db: the disk is full; make room"):
        grow(copy)
    assert rows(copy, STATES) == before


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("sqlite:///no/such.db", {}, "there is no database no/such.db"),
        ("sqlite://", {}, "names no file"),
        ("nonsense", {}, "cannot be read"),
        (None, {"batches": ["FAR-1999-001", ACTIVE]}, "has no batch FAR-1999-001"),
    ],
)
def test_an_unusable_database_or_batch_is_refused(
    grown: Path, url: str | None, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(StoreError, match=message) as error:
        grow(url or f"sqlite:///{grown}", **options)
    assert "mode=rw" not in str(error.value)


def test_a_database_without_the_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.db").touch()
    with pytest.raises(StoreError, match="no such table"):
        grow(f"sqlite:///{tmp_path / 'other.db'}")
