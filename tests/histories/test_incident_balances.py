"""Fish and feed are conserved in histories with any combination of incidents."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_aquadata.histories import BatchGroup, History, Lifecycle
from pytest_aquadata.histories.builder import LARGEST_INTEGER
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

pytestmark = pytest.mark.slow

Failures = Callable[[History | BatchGroup], list[str]]
SEA = 450
"""Day of life on which the batch is moved to sea: after five stages of 90 days."""


in_hall = st.integers(90, SEA - 1)
at_sea_days = st.integers(SEA, SEA + 170)
any_day = st.integers(0, SEA + 170)
selection = st.none() | st.integers(1, 3)

INCIDENTS: dict[str, st.SearchStrategy[Incident]] = {
    "disease outbreak": st.builds(
        disease_outbreak, in_hall | at_sea_days, containers=selection, peak=st.floats(1.0, 150.0)
    ),
    "lice surge": st.builds(
        lice_surge,
        at_sea_days,
        rings=st.none() | st.integers(1, 10),
        lice_per_fish=st.floats(0.5, 100.0),
        days=st.integers(1, 30),
    ),
    "oxygen crash": st.builds(
        oxygen_crash,
        any_day,
        containers=selection,
        lowest_mg_l=st.floats(1.0, 6.0),
        start_hour=st.floats(0.0, 23.0),
        hours=st.floats(1.0, 72.0),
        killed=st.none() | st.floats(0.0, 0.95),
    ),
    "sensor stuck": st.builds(sensor_stuck, any_day, containers=selection, days=st.integers(1, 60)),
    "sensor silent": st.builds(
        sensor_silent, any_day, containers=selection, days=st.integers(1, 60)
    ),
    "sensor drifting": st.builds(
        sensor_drifting,
        any_day,
        parameter=st.sampled_from(["oxygen", "temperature"]),
        containers=selection,
    ),
    "feed shortage": st.builds(
        feed_shortage,
        in_hall | at_sea_days,
        days=st.integers(1, 20),
        ration=st.sampled_from([0.0, 0.25, 0.6, 0.9]),
    ),
    "escape": st.builds(
        escape,
        at_sea_days,
        rings=selection,
        fish=st.none() | st.integers(1, 10**6),
        share=st.floats(0.001, 0.9),
    ),
    "handling accident": st.builds(
        handling_accident, any_day, containers=selection, killed=st.floats(0.001, 0.95)
    ),
    "power failure": st.builds(power_failure, st.integers(0, SEA - 1), hours=st.floats(0.5, 24.0)),
}


@pytest.mark.parametrize("kind", INCIDENTS)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_fish_and_feed_add_up_with_one_incident(
    kind: str, data: st.DataObject, at_sea: Lifecycle, failures: Failures
) -> None:
    readings = int(kind.startswith(("sensor", "oxygen", "power")))
    lifecycle = at_sea.readings_per_day(readings)
    history = lifecycle.with_incident(data.draw(INCIDENTS[kind])).build()
    assert failures(history) == []
    assert [truth.kind for truth in history.incidents] == [kind]


@settings(max_examples=12, deadline=None)
@given(
    incidents=st.lists(st.one_of(*INCIDENTS.values()), min_size=2, max_size=8),
    seed=st.integers(1, LARGEST_INTEGER),
)
def test_fish_and_feed_add_up_with_many_incidents(
    incidents: list[Incident], seed: int, failures: Failures
) -> None:
    lifecycle = Lifecycle.of("Faroe Islands", start="2022-09-10", seed=seed)
    history = lifecycle.until("adult", days=200).with_incident(*incidents).build()
    assert failures(history) == []
    assert [truth.number for truth in history.incidents] == list(range(len(incidents)))


def test_fish_and_feed_add_up_to_the_end_of_harvest_with_every_kind_of_incident(
    failures: Failures,
) -> None:
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
    status = history.columns["batch_batch"]["status"]
    assert [(status.vocabulary or ())[code] for code in status.values] == ["COMPLETED"]
    assert failures(history) == []
