"""Pinned values are met by the simulation, and contradictions between them are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.histories import BatchGroup, History, Lifecycle
from pytest_aquadata.lifecycle.incidents import handling_accident
from pytest_aquadata.lifecycle.state import StageLife

Failures = Callable[[History | BatchGroup], list[str]]
START = date(2023, 3, 1)


def lifecycle(eggs: int | None = 2_000_000) -> Lifecycle:
    return Lifecycle.of("Scotland", eggs=eggs, start=START).readings_per_day(0)


def leaving_weight_g(stage: StageLife) -> float:
    fish = stage.latest(stage.population)
    return float((stage.latest(stage.weight_g) * fish).sum() / fish.sum())


def monthly_pct(stage: StageLife, days: int) -> float:
    survival = stage.population[:, days].sum() / stage.population[:, 0].sum()
    return float(100 * (1 - survival ** (30 / days)))


@pytest.mark.parametrize(("stage", "weight_g"), [(2, 7.5), (4, 95.0), (5, 520.0)])
def test_fish_leave_a_stage_at_the_pinned_weight(
    stage: int, weight_g: float, failures: Failures
) -> None:
    history = lifecycle().with_weight(stage, weight_g).until(stage + 1, days=20).build()
    assert leaving_weight_g(history.life.stages[stage - 1]) == pytest.approx(weight_g, rel=0.003)
    assert failures(history) == []


def test_several_pinned_weights_are_met(failures: Failures) -> None:
    history = lifecycle().with_weight("fry", 8).with_weight("parr", 60).with_weight(6, 5_500)
    built = history.build()
    weights_g = {stage.rule.order: leaving_weight_g(stage) for stage in built.life.stages}
    assert weights_g[2] == pytest.approx(8, rel=0.003)
    assert weights_g[3] == pytest.approx(60, rel=0.003)
    assert weights_g[6] == pytest.approx(5_500, rel=0.003)
    assert failures(built) == []


@pytest.mark.parametrize("pct", [0.1, 2.0, 15.0])
def test_pinned_mortality_is_met(pct: float, failures: Failures) -> None:
    history = lifecycle().with_mortality("parr", pct).until("smolt", days=5).build()
    assert monthly_pct(history.life.stages[2], 90) == pytest.approx(pct, rel=0.02)
    assert failures(history) == []


def test_deaths_of_incidents_are_added_to_pinned_mortality() -> None:
    pinned = lifecycle().with_mortality("parr", 1.0).until("smolt")
    history = pinned.with_incident(handling_accident(200, containers=None, killed=0.2)).build()
    assert monthly_pct(history.life.stages[2], 90) > 6.0


def test_the_pinned_number_of_fish_enters_the_stage(failures: Failures) -> None:
    history = lifecycle(None).with_fish("adult", 1_500_000).until("adult", days=10).build()
    assert history.life.stages[-1].population[:, 0].sum() == pytest.approx(1_500_000, rel=0.001)
    assert failures(history) == []


def test_pinned_durations_and_arrivals_are_met(failures: Failures) -> None:
    history = (
        lifecycle().with_days("fry", 75).with_arrival("adult", "2024-06-30").with_days(6, 400)
    ).build()
    stays = history.plan.stays
    assert (stays[1].leaves - stays[1].arrives).days == 75
    assert stays[5].arrives == date(2024, 6, 30)
    assert stays[5].leaves == date(2024, 6, 30) + timedelta(days=400)
    assert failures(history) == []


def test_fish_pinned_to_more_days_at_sea_are_heavier() -> None:
    weights = [
        leaving_weight_g(lifecycle().with_days(6, days).build().life.stages[-1])
        for days in (330, 420)
    ]
    assert weights[0] < 0.85 * weights[1]


def test_containers_are_pinned_by_number_or_by_name(failures: Failures) -> None:
    rings = ["S-SEA-04-Ring-02", *(f"S-SEA-04-Ring-{number}" for number in range(10, 18))]
    history = (
        Lifecycle.of("Scotland", eggs=1_000_000, start=START)
        .with_containers("fry", 9)
        .with_containers("adult", *rings)
        .until("adult", days=30)
        .build()
    )
    assert len(history.life.stages[1].containers) == 9
    assert [container.name for container in history.life.stages[-1].containers] == rings
    assert failures(history) == []


def test_a_station_and_a_sea_area_are_pinned_by_name(failures: Failures) -> None:
    history = lifecycle().at("S-FW-03", "S-SEA-05").until("adult", days=5).build()
    assert {stay.site for stay in history.plan.stays[:-1]} == {
        f"S-FW-03-Hall-{letter}" for letter in "ABCDE"
    }
    assert history.plan.stays[-1].site == "S-SEA-05"
    assert failures(history) == []


def test_fish_are_harvested_near_the_target_weight() -> None:
    light, heavy = (
        Lifecycle.of("Scotland", start=START, harvest_weight_g=weight).readings_per_day(0).build()
        for weight in (4_000, 6_000)
    )
    assert leaving_weight_g(light.life.stages[-1]) == pytest.approx(4_000, rel=0.12)
    assert leaving_weight_g(heavy.life.stages[-1]) == pytest.approx(6_000, rel=0.12)
    assert light.as_of < heavy.as_of


def test_a_later_pin_replaces_an_earlier_one() -> None:
    history = lifecycle().with_days(1, 80).with_days(1, 100).until(2).build()
    assert history.plan.stays[1].arrives == START + timedelta(days=100)


def test_rings_have_at_most_the_permitted_number_of_fish() -> None:
    history = lifecycle().with_mortality("adult", 0.5).until("adult", days=20).build()
    assert np.all(history.life.stages[-1].population[:, 0] <= 200_000)


@pytest.mark.parametrize(
    ("request_it", "expected"),
    [
        (lambda: lifecycle().with_weight(1, 0.2), "stage 1 (Egg&Alevin) lives on its yolk"),
        (lambda: lifecycle().with_weight(2, 0.01), "weight_g must be between 0.2 and 12,000"),
        (lambda: lifecycle().with_weight(2, 300).build(), "needs a TGC of"),
        (lambda: lifecycle().with_mortality(2, 99), "monthly_pct must be between 0.01 and 60"),
        (lambda: lifecycle().with_fish(6, 1_000_000), "eggs=2,000,000 and 1,000,000 fish in"),
        (lambda: lifecycle(None).with_fish(6, 3), "give at least 1,000 fish"),
        (
            lambda: lifecycle(None).with_fish(2, 2_000_000).with_fish(6, 2_000_000),
            "the fish of stages 2 and 6 cannot both be pinned",
        ),
        (lambda: lifecycle().with_days(2, 3), "a stage lasts 7 to 900 days, not 3"),
        (lambda: lifecycle().with_days(4, 9).build(), "its fish are vaccinated on day 10"),
        (lambda: lifecycle().with_arrival(1, START), "give start=..."),
        (
            lambda: lifecycle().with_arrival(3, "2023-06-01").build(),
            "stage 3 cannot begin on 2023-06-01",
        ),
        (
            lambda: lifecycle().with_days(2, 60).with_arrival(3, "2023-08-28").build(),
            "is pinned to 60 days, so stage 3 cannot begin on 2023-08-28",
        ),
        (lambda: lifecycle().at("S-SEA-99"), "has no station, hall or area 'S-SEA-99'; did you"),
        (
            lambda: lifecycle().at("S-SEA-02").with_containers(6, "S-SEA-01-Ring-01").build(),
            "are in S-SEA-01, and the batch is pinned to S-SEA-02",
        ),
        (lambda: lifecycle().with_containers(6), "give one number from 1, or names"),
        (lambda: lifecycle().with_containers(6, 2, 3), "give one number from 1, or names"),
        (
            lambda: lifecycle().with_containers(6, 2).build(),
            "2 containers are pinned for stage 6, where some",
        ),
        (
            lambda: lifecycle().with_containers(6, 40).build(),
            "40 containers are pinned for stage 6; S-SEA-01 has 20",
        ),
        (
            lambda: lifecycle().with_containers(6, "S-SEA-01-Ring-99").build(),
            "Scotland has no container 'S-SEA-01-Ring-99' for stage 6; did you mean",
        ),
        (
            lambda: lifecycle().with_containers(6, "S-SEA-01-Ring-01", "S-SEA-02-Ring-01").build(),
            "are in S-SEA-01 and S-SEA-02; a batch uses those of one hall or area",
        ),
        (
            lambda: Lifecycle.of(harvest_weight_g=5_000).with_weight(6, 4_000).build(),
            "harvest_weight_g=5,000 and a weight of 4,000 g at the end of stage 6 contradict",
        ),
    ],
)
def test_impossible_pins_are_refused_in_one_line(
    request_it: Callable[[], Any], expected: str
) -> None:
    with pytest.raises(HistoryError) as raised:
        request_it()
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)
