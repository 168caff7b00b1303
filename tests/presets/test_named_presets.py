"""Batches of the named presets, by stage and age."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest

from pytest_aquadata.errors import PlanError
from pytest_aquadata.lifecycle.plan import BatchPlan
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.named_presets import PRESETS, plan_preset
from pytest_aquadata.presets.schedule import Schedule, check_schedule
from pytest_aquadata.settings import DEFAULT_AS_OF

STAGES = range(1, 7)


@pytest.fixture(scope="module")
def full(farm: Farm) -> Schedule:
    return plan_preset("full", farm, DEFAULT_AS_OF, 1)


@pytest.fixture(scope="module")
def uat(farm: Farm) -> Schedule:
    return plan_preset("uat", farm, DEFAULT_AS_OF, 1)


def stage_today(batch: BatchPlan, today: date = DEFAULT_AS_OF) -> int:
    """Return the order of the stage a batch is in; 0 if it is completed."""
    current = [stay.stage for stay in batch.stays if stay.arrives <= today < stay.leaves]
    return current[0] if current else 0


def stages(schedule: Schedule) -> Counter[int]:
    """Count batches by the stage they are in; 0 for completed ones."""
    return Counter(stage_today(batch, schedule.as_of) for batch in schedule.batches)


def test_full_has_144_batches_half_of_them_in_each_geography(full: Schedule) -> None:
    assert Counter(batch.geography for batch in full.batches) == {
        "Faroe Islands": 72,
        "Scotland": 72,
    }


def test_full_starts_a_batch_every_13_days_geographies_in_turn(full: Schedule) -> None:
    starts = [batch.starts for batch in full.batches]
    assert {(following - start).days for start, following in pairwise(starts)} == {13}
    assert all(
        batch.geography != following.geography for batch, following in pairwise(full.batches)
    )
    assert starts[0] == date(2020, 8, 25)


def test_full_has_82_completed_batches_and_active_ones_in_every_stage(full: Schedule) -> None:
    assert stages(full) == {0: 82, 1: 3, 2: 7, 3: 7, 4: 7, 5: 7, 6: 31}


def test_full_has_six_readings_a_day(full: Schedule) -> None:
    assert full.readings_per_day == 6


def test_small_has_a_batch_in_each_stage_and_a_completed_one_a_geography(farm: Farm) -> None:
    small = plan_preset("small", farm, DEFAULT_AS_OF, 1)
    assert len(small.batches) == 8
    completed = [batch for batch in small.batches if stage_today(batch) == 0]
    assert {batch.geography for batch in completed} == {"Faroe Islands", "Scotland"}
    assert stages(small) == {0: 2} | dict.fromkeys(STAGES, 1)
    assert small.readings_per_day == 1


def test_medium_has_two_years_of_completed_batches_and_one_in_each_stage(farm: Farm) -> None:
    medium = plan_preset("medium", farm, DEFAULT_AS_OF, 1)
    assert stages(medium) == {0: 30} | dict.fromkeys(STAGES, 1)
    completed = [batch.starts for batch in medium.batches if stage_today(batch) == 0]
    assert 1.9 <= (completed[-1] - completed[0]).days / 365.25 <= 2.2
    assert medium.readings_per_day == 1


def test_uat_has_80_completed_batches_and_56_active_ones(uat: Schedule) -> None:
    assert stages(uat) == {0: 80, 1: 4, 2: 6, 3: 6, 4: 6, 5: 6, 6: 28}


def test_uat_has_batches_just_before_and_just_after_every_transfer(uat: Schedule) -> None:
    for stage in range(2, 7):
        days = [(DEFAULT_AS_OF - batch.stays[stage - 1].arrives).days for batch in uat.batches]
        assert any(-5 <= day < 0 for day in days)
        assert any(0 <= day <= 5 for day in days)


def test_uat_has_batches_near_harvest_in_both_geographies(uat: Schedule) -> None:
    soon = Counter(
        batch.geography
        for batch in uat.batches
        if stage_today(batch) and 0 <= (batch.harvest_starts - DEFAULT_AS_OF).days <= 60
    )
    assert soon["Faroe Islands"] >= 4
    assert soon["Scotland"] >= 4


@pytest.mark.parametrize("name", PRESETS)
def test_batch_numbers_have_geography_year_and_serial(farm: Farm, name: str) -> None:
    schedule = plan_preset(name, farm, DEFAULT_AS_OF, 1)
    serials: Counter[str] = Counter()
    for batch in schedule.batches:
        code = farm.geography_by_name[batch.geography].code
        serials[code] += 1
        assert batch.number == f"{code}-{batch.starts.year}-{serials[code]:03d}"


def test_full_begins_in_2020_and_ends_in_2025(full: Schedule) -> None:
    assert [batch.number for batch in full.batches[:3]] == [
        "FAR-2020-001",
        "SCO-2020-001",
        "FAR-2020-002",
    ]
    assert full.batches[-1].number == "SCO-2025-072"


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("today", [date(2000, 1, 1), date(2024, 2, 29), date(2031, 7, 15)])
@pytest.mark.parametrize("seed", [0, 7])
def test_presets_fit_the_farm_on_any_day_and_for_any_seed(
    farm: Farm, name: str, today: date, seed: int
) -> None:
    schedule = plan_preset(name, farm, today, seed)
    check_schedule(schedule, farm, name)
    assert schedule.as_of == today
    assert len(schedule.batches) == int(re.match(r"\d+", PRESETS[name].summary)[0])  # type: ignore[index]


def test_the_number_of_readings_can_be_passed(farm: Farm) -> None:
    assert plan_preset("small", farm, DEFAULT_AS_OF, 1, 0).readings_per_day == 0
    assert plan_preset("small", farm, DEFAULT_AS_OF, 1, 24).readings_per_day == 24


@pytest.mark.parametrize(
    ("name", "suggested"), [("smal", "small"), ("UAT", None), ("fulll", "full")]
)
def test_an_unknown_preset_is_refused_with_a_list_of_presets(
    farm: Farm, name: str, suggested: str | None
) -> None:
    with pytest.raises(PlanError) as error:
        plan_preset(name, farm, DEFAULT_AS_OF, 1)
    message = str(error.value)
    assert message.startswith(f"unknown preset '{name}'")
    assert "small, medium, full, uat" in message
    assert ("did you mean" in message) == (suggested is not None)
    if suggested:
        assert f"did you mean {suggested}?" in message


def test_a_farm_too_small_for_a_preset_is_refused_with_the_missing_site(farm: Farm) -> None:
    few = tuple(replace(geography, areas=geography.areas[:2]) for geography in farm.geographies)
    tiny = replace(farm, geographies=few)
    with pytest.raises(PlanError, match=r"preset full does not fit farm standard: no sea area in"):
        plan_preset("full", tiny, DEFAULT_AS_OF, 1)
