"""Growth analysis of whole databases: the same rows as a build, only where something changes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from pytest_aquadata.schema import TABLES, Base
from pytest_aquadata.settings import DEFAULT_AS_OF

pytestmark = pytest.mark.slow

Opened = Callable[[str], AbstractContextManager[sqlite3.Connection]]
Rows = Callable[..., list[tuple[Any, ...]]]

KEYS = {STATES: "id", SCENARIOS: "scenario_id", PROJECTIONS: "projection_id"}
ACTIVE = "FAR-2024-002"
OWN = f"batch_id = (SELECT id FROM batch_batch WHERE batch_number = '{ACTIVE}')"


BY_NAME = {
    STATES: f"SELECT * FROM {STATES} ORDER BY assignment_id, date",
    SCENARIOS: f"SELECT * FROM {SCENARIOS} ORDER BY batch_id, name DESC",
    PROJECTIONS: f"""SELECT p.*, s.name FROM {PROJECTIONS} p JOIN {SCENARIOS} s
    ON s.scenario_id = p.scenario_id ORDER BY s.batch_id, s.name DESC, p.day_number""",
    "batch_batch": """SELECT b.batch_number, s.name FROM batch_batch b
    JOIN scenario s ON s.scenario_id = b.pinned_scenario_id ORDER BY 1""",
}
"""Queries of the rows of the analysis, in an order that does not depend on primary keys."""


@pytest.mark.parametrize("table", BY_NAME)
def test_a_build_and_the_analysis_of_its_database_give_the_same_rows(
    with_growth: Path, grown: Path, table: str, opened: Opened
) -> None:
    keys = {KEYS.get(table), "scenario_id" if table == PROJECTIONS else None}
    columns = TABLES[table].columns.keys() if table in KEYS else []
    results = []
    for file in (with_growth, grown):
        with opened(f"sqlite:///{file}") as connection:
            result = connection.execute(BY_NAME[table]).fetchall()
        compared = [
            position
            for position in range(len(result[0]))
            if (*columns, *"ab")[position] not in keys
        ]
        results.append([[row[position] for position in compared] for row in result])
    assert len(results[0]) >= 8
    assert results[0] == results[1]


def test_a_database_built_with_growth_analysis_does_not_change(
    with_growth: Path, tmp_path: Path, rows: Rows
) -> None:
    url = f"sqlite:///{shutil.copyfile(with_growth, tmp_path / 'whole.db')}"
    before = {name: rows(url, name) for name in (*KEYS, "batch_batch")}
    report = grow(url)
    assert {name: rows(url, name) for name in before} == before
    assert report.states == len(before[STATES]) > 30_000
    assert report.projections == len(before[PROJECTIONS])


def test_a_build_without_growth_analysis_lacks_only_its_rows(
    without_growth: Path, with_growth: Path, rows: Rows
) -> None:
    assert all(rows(f"sqlite:///{without_growth}", name) == [] for name in KEYS)
    with (
        open_dataset(f"sqlite:///{without_growth}") as bare,
        open_dataset(f"sqlite:///{with_growth}") as full,
    ):
        assert not bare.manifest.growth
        assert full.manifest.growth
        different = {
            name
            for name in full.manifest.tables
            if full.manifest.tables[name] != bare.manifest.tables.get(name)
        }
    assert different == {*KEYS, "batch_batch"}


def test_a_second_run_changes_no_row(copy: str, rows: Rows) -> None:
    before = {name: rows(copy, name) for name in (*KEYS, "batch_batch")}
    report = grow(copy)
    assert {name: rows(copy, name) for name in before} == before
    assert report.states == len(before[STATES])
    assert report.projections == len(before[PROJECTIONS])


def test_no_other_table_is_changed(without_growth: Path, grown: Path, rows: Rows) -> None:
    for name in sorted(TABLES.keys() - KEYS.keys() - {"environmental_environmentalreading"}):
        before, after = (rows(f"sqlite:///{file}", name) for file in (without_growth, grown))
        if name == "batch_batch":
            pinned = TABLES[name].columns.keys().index("pinned_scenario_id")
            before, after = (
                [row[:pinned] + row[pinned + 1 :] for row in table] for table in (before, after)
            )
        assert before == after, name


def test_since_keeps_earlier_states(copy: str, opened: Opened, rows: Rows) -> None:
    since = date(2025, 9, 1)
    with opened(copy) as connection:
        connection.execute(f"UPDATE {STATES} SET avg_weight_g = 1")
    before = rows(copy, STATES)
    report = grow(copy, since=since)
    day, weight = (TABLES[STATES].columns.keys().index(name) for name in ("date", "avg_weight_g"))
    after = rows(copy, STATES)
    assert len(after) == len(before)
    for old, new in zip(before, after, strict=True):
        if old[day] < since.isoformat():
            assert new == old
        else:
            assert new[:weight] == old[:weight]
    recomputed = [row for row in after if row[day] >= since.isoformat()]
    assert report.states == len(recomputed)
    assert sum(row[weight] != 1 for row in recomputed) > 0.9 * len(recomputed)
    assert "FAR-2023-001" not in {batch.number for batch in report.batches}


def test_since_gives_the_rows_of_a_complete_run(fresh: str, grown: Path, rows: Rows) -> None:
    since = date(2025, 6, 1)
    where = f"date >= '{since}'"
    grow(fresh, since=since)
    complete = rows(f"sqlite:///{grown}", STATES, where)
    part = rows(fresh, STATES, where)
    assert sorted(row[1:] for row in part) == sorted(row[1:] for row in complete)


def test_only_the_given_batches_are_analysed(copy: str, opened: Opened, rows: Rows) -> None:
    with opened(copy) as connection:
        connection.execute(f"UPDATE {STATES} SET population = 7")
    (batch,) = grow(copy, batches=[ACTIVE]).batches
    assert batch.number == ACTIVE
    population = TABLES[STATES].columns.keys().index("population")
    assert {row[population] for row in rows(copy, STATES, f"NOT ({OWN})")} == {7}
    assert {row[population] for row in rows(copy, STATES, OWN)} != {7}


def test_today_is_the_last_day_with_records_in_a_database_without_a_build(
    copy: str, opened: Opened
) -> None:
    with opened(copy) as connection:
        connection.execute("DROP TABLE aquadata_build")
        connection.execute("DELETE FROM inventory_feedingevent WHERE feeding_date > '2025-10-10'")
        connection.execute("DELETE FROM batch_mortalityevent WHERE event_date > '2025-10-12'")
        connection.execute(
            "DELETE FROM batch_batchcontainerassignment WHERE assignment_date > '2025-10-12'"
        )

    def last_day() -> str:
        with opened(copy) as connection:
            query = f"SELECT max(date) FROM {STATES} WHERE {OWN}"
            return str(connection.execute(query).fetchone()[0])

    grow(copy, batches=[ACTIVE])
    assert last_day() == "2025-10-12"
    grow(copy, batches=[ACTIVE], as_of=date(2025, 9, 30))
    assert last_day() == "2025-09-30"


def test_an_empty_database_gives_an_empty_report(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    Base.metadata.create_all(engine)
    report = grow(engine)
    assert report.batches == ()
    assert report.states == 0
    engine.dispose()


def number_of_queries(url: str, **options: Any) -> int:
    """Run the analysis and return the number of SELECT statements."""
    engine = sa.create_engine(url)
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
    grow(engine, **options)
    engine.dispose()
    return sum(statement.lstrip().startswith("SELECT") for statement in statements)


def test_the_number_of_queries_does_not_depend_on_the_days_of_a_batch(copy: str) -> None:
    first = {"batches": ["FAR-2023-001"]}
    young = number_of_queries(copy, **first, as_of=date(2023, 3, 5))
    old = number_of_queries(copy, **first, as_of=DEFAULT_AS_OF)
    assert young == old < 50
    both = number_of_queries(copy, batches=["FAR-2023-001", ACTIVE], as_of=DEFAULT_AS_OF)
    assert both - old < 20


class RecordingProgress(Silent):
    def __init__(self) -> None:
        self.calls: list[Any] = []

    def phase(self, name: str) -> None:
        self.calls.append(name)

    def batches(self, done: int, total: int, rows: int) -> None:
        self.calls.append((done, total, rows > 0))

    def close(self) -> None:
        self.calls.append("closed")


def test_progress_is_reported_per_batch(copy: str) -> None:
    progress = RecordingProgress()
    grow(copy, batches=[ACTIVE, "FAR-2025-004"], progress=progress)
    assert progress.calls == ["growth", (1, 2, True), (2, 2, True), "closed"]
