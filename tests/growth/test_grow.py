"""Growth analysis over finished databases: ours, changed, and foreign ones."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build, seed_database
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from pytest_aquadata.lifecycle.plan import noted_harvest_weight_g
from pytest_aquadata.schema import TABLES, Base

KEYS = {STATES: "id", SCENARIOS: "scenario_id", PROJECTIONS: "projection_id"}
TODAY = date(2025, 11, 21)
ACTIVE = "FAR-2024-002"
OWN = f"batch_id = (SELECT id FROM batch_batch WHERE batch_number = '{ACTIVE}')"


def built(file: Path, growth: bool) -> Path:
    """The small preset, with or without its growth analysis."""
    request = SeedRequest("small", f"sqlite:///{file}", as_of=TODAY, readings=2, growth=growth)
    seed_database(plan_build(request), request, Silent()).close()
    return file


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small preset without its growth analysis."""
    return built(tmp_path_factory.mktemp("grow") / "small.db", growth=False)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small preset as it is built."""
    return built(tmp_path_factory.mktemp("whole") / "small.db", growth=True)


@pytest.fixture(scope="session")
def grown(seeded: Path) -> Path:
    """The same, grown."""
    file = seeded.with_name("grown.db")
    shutil.copyfile(seeded, file)
    grow(f"sqlite:///{file}")
    return file


@pytest.fixture
def fresh(seeded: Path, tmp_path: Path) -> str:
    """A private copy of the database as it was built."""
    return f"sqlite:///{shutil.copyfile(seeded, tmp_path / 'fresh.db')}"


@pytest.fixture
def copy(grown: Path, tmp_path: Path) -> str:
    """A private copy of the grown database."""
    return f"sqlite:///{shutil.copyfile(grown, tmp_path / 'copy.db')}"


@contextmanager
def opened(url: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        yield connection


def rows(url: str, table: str, where: str = "TRUE") -> list[tuple[Any, ...]]:
    with opened(url) as connection:
        return connection.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY 1").fetchall()


BY_NAME = {
    STATES: f"SELECT * FROM {STATES} ORDER BY assignment_id, date",
    SCENARIOS: f"SELECT * FROM {SCENARIOS} ORDER BY batch_id, name DESC",
    PROJECTIONS: f"""SELECT p.*, s.name FROM {PROJECTIONS} p JOIN {SCENARIOS} s
    ON s.scenario_id = p.scenario_id ORDER BY s.batch_id, s.name DESC, p.day_number""",
    "batch_batch": """SELECT b.batch_number, s.name FROM batch_batch b
    JOIN scenario s ON s.scenario_id = b.pinned_scenario_id ORDER BY 1""",
}
"""What the analysis writes, in an order that does not depend on its keys."""


@pytest.mark.parametrize("table", BY_NAME)
def test_a_build_says_what_the_database_says(whole: Path, grown: Path, table: str) -> None:
    """The same rows from a batch's own tables as from queries over a database."""
    keys = {KEYS.get(table), "scenario_id" if table == PROJECTIONS else None}
    columns = TABLES[table].columns.keys() if table in KEYS else []
    found = []
    for file in (whole, grown):
        with opened(f"sqlite:///{file}") as connection:
            held = connection.execute(BY_NAME[table]).fetchall()
        kept = [place for place in range(len(held[0])) if (*columns, *"ab")[place] not in keys]
        found.append([[row[place] for place in kept] for row in held])
    assert len(found[0]) >= 8
    assert found[0] == found[1]


def test_a_database_just_built_stays_as_it_is(whole: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copyfile(whole, tmp_path / 'whole.db')}"
    before = {name: rows(url, name) for name in (*KEYS, "batch_batch")}
    report = grow(url)
    assert {name: rows(url, name) for name in before} == before
    assert report.states == len(before[STATES]) > 30_000
    assert report.projections == len(before[PROJECTIONS])


def test_a_build_may_leave_it_out(seeded: Path, whole: Path) -> None:
    assert all(rows(f"sqlite:///{seeded}", name) == [] for name in KEYS)
    with open_dataset(f"sqlite:///{seeded}") as bare, open_dataset(f"sqlite:///{whole}") as full:
        assert not bare.manifest.growth
        assert full.manifest.growth
        unlike = {
            name
            for name in full.manifest.tables
            if full.manifest.tables[name] != bare.manifest.tables.get(name)
        }
    assert unlike == {*KEYS, "batch_batch"}


