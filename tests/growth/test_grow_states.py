"""Daily states after changes to the recorded data of a database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_aquadata.growth.grow import grow
from pytest_aquadata.lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from pytest_aquadata.schema import TABLES
from pytest_aquadata.settings import DEFAULT_AS_OF

pytestmark = pytest.mark.slow

Opened = Callable[[str], AbstractContextManager[sqlite3.Connection]]
Rows = Callable[..., list[tuple[Any, ...]]]

ACTIVE = "FAR-2024-002"
OWN = f"batch_id = (SELECT id FROM batch_batch WHERE batch_number = '{ACTIVE}')"
EPOCH_DAY = "CAST(strftime('%s', reading_time) AS integer) / 86400"


def test_states_are_unique_contiguous_and_end_before_departure(grown: Path, opened: Opened) -> None:
    with opened(f"sqlite:///{grown}") as connection:
        assignments = connection.execute(
            f"""SELECT a.id, a.assignment_date,
            coalesce(a.departure_date, date('{DEFAULT_AS_OF}', '+1 day')),
            count(s.id), count(DISTINCT s.date), min(s.date), max(s.date)
            FROM batch_batchcontainerassignment a
            LEFT JOIN {STATES} s ON s.assignment_id = a.id GROUP BY a.id"""
        ).fetchall()
    assert len(assignments) > 100
    for key, arrives, departs, states, days, first, last in assignments:
        end = date.fromisoformat(departs) - timedelta(days=1)
        assert (first, last) == (arrives, end.isoformat()), key
        assert states == days == (end - date.fromisoformat(arrives)).days + 1


def test_a_new_weighing_changes_only_states_from_its_day_on(
    copy: str, opened: Opened, rows: Rows
) -> None:
    with opened(copy) as connection:
        assignment, arrived = connection.execute(
            """SELECT a.id, a.assignment_date FROM batch_batchcontainerassignment a
            JOIN batch_batch b ON b.id = a.batch_id
            WHERE b.batch_number = ? AND a.is_active ORDER BY 1 LIMIT 1""",
            (ACTIVE,),
        ).fetchone()
        day = (date.fromisoformat(arrived) + timedelta(days=40)).isoformat()
        connection.execute(
            """INSERT INTO batch_growthsample
            (sample_date, sample_size, avg_weight_g, created_at, updated_at, assignment_id)
            VALUES (?, 30, 777, '2025-01-01', '2025-01-01', ?)""",
            (day, assignment),
        )
    before = rows(copy, STATES)
    grow(copy)
    changed = [new for old, new in zip(before, rows(copy, STATES), strict=True) if new != old]
    columns = TABLES[STATES].columns.keys()
    assert {row[columns.index("assignment_id")] for row in changed} == {assignment}
    assert min(row[columns.index("date")] for row in changed) == day
    assert changed[0][columns.index("avg_weight_g")] == 777
    assert changed[0][columns.index("anchor_type")] == "growth_sample"


def test_states_after_a_departure_are_deleted(copy: str, opened: Opened, rows: Rows) -> None:
    with opened(copy) as connection:
        connection.execute(
            "UPDATE batch_batchcontainerassignment SET departure_date = '2025-11-01' "
            f"WHERE is_active AND {OWN}"
        )
    grow(copy, batches=[ACTIVE])
    assert rows(copy, STATES, f"date >= '2025-11-01' AND {OWN}") == []


@pytest.mark.parametrize(
    ("deleted", "sources"),
    [
        ("TRUE", {"profile"}),
        (
            f"{EPOCH_DAY} % 20 <> 0",
            {"measured", "nearest_before", "nearest_after", "profile"},
        ),
        (f"{EPOCH_DAY} % 5 <> 0", {"measured", "interpolated"}),
    ],
)
def test_deleted_readings_lower_confidence_and_leave_no_gap(
    copy: str, deleted: str, sources: set[str], opened: Opened, rows: Rows
) -> None:
    with opened(copy) as connection:
        connection.execute(
            f"DELETE FROM environmental_environmentalreading WHERE {OWN} AND {deleted}"
        )
    before = rows(copy, STATES)
    grow(copy, batches=[ACTIVE])
    after = rows(copy, STATES)
    assert [row[:3] for row in after] == [row[:3] for row in before]
    columns = TABLES[STATES].columns.keys()
    source, confidence = columns.index("sources"), columns.index("confidence_scores")
    remaining_sources = {json.loads(row[source])["temp"] for row in rows(copy, STATES, OWN)}
    assert sources <= remaining_sources
    changes = [
        (json.loads(old[confidence])["temp"], json.loads(new[confidence])["temp"])
        for old, new in zip(before, after, strict=True)
        if json.loads(new[source])["temp"] != json.loads(old[source])["temp"]
    ]
    assert changes
    assert all(new < old for old, new in changes)


def test_a_temperature_parameter_in_another_case_is_used_and_reported(
    copy: str, opened: Opened, rows: Rows
) -> None:
    before = rows(copy, STATES)
    with opened(copy) as connection:
        connection.execute(
            """UPDATE environmental_environmentalparameter SET name = 'Temperature'
            WHERE name = 'temperature'"""
        )
    report = grow(copy, batches=[ACTIVE])
    assert rows(copy, STATES) == before
    assert "'Temperature'" in report.lines()[1]


def test_a_database_without_models_has_states(copy: str, opened: Opened, rows: Rows) -> None:
    with opened(copy) as connection:
        for name in (PROJECTIONS, SCENARIOS, "scenario_tgcmodel", "scenario_mortalitymodel"):
            connection.execute(f"DELETE FROM {name}")
        connection.execute("UPDATE batch_batch SET pinned_scenario_id = NULL")
    before = rows(copy, STATES)
    report = grow(copy)
    after = rows(copy, STATES)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert rows(copy, SCENARIOS) == []
    assert all(batch.projection is None for batch in report.batches)
