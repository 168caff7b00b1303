"""AquaMind's growth engine, by its rules in plain Python, agrees with the states of a build.

The rules: each day starts with the stored state of the day before. Weight is measured on anchor
days, else it grows by the TGC of the stage's name at the day's mean temperature, up to the engine's
cap, and is stored with two decimal places. Fish arrive by transfers and die by the day's events, or
at the daily rate of the stage's name. See docs/growth-analysis.md.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.datasets.dataset import Dataset

pytestmark = pytest.mark.slow

BATCHES = ("FAR-2023-001", "SCO-2024-002")
CAPS_G = {
    "Egg&Alevin": 1.0,
    "Fry": 10.0,
    "Parr": 100.0,
    "Smolt": 250.0,
    "Post-Smolt": 700.0,
    "Adult": 8000.0,
}
"""Highest weight that the engine calculates in a stage."""
NEIGHBOUR_DAYS = 7
DAY = timedelta(days=1)


@dataclass
class Assignment:
    """An assignment with what was recorded in it, by day."""

    row: dict[str, Any]
    stage: str
    start_g: float
    fish: int
    placed: dict[date, int]
    deaths: dict[date, int]
    measured_g: dict[date, float]


class Engine:
    """Recomputes the states of a batch from the rows of a database."""

    def __init__(self, connection: sa.Connection, batch: str) -> None:
        self._connection = connection
        self.batch = self._rows("SELECT * FROM batch_batch WHERE batch_number = :batch", batch)[0]
        self._key = int(self.batch["id"])
        scenario = self._of_batch(
            "SELECT s.* FROM scenario s JOIN batch_batch b ON b.pinned_scenario_id = s.scenario_id "
            "WHERE b.id = :batch"
        )[0]
        self._tgc = self._by_stage(
            "SELECT lifecycle_stage, tgc_value FROM scenario_tgc_model_stage "
            "WHERE tgc_model_id = :batch",
            scenario["tgc_model_id"],
        )
        self._rate = self._by_stage(
            "SELECT lifecycle_stage, daily_rate_percent FROM scenario_mortality_model_stage "
            "WHERE mortality_model_id = :batch",
            scenario["mortality_model_id"],
        )
        profile = self._rows(
            "SELECT r.day_number, r.temperature FROM scenario_temperaturereading r "
            "JOIN scenario_tgcmodel m ON m.profile_id = r.profile_id WHERE m.model_id = :batch",
            scenario["tgc_model_id"],
        )
        self._profile = {row["day_number"]: float(row["temperature"]) for row in profile}
        self._readings = self._daily_readings()
        self._states: dict[int, dict[date, tuple[float, int]]] = {}

    def states(self, until: date) -> dict[int, dict[date, tuple[float, int]]]:
        """Return weight in g and population by assignment and day."""
        for assignment in self._assignments():
            key = int(assignment.row["id"])
            leaves = assignment.row["departure_date"]
            last = until if leaves is None else _day(leaves) - DAY
            self._states[key] = dict(self._follow(assignment, min(last, until)))
        return self._states

    def _follow(
        self, assignment: Assignment, last: date
    ) -> Iterator[tuple[date, tuple[float, int]]]:
        weight_g, fish, stage = assignment.start_g, assignment.fish, assignment.stage
        day = _day(assignment.row["assignment_date"])
        while day <= last:
            temp_c = self._temperature(int(assignment.row["container_id"]), day)
            deaths = assignment.deaths.get(day, 0) or round(fish * self._rate[stage] / 100)
            fish = max(0, fish + assignment.placed.get(day, 0) - deaths)
            root = math.cbrt(weight_g) + self._tgc[stage] / 1000 * temp_c
            weight_g = assignment.measured_g.get(day, round(min(root**3, CAPS_G[stage]), 2))
            yield day, (weight_g, fish)
            day += DAY

    def _temperature(self, container: int, day: date) -> float:
        """Return the day's mean, else a neighbour's or their interpolation, else the profile's."""
        measured = self._readings[container]
        if day in measured:
            return measured[day]
        near = range(1, NEIGHBOUR_DAYS + 1)
        before = next((n for n in near if day - n * DAY in measured), None)
        after = next((n for n in near if day + n * DAY in measured), None)
        if before is not None and after is not None:
            first, then = measured[day - before * DAY], measured[day + after * DAY]
            return first + (then - first) * before / (before + after)
        if before is not None:
            return measured[day - before * DAY]
        if after is not None:
            return measured[day + after * DAY]
        number = (day - _day(self.batch["start_date"])).days + 1
        return self._profile[min(max(number, 1), max(self._profile))]

    def _assignments(self) -> Iterator[Assignment]:
        """Yield assignments in the order in which their fish came."""
        deaths = self._grouped(
            "SELECT assignment_id, event_date AS day, sum(count) AS value "
            "FROM batch_mortalityevent WHERE batch_id = :batch GROUP BY 1, 2"
        )
        measured = self._measured_weights()
        moves = self._of_batch(
            "SELECT a.*, w.id AS workflow FROM batch_transferaction a "
            "JOIN batch_batchtransferworkflow w ON w.id = a.workflow_id "
            "WHERE w.batch_id = :batch AND a.status = 'COMPLETED' ORDER BY w.id, a.action_number"
        )
        for row in self._of_batch(
            "SELECT a.*, s.name AS stage FROM batch_batchcontainerassignment a "
            "JOIN batch_lifecyclestage s ON s.id = a.lifecycle_stage_id "
            "WHERE a.batch_id = :batch ORDER BY a.assignment_date, a.id"
        ):
            key = int(row["id"])
            into = [move for move in moves if move["dest_assignment_id"] == key]
            placed: dict[date, int] = defaultdict(int)
            for move in into:
                placed[_day(move["actual_execution_date"])] += int(move["transferred_count"])
            arrived = any(day == _day(row["assignment_date"]) for day in placed)
            yield Assignment(
                row=row,
                stage=row["stage"],
                start_g=self._start_g(row, into),
                fish=0 if arrived else int(row["population_count"]),
                placed=placed,
                deaths={day: int(count) for day, count in deaths[key].items()},
                measured_g=measured[key],
            )

    def _start_g(self, row: dict[str, Any], into: list[dict[str, Any]]) -> float:
        if not into:
            return float(row["avg_weight_g"])
        if into[0]["measured_avg_weight_g"] is not None:
            return float(into[0]["measured_avg_weight_g"])
        states = self._states[int(into[0]["source_assignment_id"])]
        return states[max(states)][0]

    def _measured_weights(self) -> dict[int, dict[date, float]]:
        """Return the measured weights; a growth sample overrides a transfer, that a treatment."""
        treatments = self._grouped(
            "SELECT t.batch_assignment_id AS assignment_id, t.treatment_date AS day, "
            "avg(f.weight_g) AS value FROM health_treatment t "
            "JOIN health_individualfishobservation f ON f.sampling_event_id = t.sampling_event_id "
            "WHERE t.batch_id = :batch AND t.includes_weighing GROUP BY 1, 2, t.id ORDER BY t.id"
        )
        transfers = self._grouped(
            "SELECT a.source_assignment_id AS assignment_id, a.actual_execution_date AS day, "
            "a.measured_avg_weight_g * CASE a.selection_method WHEN 'LARGEST' THEN 0.88 "
            "WHEN 'SMALLEST' THEN 1.12 ELSE 1 END AS value FROM batch_transferaction a "
            "JOIN batch_batchtransferworkflow w ON w.id = a.workflow_id "
            "WHERE w.batch_id = :batch AND a.measured_avg_weight_g IS NOT NULL"
        )
        samples = self._grouped(
            "SELECT g.assignment_id, g.sample_date AS day, g.avg_weight_g AS value "
            "FROM batch_growthsample g JOIN batch_batchcontainerassignment a "
            "ON a.id = g.assignment_id WHERE a.batch_id = :batch ORDER BY g.id"
        )
        merged: dict[int, dict[date, float]] = defaultdict(dict)
        for part in (treatments, transfers, samples):
            for key, values in part.items():
                merged[key] |= {day: float(value) for day, value in values.items()}
        return merged

    def _daily_readings(self) -> dict[int, dict[date, float]]:
        rows = self._of_batch(
            "SELECT r.container_id AS assignment_id, date(r.reading_time) AS day, "
            "avg(r.value) AS value FROM environmental_environmentalreading r "
            "JOIN environmental_environmentalparameter p ON p.id = r.parameter_id "
            "WHERE p.name = 'temperature' AND r.container_id IN (SELECT container_id "
            "FROM batch_batchcontainerassignment WHERE batch_id = :batch) GROUP BY 1, 2"
        )
        means: dict[int, dict[date, float]] = defaultdict(dict)
        for row in rows:
            means[row["assignment_id"]][_day(row["day"])] = float(row["value"])
        return means

    def _grouped(self, query: str) -> dict[int, dict[date, Any]]:
        values: dict[int, dict[date, Any]] = defaultdict(dict)
        for row in self._of_batch(query):
            values[row["assignment_id"]][_day(row["day"])] = row["value"]
        return values

    def _by_stage(self, query: str, key: int) -> dict[str, float]:
        return {stage: float(value) for stage, value in self._tuples(query, key)}

    def _of_batch(self, query: str) -> list[dict[str, Any]]:
        return self._rows(query, self._key)

    def _rows(self, query: str, key: int | str) -> list[dict[str, Any]]:
        result = self._connection.execute(sa.text(query), {"batch": key})
        return [dict(row) for row in result.mappings()]

    def _tuples(self, query: str, key: int) -> list[tuple[Any, ...]]:
        return [tuple(row.values()) for row in self._rows(query, key)]


def _day(value: Any) -> date:
    """Return the date of a date or an instant, as SQLite gives it."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


@pytest.mark.parametrize("number", BATCHES)
def test_a_recomputed_batch_has_the_weights_and_populations_of_the_build(
    small: Dataset, number: str
) -> None:
    with small.connection() as connection:
        stored = connection.execute(
            sa.text(
                "SELECT s.assignment_id, s.date, s.avg_weight_g, s.population "
                "FROM batch_actualdailyassignmentstate s JOIN batch_batch b ON b.id = s.batch_id "
                "WHERE b.batch_number = :number"
            ),
            {"number": number},
        ).all()
        until = date.fromisoformat(small.manifest.as_of)
        computed = Engine(connection, number).states(until)
    assert len(stored) == sum(map(len, computed.values())) > 1_000
    for assignment, day, weight_g, fish in stored:
        recomputed_g, recomputed_fish = computed[assignment][_day(day)]
        assert fish == recomputed_fish, (assignment, day)
        assert float(weight_g) == pytest.approx(recomputed_g, rel=0.01), (assignment, day)