def test_active_batches_have_a_forecast_from_tomorrow_to_harvest(whole: Path) -> None:
    with opened(f"sqlite:///{whole}") as connection:
        found = connection.execute(
            f"""SELECT b.batch_number, f.start_date, f.duration_days, f.initial_count,
            count(p.projection_id), min(p.projection_date), max(p.average_weight), b.notes,
            (SELECT sum(population) FROM {STATES} WHERE batch_id = b.id AND date = '{TODAY}')
            FROM batch_batch b JOIN scenario f ON f.name = 'Forecast ' || b.batch_number
            AND f.batch_id = b.id JOIN {PROJECTIONS} p ON p.scenario_id = f.scenario_id
            GROUP BY 1 ORDER BY 1"""
        ).fetchall()
        active = connection.execute(
            "SELECT batch_number FROM batch_batch WHERE status = 'ACTIVE' ORDER BY 1"
        ).fetchall()
    assert [row[0] for row in found] == [number for (number,) in active]
    for _, start, days, fish, projected, first, heaviest, note, today in found:
        assert start == first == (TODAY + timedelta(days=1)).isoformat()
        assert days == projected
        assert fish == today
        harvest_g = noted_harvest_weight_g(note)
        assert harvest_g is not None
        assert harvest_g <= heaviest < 1.02 * harvest_g


def test_a_forecast_follows_its_batch(whole: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copyfile(whole, tmp_path / 'whole.db')}"
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


def test_a_second_run_changes_nothing(copy: str) -> None:
    before = {name: rows(copy, name) for name in (*KEYS, "batch_batch")}
    report = grow(copy)
    assert {name: rows(copy, name) for name in before} == before
    assert report.states == len(before[STATES])
    assert report.projections == len(before[PROJECTIONS])


def test_states_are_unique_contiguous_and_end_before_departure(grown: Path) -> None:
    with opened(f"sqlite:///{grown}") as connection:
        found = connection.execute(
            f"""SELECT a.id, a.assignment_date,
            coalesce(a.departure_date, date('{TODAY}', '+1 day')),
            count(s.id), count(DISTINCT s.date), min(s.date), max(s.date)
            FROM batch_batchcontainerassignment a
            LEFT JOIN {STATES} s ON s.assignment_id = a.id GROUP BY a.id"""
        ).fetchall()
    assert len(found) > 100
    for key, arrives, departs, states, days, first, last in found:
        end = date.fromisoformat(departs) - timedelta(days=1)
        assert (first, last) == (arrives, end.isoformat()), key
        assert states == days == (end - date.fromisoformat(arrives)).days + 1


def test_nothing_else_is_touched(seeded: Path, grown: Path) -> None:
    for name in sorted(TABLES.keys() - KEYS.keys() - {"environmental_environmentalreading"}):
        before, after = (rows(f"sqlite:///{file}", name) for file in (seeded, grown))
        if name == "batch_batch":
            pinned = TABLES[name].columns.keys().index("pinned_scenario_id")
            before, after = (
                [row[:pinned] + row[pinned + 1 :] for row in held] for held in (before, after)
            )
        assert before == after, name


def test_since_leaves_what_was_before(copy: str) -> None:
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


def test_since_gives_the_rows_of_a_whole_run(fresh: str, grown: Path) -> None:
    since = date(2025, 6, 1)
    where = f"date >= '{since}'"
    grow(fresh, since=since)
    whole = rows(f"sqlite:///{grown}", STATES, where)
    part = rows(fresh, STATES, where)
    assert sorted(row[1:] for row in part) == sorted(row[1:] for row in whole)


def test_only_the_batches_asked_for(copy: str) -> None:
    with opened(copy) as connection:
        connection.execute(f"UPDATE {STATES} SET population = 7")
    (batch,) = grow(copy, batches=[ACTIVE]).batches
    assert batch.number == ACTIVE
    population = TABLES[STATES].columns.keys().index("population")
    assert {row[population] for row in rows(copy, STATES, f"NOT ({OWN})")} == {7}
    assert {row[population] for row in rows(copy, STATES, OWN)} != {7}


def test_a_new_weighing_changes_only_days_from_it_on(copy: str) -> None:
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


def test_states_after_a_departure_go(copy: str) -> None:
    with opened(copy) as connection:
        connection.execute(
            "UPDATE batch_batchcontainerassignment SET departure_date = '2025-11-01' "
            f"WHERE is_active AND {OWN}"
        )
    grow(copy, batches=[ACTIVE])
    assert rows(copy, STATES, f"date >= '2025-11-01' AND {OWN}") == []


