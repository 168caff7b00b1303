"""Scenarios and projections: plans, forecasts, and scenarios of users."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_aquadata.growth.grow import grow
from pytest_aquadata.lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from pytest_aquadata.lifecycle.plan import noted_harvest_weight_g
from pytest_aquadata.schema import TABLES
from pytest_aquadata.settings import DEFAULT_AS_OF

pytestmark = pytest.mark.slow

Opened = Callable[[str], AbstractContextManager[sqlite3.Connection]]
Rows = Callable[..., list[tuple[Any, ...]]]

ACTIVE = "FAR-2024-002"
OWN = f"batch_id = (SELECT id FROM batch_batch WHERE batch_number = '{ACTIVE}')"


def test_active_batches_have_a_forecast_from_tomorrow_to_harvest(
    with_growth: Path, opened: Opened
) -> None:
    with opened(f"sqlite:///{with_growth}") as connection:
        forecasts = connection.execute(
            f"""SELECT b.batch_number, f.start_date, f.duration_days, f.initial_count,
            count(p.projection_id), min(p.projection_date), max(p.average_weight), b.notes,
            (SELECT sum(population) FROM {STATES}
            WHERE batch_id = b.id AND date = '{DEFAULT_AS_OF}')
            FROM batch_batch b JOIN scenario f ON f.name = 'Forecast ' || b.batch_number
            AND f.batch_id = b.id JOIN {PROJECTIONS} p ON p.scenario_id = f.scenario_id
            GROUP BY 1 ORDER BY 1"""
        ).fetchall()
        active = connection.execute(
            "SELECT batch_number FROM batch_batch WHERE status = 'ACTIVE' ORDER BY 1"
        ).fetchall()
    assert [row[0] for row in forecasts] == [number for (number,) in active]
    for _, start, days, fish, projected, first, heaviest, note, today in forecasts:
        assert start == first == (DEFAULT_AS_OF + timedelta(days=1)).isoformat()
        assert days == projected
        assert fish == today
        harvest_g = noted_harvest_weight_g(note)
        assert harvest_g is not None
        assert harvest_g <= heaviest < 1.02 * harvest_g


def test_a_forecast_is_updated_with_its_batch(
    with_growth: Path, tmp_path: Path, opened: Opened, rows: Rows
) -> None:
    url = f"sqlite:///{shutil.copyfile(with_growth, tmp_path / 'whole.db')}"
    forecast = f"name = 'Forecast {ACTIVE}'"
    (before,) = rows(url, SCENARIOS, forecast)
    projected = rows(url, PROJECTIONS, f"scenario_id = {before[0]}")
    with opened(url) as connection:
        connection.execute(
            f"""UPDATE batch_mortalityevent SET count = count + 1000 WHERE id =
            (SELECT max(id) FROM batch_mortalityevent WHERE {OWN})"""
        )
    grow(url, batches=[ACTIVE])
    (after,) = rows(url, SCENARIOS, forecast)
    fish = TABLES[SCENARIOS].columns.keys().index("initial_count")
    assert after[fish] == before[fish] - 1000
    assert after[:fish] == before[:fish]
    again = rows(url, PROJECTIONS, f"scenario_id = {before[0]}")
    assert [row[:3] for row in again] == [row[:3] for row in projected]
    population = TABLES[PROJECTIONS].columns.keys().index("population")
    assert all(new[population] < old[population] for old, new in zip(projected, again, strict=True))


def test_a_pinned_scenario_stays_pinned(copy: str, opened: Opened, rows: Rows) -> None:
    with opened(copy) as connection:
        batch, plan = connection.execute(
            "SELECT id, pinned_scenario_id FROM batch_batch WHERE batch_number = ?", (ACTIVE,)
        ).fetchone()
        connection.execute(
            """INSERT INTO scenario SELECT 900, 'Twice the fish', start_date, 50,
            2 * initial_count, genotype, supplier, initial_weight, created_at, updated_at,
            batch_id, created_by_id, fcr_model_id, mortality_model_id, tgc_model_id,
            biological_constraints_id FROM scenario WHERE scenario_id = ?""",
            (plan,),
        )
        connection.execute("UPDATE batch_batch SET pinned_scenario_id = 900 WHERE id = ?", (batch,))
    grow(copy, batches=[ACTIVE])
    (row,) = rows(copy, "batch_batch", f"id = {batch}")
    assert 900 in row
    assert len(rows(copy, SCENARIOS, f"batch_id = {batch}")) == 3
    fish = TABLES[PROJECTIONS].columns.keys().index("population")
    own = rows(copy, PROJECTIONS, f"scenario_id = {plan} AND day_number <= 50")
    twice = rows(copy, PROJECTIONS, "scenario_id = 900")
    assert [row[fish] for row in twice] == pytest.approx([2 * row[fish] for row in own], rel=1e-6)


def test_scenarios_without_a_batch_are_projected(copy: str, opened: Opened, rows: Rows) -> None:
    with opened(copy) as connection:
        connection.execute(
            """INSERT INTO scenario (scenario_id, name, start_date, duration_days, initial_count,
            genotype, supplier, initial_weight, created_at, updated_at, fcr_model_id,
            mortality_model_id, tgc_model_id)
            VALUES (901, 'What if', '2026-01-01', 40, 1000, 'any', 'any', 80, '2025-01-01',
            '2025-01-01', 1, 1, 3)"""
        )
    grow(copy)
    assert len(rows(copy, PROJECTIONS, "scenario_id = 901")) == 40


def test_the_report_has_the_live_projection(grown: Path) -> None:
    report = grow(f"sqlite:///{grown}", batches=[ACTIVE])
    text = "\n".join(report.lines())
    assert ACTIVE in text
    (batch,) = report.batches
    assert batch.projection is not None
    assert batch.planned_g is not None
    assert np.all(batch.projection.low_g < batch.projection.high_g)
