from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.errors import HistoryError
from pytest_aquadata.generation.simulation import complete_tables
from pytest_aquadata.histories import History, Lifecycle
from pytest_aquadata.lifecycle.imperfections import missing
from pytest_aquadata.lifecycle.incidents import lice_surge

START = date(2023, 3, 1)


def lifecycle() -> Lifecycle:
    return Lifecycle.of("Scotland", eggs=3_200_000, start=START)


def digests(history: History) -> dict[str, str]:
    return {name: table_digest(rows) for name, rows in complete_tables(history.columns).items()}


def test_a_history_with_an_incident_is_built() -> None:
    history = (
        Lifecycle.of(geography="Scotland", eggs=3_200_000, start="2023-03-01")
        .until("adult", days=120)
        .with_incident(lice_surge(day=480, rings=3))
        .readings_per_day(2)
        .build()
    )
    assert (history.number, history.stage) == ("SCO-2023-001", 6)
    assert history.as_of == START + timedelta(days=450 + 120)
    assert len(history.columns["health_licecount"]) > 0
    assert history.incidents[0].kind == "lice surge"


def test_each_step_returns_a_new_builder_and_leaves_the_old_one_unchanged() -> None:
    base = lifecycle()
    before = base.request
    steps = [
        base.until("fry"),
        base.until_harvest(),
        base.readings_per_day(3),
        base.with_incident(lice_surge(500)),
        base.with_imperfection(missing(0.1)),
        base.with_days(2, 80),
        base.with_weight(2, 5.0),
    ]
    assert base.request is before
    assert base == lifecycle()
    assert len({id(step) for step in (base, *steps)}) == len(steps) + 1


def test_the_same_request_gives_the_same_rows_and_another_seed_gives_others() -> None:
    first_seed = lifecycle().until("parr", days=30)
    assert digests(first_seed.build()) == digests(first_seed.build())
    second_seed = Lifecycle.of("Scotland", eggs=3_200_000, start=START, seed=2)
    assert digests(second_seed.until("parr", days=30).build()) != digests(first_seed.build())


@pytest.mark.parametrize("stage", ["adult", "Adult", " ADULT ", 6])
def test_a_stage_is_given_by_order_or_by_name(stage: int | str) -> None:
    assert lifecycle().until(stage, days=3).build().stage == 6


@pytest.mark.parametrize(
    ("stage", "order"), [("post-smolt", 5), ("Post Smolt", 5), ("egg & alevin", 1), ("smolt", 4)]
)
def test_stage_names_ignore_case_spaces_and_punctuation(stage: str, order: int) -> None:
    assert lifecycle().until(stage).request.end.stage == order


def test_a_history_ends_on_a_date_or_in_a_stage_or_after_harvest() -> None:
    assert lifecycle().until("2023-10-01").build().as_of == date(2023, 10, 1)
    assert lifecycle().until(date(2023, 10, 1)).build().as_of == date(2023, 10, 1)
    assert lifecycle().until(2).build().as_of == START + timedelta(days=90)
    harvested = lifecycle().readings_per_day(0).build()
    assert harvested.as_of == harvested.plan.ends
    assert "harvest_harvestevent" in harvested.columns


def test_no_event_is_later_than_the_end_of_the_history() -> None:
    history = lifecycle().until("fry", days=10).build()
    last = history.inputs.as_of
    for name, column in (
        ("batch_mortalityevent", "event_date"),
        ("inventory_feedingevent", "feeding_date"),
    ):
        assert history.columns[name].values(column).max() == last


def test_readings_per_day_sets_the_number_of_readings() -> None:
    name = "environmental_environmentalreading"
    three = lifecycle().until(1, days=9).readings_per_day(3).build()
    six = lifecycle().until(1, days=9).readings_per_day(6).build()
    assert len(six.columns[name]) == 2 * len(three.columns[name])
    assert name not in lifecycle().until(1, days=9).readings_per_day(0).build().columns


def test_a_given_batch_number_is_used() -> None:
    history = Lifecycle.of("Scotland", number="MINE-1").until(1).build()
    assert history.number == "MINE-1"
    assert history.columns["batch_creationworkflow"]["workflow_number"].vocabulary == (
        "CRT-MINE-1",
    )


def test_missing_records_are_removed_and_listed() -> None:
    name = "inventory_feedingevent"
    clean = lifecycle().until("fry", days=60)
    history = clean.with_imperfection(missing(0.2, name)).build()
    assert len(history.columns[name]) == len(clean.build().columns[name]) - len(
        history.imperfections
    )
    assert len(history.imperfections) > 100
    assert len(history.imperfection_columns) == len(history.imperfections)


@pytest.mark.parametrize(
    ("request_it", "expected"),
    [
        (lambda: Lifecycle.of("Scotlnd"), "there is no geography 'Scotlnd'; did you mean 'Scotl"),
        (lambda: Lifecycle.of(eggs=3), "eggs must be between 1,000 and 20,000,000, not 3"),
        (lambda: Lifecycle.of(harvest_weight_g=50), "harvest_weight_g must be between 500 and"),
        (lambda: Lifecycle.of(start="spring"), "start='spring' is no date"),
        (lambda: lifecycle().until("adlt"), "there is no stage 'adlt'; did you mean 'Adult'?"),
        (lambda: lifecycle().until(7), "there is no stage 7; the farm has 1 to 6"),
        (lambda: lifecycle().until("2024-13-01"), "until='2024-13-01' is no date"),
        (lambda: lifecycle().until(date(2024, 1, 1), days=3), "leave out days=3"),
        (lambda: lifecycle().until(2, days=-1), "days must be 0 or more"),
        (lambda: lifecycle().until("2022-01-01").build(), "cannot end on 2022-01-01"),
        (lambda: lifecycle().until(2, days=90).build(), "the fish leave it after 90 days"),
        (lambda: lifecycle().until(6, days=800).build(), "the last ring is harvested after"),
        (
            lambda: lifecycle().readings_per_day(25),
            "readings_per_day must be between 0 and 24, not 25",
        ),
        (lambda: Lifecycle.of(number="a b").build(), "must be 1 to 38 letters"),
        (lambda: Lifecycle.of(eggs=9_000_000).build(), "order fewer eggs"),
    ],
)
def test_an_impossible_request_is_refused_in_one_line(
    request_it: Callable[[], Any], expected: str
) -> None:
    with pytest.raises(HistoryError) as raised:
        request_it()
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)