@pytest.mark.parametrize(
    ("lost", "sources"),
    [
        ("TRUE", {"profile"}),
        (
            "(reading_time / 86400) % 20 <> 0",
            {"measured", "nearest_before", "nearest_after", "profile"},
        ),
        ("(reading_time / 86400) % 5 <> 0", {"measured", "interpolated"}),
    ],
)
def test_lost_readings_lower_confidence_and_leave_no_gap(
    copy: str, lost: str, sources: set[str]
) -> None:
    with opened(copy) as connection:
        connection.execute(f"DELETE FROM environmental_environmentalreading WHERE {OWN} AND {lost}")
    before = rows(copy, STATES)
    grow(copy, batches=[ACTIVE])
    after = rows(copy, STATES)
    assert [row[:3] for row in after] == [row[:3] for row in before]
    columns = TABLES[STATES].columns.keys()
    told, trust = columns.index("sources"), columns.index("confidence_scores")
    found = {json.loads(row[told])["temp"] for row in rows(copy, STATES, OWN)}
    assert sources <= found
    lower = [
        (json.loads(old[trust])["temp"], json.loads(new[trust])["temp"])
        for old, new in zip(before, after, strict=True)
        if json.loads(new[told])["temp"] != json.loads(old[told])["temp"]
    ]
    assert lower
    assert all(new < old for old, new in lower)


def test_a_parameter_by_another_name_is_found_and_told(copy: str) -> None:
    before = rows(copy, STATES)
    with opened(copy) as connection:
        connection.execute(
            """UPDATE environmental_environmentalparameter SET name = 'Temperature'
            WHERE name = 'temperature'"""
        )
    report = grow(copy, batches=[ACTIVE])
    assert rows(copy, STATES) == before
    assert "'Temperature'" in report.lines()[1]


def test_a_pinned_scenario_stays_pinned(copy: str) -> None:
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


def test_scenarios_of_no_batch_are_projected_too(copy: str) -> None:
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


def test_a_database_without_models_still_has_states(copy: str) -> None:
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


def test_a_foreign_database_has_the_last_day_of_its_records(copy: str) -> None:
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


def test_an_empty_database_is_grown_in_no_time(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    Base.metadata.create_all(engine)
    report = grow(engine)
    assert report.batches == ()
    assert report.states == 0
    engine.dispose()


def counted(url: str, **asked: Any) -> int:
    """How many queries a run takes."""
    engine = sa.create_engine(url)
    statements: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *event: statements.append(event[2]))
    grow(engine, **asked)
    engine.dispose()
    return sum(one.lstrip().startswith("SELECT") for one in statements)


def test_the_number_of_queries_does_not_grow_with_days(copy: str) -> None:
    first = {"batches": ["FAR-2023-001"]}
    young = counted(copy, **first, as_of=date(2023, 3, 5))
    old = counted(copy, **first, as_of=TODAY)
    assert young == old < 50
    both = counted(copy, batches=["FAR-2023-001", ACTIVE], as_of=TODAY)
    assert both - old < 20


class Told(Silent):
    def __init__(self) -> None:
        self.said: list[Any] = []

    def phase(self, name: str) -> None:
        self.said.append(name)

    def batches(self, done: int, total: int, rows: int) -> None:
        self.said.append((done, total, rows > 0))

    def close(self) -> None:
        self.said.append("closed")


def test_progress_is_told(copy: str) -> None:
    told = Told()
    grow(copy, batches=[ACTIVE, "FAR-2025-004"], progress=told)
    assert told.said == ["growth", (1, 2, True), (2, 2, True), "closed"]


def test_a_failure_keeps_what_was_there(copy: str) -> None:
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
    ("url", "asked", "message"),
    [
        ("sqlite:///no/such.db", {}, "there is no database no/such.db"),
        ("sqlite://", {}, "names no file"),
        ("nonsense", {}, "cannot be read"),
        (None, {"batches": ["FAR-1999-001", ACTIVE]}, "holds no batch FAR-1999-001"),
    ],
)
def test_what_cannot_be_grown_is_said(
    grown: Path, url: str | None, asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(StoreError, match=message) as error:
        grow(url or f"sqlite:///{grown}", **asked)
    assert "mode=rw" not in str(error.value)


def test_a_file_that_is_no_farm_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.db").touch()
    with pytest.raises(StoreError, match="no such table"):
        grow(f"sqlite:///{tmp_path / 'other.db'}")


def test_the_live_projection_is_printed(grown: Path) -> None:
    report = grow(f"sqlite:///{grown}", batches=[ACTIVE])
    text = "\n".join(report.lines())
    assert ACTIVE in text
    (batch,) = report.batches
    assert batch.projection is not None
    assert batch.planned_g is not None
    assert np.all(batch.projection.low_g < batch.projection.high_g)
