"""Soft checks measure known values, and give none without enough data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import Check, Report, run_checks
from pytest_aquadata.checks.context import CheckContext
from pytest_aquadata.checks.soft import SOFT
from pytest_aquadata.checks.soft.arrays import group_sums, index_of, month_index, ratio
from pytest_aquadata.checks.soft.chemistry import oxygen_solubility
from pytest_aquadata.checks.soft.lice_counts import LiceCounts, last_event, next_event
from pytest_aquadata.checks.soft.populations import batches_at_sea
from pytest_aquadata.presets.farm import load_farm
from pytest_aquadata.schema import Base

every_soft_check = pytest.mark.parametrize("check", SOFT, ids=lambda check: check.name)

LACKING = {
    "causes-of-death-at-sea": "3 of 10 batches at sea",
    "harvest-weight-in-scotland": "1 of 5 completed batches in Scotland",
    "harvest-weight-in-the-faroes": "1 of 5 completed batches in the Faroe Islands",
    **dict.fromkeys(
        (
            "deaths-after-delousing",
            "early-loss-at-sea",
            "lower-loss-later",
            "skewed-losses",
            "worse-scores-after-delousing",
            "worse-scores-in-winter",
        ),
        "3 of 5 batches at sea",
    ),
    **dict.fromkeys(
        (
            "days-at-sea",
            "days-of-harvest",
            "delousings-a-sea-cycle",
            "feed-conversion-of-the-farm",
            "harvest-weight-of-the-farm",
            "loss-of-a-sea-cycle",
            "superior-share",
            "usual-harvest-weights",
            "usual-sea-cycles",
            "worse-grades-in-winter",
        ),
        "2 of 5 completed batches",
    ),
}
"""Checks that the small preset has too few batches for."""
VALUES = {
    "growth-at-sea": 3.01,
    "feed-conversion-of-the-farm": 1.146,
    "loss-of-a-sea-cycle": 10.99,
    "sea-temperature-of-scotland": 0.2135,
    "oxygen-at-sea": 94.09,
    "delousings-a-sea-cycle": 3.262,
    "condition-of-adults": 1.28,
    "harvest-weight-in-the-faroes": 5.937,
    "gutted-yield": 0.84,
    "fillet-yield": 0.57,
    "fasting-before-harvest": 3,
    "density-of-rings": 18.86,
    "most-scores-good": 0.8322,
}


@pytest.fixture(scope="module")
def report(small: sa.Engine) -> Report:
    return run_checks(small, only=["soft"])


@pytest.fixture(scope="module")
def report_of_many(many: sa.Engine) -> Report:
    return run_checks(many, only=["soft"])


@pytest.fixture(scope="module")
def empty() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def report_of_empty(empty: sa.Engine) -> Report:
    return run_checks(empty)


@every_soft_check
def test_small_preset_passes_or_lacks_batches(check: Check, report: Report) -> None:
    result = report[check.name]
    if check.name not in LACKING:
        assert result.passed, result.lines()
        return
    assert (result.outcome, result.passed, result.value) == ("n/a", None, None)
    assert result.reason == f"not enough data ({LACKING[check.name]})"
    assert result.lines()[0].endswith(result.reason)


@every_soft_check
def test_many_batches_pass(check: Check, report_of_many: Report) -> None:
    assert report_of_many[check.name].passed, report_of_many[check.name].lines()


@pytest.mark.parametrize("name", VALUES)
def test_many_batches_have_known_values(name: str, report_of_many: Report) -> None:
    assert report_of_many[name].value == pytest.approx(VALUES[name], rel=1e-3)


def test_a_population_is_enough_from_its_least_number_on(small: sa.Engine) -> None:
    with small.connect() as connection:
        context = CheckContext(connection, load_farm())
        (three,), (four,) = batches_at_sea(3), batches_at_sea(4)
        assert not three.shortage(context)
        assert four.shortage(context) == "3 of 4 batches at sea"


def test_every_soft_check_declares_its_population() -> None:
    assert all(population.least > 0 for check in SOFT for population in check.needs)
    assert all(check.needs for check in SOFT)


@every_soft_check
def test_soft_check_lacks_data_in_an_empty_database(check: Check, report_of_empty: Report) -> None:
    assert report_of_empty[check.name].passed is None
    assert report_of_empty[check.name].reason.startswith("not enough data (0 of ")


def test_no_hard_check_fails_on_an_empty_database(report_of_empty: Report) -> None:
    assert report_of_empty.ok
    assert report_of_empty.soft_share is None


def test_oxygen_solubility_is_the_published_one() -> None:
    assert oxygen_solubility(np.array([10.0]), np.array([0.0]))[0] == pytest.approx(11.29, abs=0.01)
    assert oxygen_solubility(np.array([10.0]), np.array([35.0]))[0] == pytest.approx(9.02, abs=0.01)


def test_next_and_last_event_stay_within_the_assignment() -> None:
    nothing = np.zeros(3)
    counts = LiceCounts(np.array([0, 0, 1]), np.array([10, 20, 5]), nothing, nothing, nothing)
    rings, days = np.array([0, 0, 0, 1]), np.array([10, 15, 21, 30])
    assert next_event(rings, days, counts, after=False).tolist() == [0, 1, -1, -1]
    assert next_event(rings, days, counts, after=True).tolist() == [1, 1, -1, -1]
    assert last_event(rings, days, counts).tolist() == [0, 0, 1, 2]
    assert last_event(np.array([1]), np.array([4]), counts).tolist() == [-1]


def test_look_ups_sums_ratios_and_months_of_arrays() -> None:
    keys = np.array([2, 4, 8])
    assert index_of(np.array([4, 5, 9]), keys).tolist() == [1, -1, -1]
    assert group_sums(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist() == [1, 0, 5, 0]
    assert ratio(np.array([6.0]), np.array([3.0]))[0] == 2.0
    assert np.isnan(ratio(np.array([6.0]), np.array([0.0]))[0])
    days = np.array(["1970-01-31", "2024-02-29", "2025-12-01"], "datetime64[D]").astype(np.int64)
    assert month_index(days).tolist() == [0, 1, 11]


def test_shared_data_are_loaded_once(small: sa.Engine) -> None:
    calls = []

    def load(context: CheckContext) -> int:
        calls.append(context)
        return len(calls)

    with small.connect() as connection:
        first = CheckContext(connection, load_farm())
        second = CheckContext(connection, load_farm(), share_with=first)
        assert [first.get(load), second.get(load), first.get(load)] == [1, 1, 1]
    assert calls == [first]
