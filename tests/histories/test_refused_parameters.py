"""Parameters of the builder, of incidents and of imperfections are refused at the call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import numpy as np
import pytest

from pytest_aquadata import Lifecycle, build_together
from pytest_aquadata.errors import HistoryError
from pytest_aquadata.imperfections import Imperfection, duplicated, late, missing
from pytest_aquadata.incidents import (
    disease_outbreak,
    escape,
    feed_shortage,
    handling_accident,
    lice_surge,
    oxygen_crash,
    sensor_drifting,
    sensor_stuck,
)

NAN, INF = float("nan"), float("inf")
base = Lifecycle.of("Scotland", start="2023-03-01")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Lifecycle.of("Scotlnd"), "did you mean 'Scotland'?"),
        (lambda: Lifecycle.of(5), "geography=5 is not a name"),
        (lambda: Lifecycle.of(eggs=-1), "eggs must be between 1,000 and 20,000,000, not -1"),
        (lambda: Lifecycle.of(eggs="many"), "eggs must be between"),
        (lambda: Lifecycle.of(eggs=True), "True is not a whole number"),
        (lambda: Lifecycle.of(eggs=2e6), "2000000.0 is not a whole number; give an int"),
        (lambda: Lifecycle.of(start="soon"), "start='soon' is no date; write it like"),
        (lambda: Lifecycle.of(start=20230301), "start=20230301 is no date"),
        (lambda: Lifecycle.of(start=datetime(2023, 3, 1)), "is an instant, not a date"),
        (lambda: Lifecycle.of(start="0001-01-01"), "must be of a year from 1950 to 2150"),
        (lambda: Lifecycle.of(harvest_weight_g=NAN), "harvest_weight_g must be between"),
        (lambda: Lifecycle.of(harvest_weight_g="heavy"), "'heavy' is not a number"),
        (lambda: Lifecycle.of(number=""), "number must be a text with characters to read"),
        (lambda: Lifecycle.of(number="x" * 60), "number has 60 characters; give at most 38"),
        (lambda: Lifecycle.of(number=7), "number must be a text, not 7"),
        (lambda: Lifecycle.of(seed="one"), "seed must be between"),
        (lambda: Lifecycle.of(farm="farm.yaml"), "farm='farm.yaml' is not a Farm"),
        (lambda: base.until("adlt"), "did you mean 'Adult'?"),
        (lambda: base.until(9), "there is no stage 9; the farm has 1 to 6"),
        (lambda: base.until(True), "True is no stage"),
        (lambda: base.until(None), "None is no stage"),
        (lambda: base.until("2022-01-01"), "starts on 2023-03-01 cannot end on 2022-01-01"),
        (lambda: base.until(date(2022, 1, 1)), "cannot end on 2022-01-01; give a later day"),
        (lambda: base.until(datetime(2024, 1, 1)), "is an instant"),
        (lambda: base.until("2024-13-01"), "until='2024-13-01' is no date"),
        (lambda: base.until("adult", days=-1), "until: days must be 0 or more, not -1"),
        (lambda: base.until("adult", days="120"), "'120' is not a whole number"),
        (lambda: base.until("adult", days=1.5), "1.5 is not a whole number"),
        (lambda: base.with_incident("lice"), "with_incident: 'lice' is not one"),
        (lambda: base.with_incident("lice_surg"), "did you mean 'lice_surge'?"),
        (lambda: base.with_incident(lice_surge), "LiceSurge is not called; give lice_surge("),
        (lambda: base.with_incident([lice_surge(480)]), "give them one by one, not a list"),
        (lambda: base.with_incident(missing(0.1)), "is not one; give one such as"),
        (lambda: base.with_incident(None), "with_incident: None is not one"),
        (lambda: base.with_imperfection("missing"), "with_imperfection: 'missing' is not one"),
        (lambda: base.with_imperfection(missing), "missing is not called"),
        (lambda: base.readings_per_day(-1), "readings_per_day must be between 0 and 24, not -1"),
        (lambda: base.readings_per_day(1.5), "1.5 is not a whole number"),
        (lambda: base.with_days("fry", 3), "a stage lasts 7 to 900 days, not 3"),
        (lambda: base.with_days("fry", "80"), "'80' is not a whole number"),
        (lambda: base.with_days(2.0, 80), "2.0 is no stage"),
        (lambda: base.with_arrival("adult", "2022-01-01"), "give a later day"),
        (lambda: base.with_arrival("adult", 5), "on=5 is no date"),
        (lambda: base.with_weight("smolt", NAN), "weight_g must be between 0.2 and 12,000"),
        (lambda: base.with_weight("smolt", -5), "weight_g must be between 0.2 and 12,000, not -5"),
        (lambda: base.with_weight("smolt", "95"), "'95' is not a number"),
        (lambda: base.with_mortality("adult", INF), "monthly_pct must be between 0.01 and 60"),
        (lambda: base.with_fish("adult", 1.5e6), "1500000.0 is not a whole number"),
        (lambda: base.with_fish("adult", 10**9), "with_fish: fish must be between"),
        (lambda: base.with_containers("fry"), "names of containers, not nothing"),
        (lambda: base.with_containers("fry", 0), "give one number from 1"),
        (lambda: base.with_containers("fry", True), "names of containers, not True"),
        (lambda: base.with_containers(6, "S-SEA-01-Rng-01"), "did you mean 'S-SEA-01-Ring-01'?"),
        (lambda: base.at("S-SEA-99"), "did you mean 'S-SEA-"),
        (lambda: base.at(5), "at: 5 is not the name"),
        (lambda: build_together("Scotland"), "build_together: 'Scotland' is not one"),
        (lambda: build_together([base]), "build_together: give them one by one, not a list"),
    ],
)
def test_the_builder_refuses_at_the_call(make: Callable[[], object], expected: str) -> None:
    assert expected in refused(make)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: lice_surge("480"), "lice surge: day must be a number of days"),
        (lambda: lice_surge(True), "lice surge: day must be a number of days"),
        (lambda: lice_surge(480.5), "lice surge: day must be a number of days"),
        (lambda: lice_surge(datetime(2024, 1, 1)), "day is an instant"),
        (lambda: lice_surge(10**9), "lice surge: day must be between"),
        (lambda: lice_surge(480, lice_per_fish=NAN), "lice_per_fish must be between 0.1 and 500"),
        (lambda: lice_surge(480, lice_per_fish="12"), "'12' is not a number"),
        (lambda: lice_surge(480, days=1.5), "days must be between"),
        (lambda: lice_surge(480, rings=0), "lice surge: rings must be between 1 and"),
        (lambda: lice_surge(480, rings=2.5), "lice surge: rings must be a number of containers"),
        (lambda: lice_surge(480, rings=[]), "lice surge: rings must be a number of containers"),
        (lambda: lice_surge(480, rings=[1, 2]), "rings must be a number of containers"),
        (lambda: escape(480, fish=NAN), "escape: fish must be between"),
        (lambda: escape(480, share=True), "escape: share must be between"),
        (lambda: disease_outbreak(300, diagnosis=" "), "diagnosis must be a text with"),
        (lambda: disease_outbreak(300, diagnosis=5), "diagnosis must be a text, not 5"),
        (lambda: feed_shortage(300, ration=-0.5), "ration must be between 0 and 0.9, not -0.5"),
        (lambda: handling_accident(300, killed=INF), "killed must be between"),
        (lambda: oxygen_crash(300, lowest_mg_l=NAN), "lowest_mg_l must be between 1 and 6"),
        (lambda: oxygen_crash(300, containers=-2), "containers must be between 1 and"),
        (lambda: sensor_stuck(300, parameter="oxigen"), "did you mean 'oxygen'?"),
        (lambda: sensor_stuck(300, parameter=5), "parameter must be a text"),
        (lambda: sensor_drifting(300, per_day=NAN), "per_day must be between"),
        (lambda: missing("inventory_feedingevent", 0.1), "rate must be above 0 and at most 1"),
        (lambda: missing(NAN), "rate must be above 0 and at most 1, not nan"),
        (lambda: missing(True), "rate must be above 0 and at most 1, not True"),
        (lambda: missing(0.1, ["health_licecount"]), "give names one by one"),
        (lambda: duplicated(0.1, "health_licecont"), "did you mean 'health_licecount'?"),
        (lambda: late(0.1, within_days=0), "within_days must be between 1 and 3,650, not 0"),
        (lambda: late(0.1, within_days=1.5), "1.5 is not a whole number"),
        (lambda: Imperfection("mising", 0.1, ()), "did you mean 'missing'?"),
    ],
)
def test_incidents_and_imperfections_refuse_at_the_call(
    make: Callable[[], object], expected: str
) -> None:
    assert expected in refused(make)


def refused(make: Callable[[], object]) -> str:
    """Return the message with which a call is refused."""
    with pytest.raises(HistoryError) as raised:
        make()
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_numbers_of_numpy_are_taken() -> None:
    assert lice_surge(np.int64(480), rings=np.int64(3)).day == 480
    assert base.readings_per_day(np.int64(2)).request.readings_per_day == 2
