"""Each kind of incident has the expected consequences in the simulation and in its rows."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pytest

from pytest_aquadata.histories import History, Lifecycle
from pytest_aquadata.lifecycle.columns import Columns
from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.incidents import (
    disease_outbreak,
    escape,
    feed_shortage,
    handling_accident,
    lice_surge,
    oxygen_crash,
    power_failure,
    sensor_silent,
    sensor_stuck,
)
from pytest_aquadata.lifecycle.lice import FEMALE
from pytest_aquadata.lifecycle.truth import IncidentTruth

SEA = 450
"""Day of life on which the batch is moved to sea: after five stages of 90 days."""


def texts(rows: Columns, name: str) -> np.ndarray:
    column = rows[name]
    return np.array(column.vocabulary, dtype=object)[column.values]


def deaths(history: History, *, code: str, on: date | None = None) -> int:
    rows = history.columns["batch_mortalityevent"]
    selected = texts(rows, "cause") == code
    if on is not None:
        selected &= rows.values("event_date") == day_number(on)
    return int(rows.values("count")[selected].sum())


def day(history: History, number: int) -> date:
    return history.plan.starts + timedelta(days=number)


def readings(history: History, truth: IncidentTruth, parameter: str) -> dict[int, np.ndarray]:
    """Readings of a parameter in the affected containers, by day number."""
    rows = history.columns["environmental_environmentalreading"]
    selected = np.isin(rows.values("container_id"), truth.container_ids)
    selected &= rows.values("parameter_id") == history.inputs.keys.parameters[parameter]
    days = rows.values("reading_time")[selected] // 86_400_000_000
    values = rows.values("value")[selected] / 10_000.0
    return {day: values[days == day] for day in np.unique(days).tolist()}


def test_a_stuck_sensor_changes_readings_and_no_other_value(
    at_sea: Lifecycle, calm: History
) -> None:
    faulty = at_sea.with_incident(sensor_stuck(SEA + 10, parameter="oxygen", containers=2)).build()
    for name, rows in calm.columns.items():
        faulty_rows = faulty.columns[name]
        for column in rows.columns:
            if (name, column) == ("environmental_environmentalreading", "value"):
                assert (faulty_rows.values(column) != rows.values(column)).any()
            elif not column.endswith("_id") and column != "id":
                assert (faulty_rows.values(column) == rows.values(column)).all(), (name, column)


def test_days_before_an_incident_do_not_change(at_sea: Lifecycle, calm: History) -> None:
    crashed = at_sea.with_incident(oxygen_crash(SEA + 50)).build()
    for before, after in zip(calm.life.stages[:-1], crashed.life.stages[:-1], strict=True):
        assert (before.population == after.population).all()
    crashed_stage, calm_stage = crashed.life.stages[-1], calm.life.stages[-1]
    assert (crashed_stage.population[:, :51] == calm_stage.population[:, :51]).all()
    assert (crashed_stage.weight_g[:, :51] == calm_stage.weight_g[:, :51]).all()
    assert (crashed_stage.population[:, 51] < calm_stage.population[:, 51]).all()


def test_an_oxygen_crash_kills_fish_and_shows_in_the_readings(
    at_sea: Lifecycle, calm: History
) -> None:
    incident = oxygen_crash(SEA + 50, containers=2, lowest_mg_l=2.0)
    history = at_sea.with_incident(incident).readings_per_day(4).build()
    (truth,) = history.incidents
    on = day(history, SEA + 50)
    assert (truth.kind, truth.stage, truth.first_day, truth.unit) == (
        "oxygen crash", 6, on, "mg/L at the lowest"
    )  # fmt: skip
    assert deaths(history, code="ENVIRONMENTAL", on=on) >= sum(truth.fish_lost) > 10_000
    by_day = readings(history, truth, "oxygen")
    assert by_day[day_number(on)].min() == pytest.approx(2.0)
    assert by_day[day_number(on) - 1].min() > 6.0
    assert by_day[day_number(on) + 2].min() > 6.0
    row = [container.id for container in history.life.stages[-1].containers].index(
        truth.container_ids[0]
    )
    assert history.life.stages[-1].feed[row, 50] == 0
    assert history.life.stages[-1].weight_g[row, 60] < calm.life.stages[-1].weight_g[row, 60]


def test_a_lice_surge_raises_the_counts_and_leads_to_delousing(
    at_sea: Lifecycle, calm: History
) -> None:
    history = at_sea.with_incident(lice_surge(SEA + 30, rings=3, lice_per_fish=40)).build()
    (truth,) = history.incidents
    stage, without = history.life.stages[-1], calm.life.stages[-1]
    assert stage.lice is not None
    assert without.lice is not None
    rows = [container.id for container in stage.containers]
    affected = [rows.index(key) for key in truth.container_ids]
    counted = stage.lice.count_days
    attached_days = (counted >= 30) & (counted <= 50)
    adult_days = (counted >= 55) & (counted <= 90)
    assert (
        stage.lice.counts[attached_days][:, 0, affected].sum()
        > 3 * without.lice.counts[attached_days][:, 0, affected].sum()
    )
    assert (
        stage.lice.counts[adult_days][:, FEMALE, affected].max()
        > without.lice.counts[adult_days][:, FEMALE, affected].max()
    )
    for ring in affected:
        treatment_days = [event.day for event in stage.lice.treatments if event.ring == ring]
        assert any(45 <= day <= 110 for day in treatment_days)


def test_a_disease_outbreak_kills_fish_and_is_diagnosed_by_the_laboratory(
    at_sea: Lifecycle, calm: History
) -> None:
    incident = disease_outbreak(SEA + 40, diagnosis="Winter ulcer", peak=40)
    history = at_sea.with_incident(incident).build()
    assert deaths(history, code="DISEASE") > 1.5 * deaths(calm, code="DISEASE")
    journal = texts(history.columns["health_journalentry"], "description").tolist()
    assert any("Winter ulcer in" in entry for entry in journal)
    findings = history.columns["health_healthlabsample"]
    assert any("Winter ulcer" in text for text in findings["findings_summary"].vocabulary or ())


def test_escaped_fish_are_recorded_as_escaped_with_cause_other(at_sea: Lifecycle) -> None:
    history = at_sea.with_incident(escape(SEA + 20, fish=12_000)).build()
    (truth,) = history.incidents
    assert truth.fish_lost == (12_000,)
    rows = history.columns["batch_mortalityevent"]
    escaped = np.array([text.startswith("Escaped") for text in texts(rows, "description")])
    assert rows.values("count")[escaped].tolist() == [12_000]
    assert texts(rows, "cause")[escaped].tolist() == ["OTHER"]
    journal = texts(history.columns["health_journalentry"], "description").tolist()
    assert any("12,000 fish escaped" in entry for entry in journal)


def test_a_handling_accident_kills_on_the_day_and_by_wounds_later(
    at_sea: Lifecycle, calm: History
) -> None:
    history = at_sea.with_incident(handling_accident(SEA + 20, containers=2, killed=0.05)).build()
    (truth,) = history.incidents
    on = day(history, SEA + 20)
    assert deaths(history, code="HANDLING", on=on) >= sum(truth.fish_lost) > 0
    after = [deaths(history, code="HANDLING", on=on + timedelta(days=n)) for n in range(1, 6)]
    normal = [deaths(calm, code="HANDLING", on=on + timedelta(days=n)) for n in range(1, 6)]
    assert sum(after) > sum(normal)


def test_a_power_failure_affects_every_tank_of_the_hall(at_sea: Lifecycle) -> None:
    history = at_sea.with_incident(power_failure(200, hours=6)).readings_per_day(6).build()
    (truth,) = history.incidents
    stage = history.life.stages[2]
    assert (truth.stage, truth.site) == (3, stage.site.name)
    assert truth.container_ids == tuple(container.id for container in stage.containers)
    assert min(truth.fish_lost) > 0
    today = day_number(day(history, 200))
    assert readings(history, truth, "oxygen")[today].min() < 4.0
    assert readings(history, truth, "co2")[today].max() > 12.0


def test_without_feed_deliveries_fish_fast_and_silos_run_empty(
    at_sea: Lifecycle, calm: History
) -> None:
    history = at_sea.with_incident(feed_shortage(SEA + 60, days=8)).build()
    meals = history.columns["inventory_feedingevent"]
    first = day_number(day(history, SEA + 60))
    in_shortage = (meals.values("feeding_date") >= first) & (
        meals.values("feeding_date") < first + 8
    )
    assert not in_shortage.any()
    lots = history.shared.lots
    barges = np.unique(history.life.stages[-1].feed_containers)
    at_barges = np.isin(lots.feed_container, barges)
    assert not (at_barges & (lots.delivered >= first) & (lots.delivered < first + 8)).any()
    bought = lots.amount[at_barges & (lots.delivered < first)].sum()
    from_barges = meals.values("batch_assignment_id") >= int(
        history.life.stages[-1].assignment_ids[0]
    )
    eaten = meals.values("amount_kg")[from_barges & (meals.values("feeding_date") < first)].sum()
    assert 0 <= bought - eaten / 100 < 100 * 100 * len(barges) * 3
    assert (history.life.stages[-1].weight_g[:, 68] < calm.life.stages[-1].weight_g[:, 68]).all()


def test_half_the_ration_is_fed_in_a_shortage_with_half_the_ration(
    at_sea: Lifecycle, calm: History
) -> None:
    history = at_sea.with_incident(feed_shortage(SEA + 60, days=8, ration=0.5)).build()
    short_stage, calm_stage = history.life.stages[-1], calm.life.stages[-1]
    share = short_stage.feed[:, 60:68].sum() / calm_stage.feed[:, 60:68].sum()
    assert share == pytest.approx(0.5, abs=0.03)


def test_silent_sensors_leave_gaps_only_in_their_own_readings(
    at_sea: Lifecycle, calm: History
) -> None:
    history = at_sea.with_incident(sensor_silent(SEA + 5, parameter="salinity", days=9)).build()
    (truth,) = history.incidents
    silent_days = set((day_number(truth.first_day) + np.arange(9)).tolist())
    assert not readings(history, truth, "salinity").keys() & silent_days
    assert silent_days <= readings(history, truth, "oxygen").keys()
    name = "environmental_environmentalreading"
    assert len(calm.columns[name]) - len(history.columns[name]) == 9


def test_the_day_of_an_incident_can_be_given_as_a_date(at_sea: Lifecycle) -> None:
    by_number = at_sea.with_incident(escape(SEA + 20)).build()
    by_date = at_sea.with_incident(escape(day(by_number, SEA + 20))).build()
    assert by_number.incidents == by_date.incidents


def test_incident_columns_have_one_row_per_incident_and_container(at_sea: Lifecycle) -> None:
    history = at_sea.with_incident(
        escape(SEA + 20, rings=2, fish=500), sensor_stuck(SEA + 25, days=365)
    ).build()
    rows = history.incident_columns
    assert texts(rows, "kind").tolist() == ["escape", "escape", "sensor stuck"]
    assert rows.values("fish_lost").tolist() == [500, 500, 0]
    assert texts(rows, "parameter").tolist() == ["", "", "oxygen"]
    assert rows.values("last_day")[-1] == day_number(history.as_of)
    attributes = {field.name for field in fields(IncidentTruth)} - {"number"}
    renamed = {"containers": "container", "container_ids": "container_id",
             "assignment_ids": "assignment_id"}  # fmt: skip
    assert {renamed.get(name, name) for name in attributes} | {"incident"} == set(rows.columns)


def test_the_affected_containers_do_not_depend_on_the_day(
    at_sea: Lifecycle,
) -> None:
    early = at_sea.with_incident(lice_surge(SEA + 20, rings=3)).build()
    later = at_sea.with_incident(lice_surge(SEA + 40, rings=3)).build()
    assert early.incidents[0].containers == later.incidents[0].containers
