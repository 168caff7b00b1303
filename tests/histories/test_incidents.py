"""Incidents act on the life of a batch, consequences follow, and everything still adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.histories import BatchGroup, History, Lifecycle
from pytest_aquadata.lifecycle.columns import Columns
from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.incidents import (
    Incident,
    disease_outbreak,
    escape,
    feed_shortage,
    handling_accident,
    lice_surge,
    oxygen_crash,
    power_failure,
    sensor_drifting,
    sensor_silent,
    sensor_stuck,
)
from pytest_aquadata.lifecycle.lice import FEMALE
from pytest_aquadata.lifecycle.truth import IncidentTruth

Failures = Callable[[History | BatchGroup], list[str]]
SEA = 450
"""Day of life on which the batch comes to sea: five stages of 90 days."""


def texts(rows: Columns, name: str) -> np.ndarray:
    column = rows[name]
    return np.array(column.vocabulary, dtype=object)[column.values]


def deaths(history: History, *, code: str, on: date | None = None) -> int:
    rows = history.columns["batch_mortalityevent"]
    here = texts(rows, "cause") == code
    if on is not None:
        here &= rows.values("event_date") == day_number(on)
    return int(rows.values("count")[here].sum())


def day(history: History, number: int) -> date:
    return history.plan.starts + timedelta(days=number)


def readings(history: History, truth: IncidentTruth, parameter: str) -> dict[int, np.ndarray]:
    """Readings of a parameter in the containers struck, by day number."""
    rows = history.columns["environmental_environmentalreading"]
    here = np.isin(rows.values("container_id"), truth.container_ids)
    here &= rows.values("parameter_id") == history.inputs.keys.parameters[parameter]
    days = rows.values("reading_time")[here] // 86_400_000_000
    values = rows.values("value")[here] / 10_000.0
    return {one: values[days == one] for one in np.unique(days).tolist()}


hall = st.integers(90, SEA - 1)
sea = st.integers(SEA, SEA + 170)
anywhere = st.integers(0, SEA + 170)
some = st.none() | st.integers(1, 3)

KINDS: dict[str, st.SearchStrategy[Incident]] = {
    "disease outbreak": st.builds(
        disease_outbreak, hall | sea, containers=some, peak=st.floats(1.0, 150.0)
    ),
    "lice surge": st.builds(
        lice_surge,
        sea,
        rings=st.none() | st.integers(1, 10),
        lice_per_fish=st.floats(0.5, 100.0),
        days=st.integers(1, 30),
    ),
    "oxygen crash": st.builds(
        oxygen_crash,
        anywhere,
        containers=some,
        lowest_mg_l=st.floats(1.0, 6.0),
        start_hour=st.floats(0.0, 23.0),
        hours=st.floats(1.0, 72.0),
        killed=st.none() | st.floats(0.0, 0.95),
    ),
    "sensor stuck": st.builds(sensor_stuck, anywhere, containers=some, days=st.integers(1, 60)),
    "sensor silent": st.builds(sensor_silent, anywhere, containers=some, days=st.integers(1, 60)),
    "sensor drifting": st.builds(
        sensor_drifting,
        anywhere,
        parameter=st.sampled_from(["oxygen", "temperature"]),
        containers=some,
    ),
    "feed shortage": st.builds(
        feed_shortage,
        hall | sea,
        days=st.integers(1, 20),
        ration=st.sampled_from([0.0, 0.25, 0.6, 0.9]),
    ),
    "escape": st.builds(
        escape, sea, rings=some, fish=st.none() | st.integers(1, 10**6), share=st.floats(0.001, 0.9)
    ),
    "handling accident": st.builds(
        handling_accident, anywhere, containers=some, killed=st.floats(0.001, 0.95)
    ),
    "power failure": st.builds(power_failure, st.integers(0, SEA - 1), hours=st.floats(0.5, 24.0)),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_fish_and_feed_add_up_whatever_happens(
    kind: str, data: st.DataObject, at_sea: Lifecycle, failures: Failures
) -> None:
    readings = int(kind.startswith(("sensor", "oxygen", "power")))
    lifecycle = at_sea.readings_per_day(readings)
    history = lifecycle.with_incident(data.draw(KINDS[kind])).build()
    assert failures(history) == []
    assert [one.kind for one in history.incidents] == [kind]


@settings(max_examples=12, deadline=None)
@given(incidents=st.lists(st.one_of(*KINDS.values()), min_size=2, max_size=8), seed=st.integers(1))
def test_fish_and_feed_add_up_when_everything_happens_at_once(
    incidents: list[Incident], seed: int, failures: Failures
) -> None:
    lifecycle = Lifecycle.of("Faroe Islands", start="2022-09-10", seed=seed)
    history = lifecycle.until("adult", days=200).with_incident(*incidents).build()
    assert failures(history) == []
    assert [one.number for one in history.incidents] == list(range(len(incidents)))


def test_to_the_end_with_one_of_each(failures: Failures) -> None:
    history = (
        Lifecycle.of("Scotland", start="2022-01-15", eggs=2_000_000)
        .with_incident(
            power_failure(100),
            disease_outbreak(300),
            handling_accident(SEA - 1, containers=3),
            lice_surge(SEA + 60),
            oxygen_crash(SEA + 200, lowest_mg_l=1.5),
            escape(SEA + 210, rings=2),
            feed_shortage(SEA + 240, days=10),
            sensor_stuck(SEA + 260),
            sensor_silent(SEA + 270),
            sensor_drifting(SEA + 280, days=30),
        )
        .build()
    )
    assert texts(history.columns["batch_batch"], "status").tolist() == ["COMPLETED"]
    assert failures(history) == []


def test_an_incident_that_has_no_effect_leaves_every_other_number_alone(
    at_sea: Lifecycle, calm: History
) -> None:
    """Sensors change readings; what lives does not know of them."""
    faulty = at_sea.with_incident(sensor_stuck(SEA + 10, parameter="oxygen", containers=2)).build()
    for name, rows in calm.columns.items():
        mine = faulty.columns[name]
        for column in rows.columns:
            if (name, column) == ("environmental_environmentalreading", "value"):
                assert (mine.values(column) != rows.values(column)).any()
            elif not column.endswith("_id") and column != "id":
                assert (mine.values(column) == rows.values(column)).all(), (name, column)


def test_days_before_an_incident_are_as_they_were(at_sea: Lifecycle, calm: History) -> None:
    struck = at_sea.with_incident(oxygen_crash(SEA + 50)).build()
    for before, after in zip(calm.life.stages[:-1], struck.life.stages[:-1], strict=True):
        assert (before.population == after.population).all()
    mine, theirs = struck.life.stages[-1], calm.life.stages[-1]
    assert (mine.population[:, :51] == theirs.population[:, :51]).all()
    assert (mine.weight_g[:, :51] == theirs.weight_g[:, :51]).all()
    assert (mine.population[:, 51] < theirs.population[:, 51]).all()


def test_fish_suffocate_and_sensors_show_it(at_sea: Lifecycle, calm: History) -> None:
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
    row = [one.id for one in history.life.stages[-1].containers].index(truth.container_ids[0])
    assert history.life.stages[-1].feed[row, 50] == 0
    assert history.life.stages[-1].weight_g[row, 60] < calm.life.stages[-1].weight_g[row, 60]


def test_a_surge_of_lice_is_answered_by_delousing(at_sea: Lifecycle, calm: History) -> None:
    history = at_sea.with_incident(lice_surge(SEA + 30, rings=3, lice_per_fish=40)).build()
    (truth,) = history.incidents
    stage, without = history.life.stages[-1], calm.life.stages[-1]
    assert stage.lice is not None
    assert without.lice is not None
    rows = [one.id for one in stage.containers]
    struck = [rows.index(key) for key in truth.container_ids]
    counted = stage.lice.count_days
    attached = (counted >= 30) & (counted <= 50)
    grown = (counted >= 55) & (counted <= 90)
    assert (
        stage.lice.counts[attached][:, 0, struck].sum()
        > 3 * without.lice.counts[attached][:, 0, struck].sum()
    )
    assert (
        stage.lice.counts[grown][:, FEMALE, struck].max()
        > without.lice.counts[grown][:, FEMALE, struck].max()
    )
    for ring in struck:
        assert any(one.ring == ring and 45 <= one.day <= 110 for one in stage.lice.treatments)


def test_an_outbreak_kills_for_weeks_is_diagnosed_and_sampled(
    at_sea: Lifecycle, calm: History
) -> None:
    incident = disease_outbreak(SEA + 40, diagnosis="Winter ulcer", peak=40)
    history = at_sea.with_incident(incident).build()
    assert deaths(history, code="DISEASE") > 1.5 * deaths(calm, code="DISEASE")
    journal = texts(history.columns["health_journalentry"], "description").tolist()
    assert any("Winter ulcer in" in entry for entry in journal)
    findings = history.columns["health_healthlabsample"]
    assert any("Winter ulcer" in text for text in findings["findings_summary"].vocabulary or ())


def test_escaped_fish_are_gone_and_not_dead(at_sea: Lifecycle) -> None:
    history = at_sea.with_incident(escape(SEA + 20, fish=12_000)).build()
    (truth,) = history.incidents
    assert truth.fish_lost == (12_000,)
    rows = history.columns["batch_mortalityevent"]
    told = np.array([text.startswith("Escaped") for text in texts(rows, "description")])
    assert rows.values("count")[told].tolist() == [12_000]
    assert texts(rows, "cause")[told].tolist() == ["OTHER"]
    journal = texts(history.columns["health_journalentry"], "description").tolist()
    assert any("12,000 fish escaped" in entry for entry in journal)


def test_an_accident_kills_at_once_and_wounds(at_sea: Lifecycle, calm: History) -> None:
    history = at_sea.with_incident(handling_accident(SEA + 20, containers=2, killed=0.05)).build()
    (truth,) = history.incidents
    on = day(history, SEA + 20)
    assert deaths(history, code="HANDLING", on=on) >= sum(truth.fish_lost) > 0
    after = [deaths(history, code="HANDLING", on=on + timedelta(days=n)) for n in range(1, 6)]
    usual = [deaths(calm, code="HANDLING", on=on + timedelta(days=n)) for n in range(1, 6)]
    assert sum(after) > sum(usual)


def test_a_power_failure_strikes_the_whole_hall(at_sea: Lifecycle) -> None:
    history = at_sea.with_incident(power_failure(200, hours=6)).readings_per_day(6).build()
    (truth,) = history.incidents
    stage = history.life.stages[2]
    assert (truth.stage, truth.site) == (3, stage.site.name)
    assert truth.container_ids == tuple(one.id for one in stage.containers)
    assert min(truth.fish_lost) > 0
    today = day_number(day(history, 200))
    assert readings(history, truth, "oxygen")[today].min() < 4.0
    assert readings(history, truth, "co2")[today].max() > 12.0


def test_short_of_feed_fish_fast_and_silos_run_empty(at_sea: Lifecycle, calm: History) -> None:
    history = at_sea.with_incident(feed_shortage(SEA + 60, days=8)).build()
    meals = history.columns["inventory_feedingevent"]
    first = day_number(day(history, SEA + 60))
    there = (meals.values("feeding_date") >= first) & (meals.values("feeding_date") < first + 8)
    assert not there.any()
    lots = history.shared.lots
    barges = np.unique(history.life.stages[-1].feed_containers)
    here = np.isin(lots.feed_container, barges)
    assert not (here & (lots.delivered >= first) & (lots.delivered < first + 8)).any()
    bought = lots.amount[here & (lots.delivered < first)].sum()
    at_barges = meals.values("batch_assignment_id") >= int(
        history.life.stages[-1].assignment_ids[0]
    )
    eaten = meals.values("amount_kg")[at_barges & (meals.values("feeding_date") < first)].sum()
    assert 0 <= bought - eaten / 100 < 100 * 100 * len(barges) * 3
    assert (history.life.stages[-1].weight_g[:, 68] < calm.life.stages[-1].weight_g[:, 68]).all()


def test_a_part_of_the_ration_makes_a_part_of_the_growth(at_sea: Lifecycle, calm: History) -> None:
    history = at_sea.with_incident(feed_shortage(SEA + 60, days=8, ration=0.5)).build()
    mine, theirs = history.life.stages[-1], calm.life.stages[-1]
    share = mine.feed[:, 60:68].sum() / theirs.feed[:, 60:68].sum()
    assert share == pytest.approx(0.5, abs=0.03)


def test_silent_sensors_leave_a_gap_of_their_own_alone(at_sea: Lifecycle, calm: History) -> None:
    history = at_sea.with_incident(sensor_silent(SEA + 5, parameter="salinity", days=9)).build()
    (truth,) = history.incidents
    gone = day_number(truth.first_day) + np.arange(9)
    assert not readings(history, truth, "salinity").keys() & set(gone.tolist())
    assert set(gone.tolist()) <= readings(history, truth, "oxygen").keys()
    name = "environmental_environmentalreading"
    assert len(calm.columns[name]) - len(history.columns[name]) == 9


def test_a_day_may_be_a_date(at_sea: Lifecycle) -> None:
    by_number = at_sea.with_incident(escape(SEA + 20)).build()
    by_date = at_sea.with_incident(escape(day(by_number, SEA + 20))).build()
    assert by_number.incidents == by_date.incidents


def test_the_ground_truth_as_columns(at_sea: Lifecycle) -> None:
    history = at_sea.with_incident(
        escape(SEA + 20, rings=2, fish=500), sensor_stuck(SEA + 25, days=365)
    ).build()
    rows = history.incident_columns
    assert texts(rows, "kind").tolist() == ["escape", "escape", "sensor stuck"]
    assert rows.values("fish_lost").tolist() == [500, 500, 0]
    assert texts(rows, "parameter").tolist() == ["", "", "oxygen"]
    assert rows.values("last_day")[-1] == day_number(history.as_of)
    wanted = {field.name for field in fields(IncidentTruth)} - {"number"}
    named = {"containers": "container", "container_ids": "container_id",
             "assignment_ids": "assignment_id"}  # fmt: skip
    assert {named.get(name, name) for name in wanted} | {"incident"} == set(rows.columns)


def test_which_containers_are_struck_depends_on_the_seed_and_nothing_else(
    at_sea: Lifecycle,
) -> None:
    once = at_sea.with_incident(lice_surge(SEA + 20, rings=3)).build()
    later = at_sea.with_incident(lice_surge(SEA + 40, rings=3)).build()
    assert once.incidents[0].containers == later.incidents[0].containers


@pytest.mark.parametrize(
    ("incident", "told"),
    [
        (
            lice_surge(100),
            "fish of stage 2 (Fry) are kept in a hall, where there is none; give a day of 450 to",
        ),
        (disease_outbreak(20), "fish of stage 1 (Egg&Alevin) are not fed"),
        (power_failure(500), "are kept in a sea area"),
        (lice_surge(500, rings=30), "asks for 30 containers; SCO-2023-001 is in"),
        (escape(500, rings="S-SEA-01-Ring-99"), "did you mean 'S-SEA-01-Ring-0"),
        (escape(1_500), "are there from day 0 (2023-03-01) to day"),
        (escape(-1), "are there from day 0"),
        (escape(date(2020, 1, 1)), "escape on day -1155 (2020-01-01)"),
        (escape(640), "the history of SCO-2023-001 ends on day 630"),
        (sensor_stuck(500, parameter="oxigen"), "did you mean 'oxygen'?"),
        (sensor_stuck(500, parameter="no3"), "there are temperature, oxygen, ph, salinity"),
    ],
)
def test_what_cannot_happen_is_said_in_a_line(
    at_sea: Lifecycle, incident: Incident, told: str
) -> None:
    with pytest.raises(HistoryError) as raised:
        at_sea.with_incident(incident).build()
    message = str(raised.value)
    assert told in message
    assert incident.kind in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda: lice_surge(1, lice_per_fish=0), "lice surge: lice_per_fish must be between"),
        (lambda: lice_surge(1, days=0), "lice surge: days must be between"),
        (lambda: oxygen_crash(1, lowest_mg_l=9), "oxygen crash: lowest_mg_l must be between"),
        (lambda: oxygen_crash(1, killed=1.0), "oxygen crash: killed must be between 0 and 0.95"),
        (lambda: oxygen_crash(1, start_hour=24), "oxygen crash: start_hour must be between"),
        (lambda: oxygen_crash(1, hours=0), "oxygen crash: hours must be between"),
        (lambda: power_failure(1, hours=25), "power failure: hours must be between"),
        (lambda: power_failure(1, killed=-1), "power failure: killed must be between"),
        (lambda: power_failure(1, start_hour=-1), "power failure: start_hour must be between"),
        (lambda: feed_shortage(1, ration=1.0), "feed shortage: ration must be between 0 and 0.9"),
        (lambda: feed_shortage(1, days=0), "feed shortage: days must be between"),
        (lambda: escape(1, fish=0), "escape: fish must be between"),
        (lambda: escape(1, share=2), "escape: share must be between"),
        (lambda: handling_accident(1, killed=0), "handling accident: killed must be between"),
        (lambda: disease_outbreak(1, peak=0), "disease outbreak: peak must be between"),
        (lambda: sensor_stuck(1, days=0), "sensor stuck: days must be between"),
        (lambda: sensor_drifting(1, per_day=0.0), "sensor drifting: per_day must not be 0"),
    ],
)
def test_values_that_make_no_sense_are_refused_at_once(ask: Callable[[], Any], told: str) -> None:
    with pytest.raises(HistoryError, match=told):
        ask()
