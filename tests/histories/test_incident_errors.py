"""Incidents that cannot happen, and values out of range, raise a one-line HistoryError."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.histories import Lifecycle
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
    sensor_stuck,
)


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (
            lice_surge(100),
            "stage 2 (Fry) are kept in a hall, so it cannot happen to them; give a day of 450 to",
        ),
        (disease_outbreak(20), "fish of stage 1 (Egg&Alevin) are not fed"),
        (power_failure(500), "are kept in a sea area"),
        (lice_surge(500, rings=30), "asks for 30 containers; SCO-2023-001 is in"),
        (escape(500, rings="S-SEA-01-Ring-99"), "did you mean 'S-SEA-01-Ring-0"),
        (escape(1_500), "on day 0 (2023-03-01) and the eve of harvest on day"),
        (escape(-1), "give one of these days"),
        (escape(date(2020, 1, 1)), "escape on day -1155 (2020-01-01)"),
        (escape(640), "the history of SCO-2023-001 ends on day 630"),
        (
            sensor_stuck(500, parameter="no3"),
            "the sensors measure temperature, oxygen, ph, salinity",
        ),
    ],
)
def test_an_impossible_incident_is_refused_in_one_line(
    at_sea: Lifecycle, incident: Incident, expected: str
) -> None:
    with pytest.raises(HistoryError) as raised:
        at_sea.with_incident(incident).build()
    message = str(raised.value)
    assert expected in message
    assert incident.kind in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("make", "expected"),
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
def test_a_value_out_of_range_is_refused_when_the_incident_is_made(
    make: Callable[[], Incident], expected: str
) -> None:
    with pytest.raises(HistoryError, match=expected):
        make()
