"""Plans for a number of batches or of years: what they contain and which are refused."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_aquadata.errors import PlanError
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.plan_requests import PlanRequest, binding_constraint, plan_request
from pytest_aquadata.presets.planner import PlanResult
from pytest_aquadata.presets.schedule import Schedule, check_schedule
from pytest_aquadata.settings import DEFAULT_AS_OF

some = settings(max_examples=15, deadline=None)


def plan(farm: Farm, **request: object) -> PlanResult:
    return plan_request(farm, PlanRequest(**{"as_of": DEFAULT_AS_OF, **request}))  # type: ignore[arg-type]


def used_areas(schedule: Schedule) -> Counter[str]:
    """Count the sea areas in use, by geography."""
    used = {(batch.geography, batch.stays[-1].site) for batch in schedule.batches}
    return Counter(geography for geography, _ in used)


def error_message(farm: Farm, **request: object) -> str:
    with pytest.raises(PlanError) as error:
        plan(farm, **request)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_batch_stays_in_one_station(farm: Farm) -> None:
    station_of = {
        hall.name: station.name
        for geography in farm.geographies
        for station in geography.stations
        for hall in station.halls
    }
    for batch in plan(farm, batches=20, stagger_days=30).schedule.batches:
        assert len({station_of[stay.site] for stay in batch.stays[:-1]}) == 1


def test_the_same_request_gives_the_same_plan(farm: Farm) -> None:
    assert plan(farm, batches=30).schedule == plan(farm, batches=30).schedule


def test_another_seed_changes_egg_counts_but_not_dates(farm: Farm) -> None:
    first, second = (plan(farm, batches=10, seed=seed).schedule for seed in (1, 2))
    assert [batch.starts for batch in first.batches] == [batch.starts for batch in second.batches]
    assert [batch.eggs for batch in first.batches] != [batch.eggs for batch in second.batches]


@pytest.mark.parametrize("batches", [1, 2, 7, 60])
def test_a_plan_has_the_requested_number_of_batches(farm: Farm, batches: int) -> None:
    schedule = plan(farm, batches=batches, stagger_days=20).schedule
    assert len(schedule.batches) == batches
    starts = [batch.starts for batch in schedule.batches]
    assert {(following - start).days for start, following in pairwise(starts)} <= {20}
    assert (DEFAULT_AS_OF - starts[-1]).days == 55


def test_geographies_alternate(farm: Farm) -> None:
    schedule = plan(farm, batches=11).schedule
    assert [batch.number[:3] for batch in schedule.batches] == ["FAR", "SCO"] * 5 + ["FAR"]


@some
@given(years=st.floats(0.1, 6.0), stagger=st.integers(13, 200))
def test_a_plan_for_years_has_a_start_every_stagger(years: float, stagger: int) -> None:
    schedule = plan(load_farm(), years=years, stagger_days=stagger).schedule
    days = int(years * 365.25)
    assert len(schedule.batches) == len(range(0, days, stagger))
    assert schedule.batches[0].starts == DEFAULT_AS_OF - timedelta(days=days)
    assert schedule.batches[-1].starts < DEFAULT_AS_OF


def test_a_plan_for_years_at_too_short_a_stagger_has_the_batches_that_fit(farm: Farm) -> None:
    request = PlanRequest(as_of=DEFAULT_AS_OF, years=4, stagger_days=5)
    planned = plan_request(farm, request)
    assert planned.refused
    assert len(planned.schedule.batches) + len(planned.refused) == len(range(0, 4 * 365 + 1, 5))
    check_schedule(planned.schedule, farm, "schedule")
    assert binding_constraint(farm, request, planned) == (
        "146 starts found no free sea area in Scotland (20 may be used), the first on 2022-06-14"
    )


def test_the_limit_of_a_plan_that_fits_is_the_stagger(farm: Farm) -> None:
    request = PlanRequest(as_of=DEFAULT_AS_OF, batches=40)
    limit = binding_constraint(farm, request, plan_request(farm, request))
    assert limit.startswith("the stagger is the limit: one start every 13 days, 40 batches; ")
    assert re.search(r"\d+ of \d+ in use on \d{4}-\d\d-\d\d$", limit)


@pytest.mark.parametrize(("stagger", "saturation"), [(3, 1.0), (10, 1.0), (15, 0.3)])
def test_too_many_batches_are_refused_with_the_largest_number_that_fits(
    farm: Farm, stagger: int, saturation: float
) -> None:
    options = {"stagger_days": stagger, "saturation": saturation}
    message = error_message(farm, batches=60, **options)
    constraint = re.match(
        rf"60 batches with a start every {stagger} days do not fit: "
        r"no (hall for stage \d|sea area) in (Faroe Islands|Scotland) is free on \d{4}-\d\d-\d\d "
        r"\(\d+ may be used, the first is free on \d{4}-\d\d-\d\d\) "
        r"for the batch that starts on \d{4}-\d\d-\d\d; at most (\d+) fit",
        message,
    )
    assert constraint, message
    most = int(constraint[3])
    assert len(plan(farm, batches=most, **options).schedule.batches) == most
    error_message(farm, batches=most + 1, **options)


@pytest.mark.parametrize("batches", [10_000, 10**25])
@pytest.mark.parametrize(("stagger", "most"), [(13, 2_409), (1_000, 32)])
def test_more_batches_than_days_are_refused_without_placing_them(
    farm: Farm, batches: int, stagger: int, most: int
) -> None:
    assert error_message(farm, batches=batches, stagger_days=stagger) == (
        f"{batches:,} batches with a start every {stagger} days do not fit: the first would start "
        f"before 1940-01-01; at most {most:,} fit"
    )


def test_many_batches_for_which_the_farm_is_too_small_are_refused(farm: Farm) -> None:
    message = error_message(farm, batches=10_000, stagger_days=3)
    most = int(re.search(r"; at most (\d+) fit$", message)[1])  # type: ignore[index]
    assert len(plan(farm, batches=most, stagger_days=3).schedule.batches) == most


def test_the_stagger_that_an_error_suggests_fits(farm: Farm) -> None:
    message = error_message(farm, batches=50, stagger_days=9)
    offered = re.search(r"; all fit with --stagger (\d+)$", message)
    assert offered
    assert len(plan(farm, batches=50, stagger_days=int(offered[1])).schedule.batches) == 50
    error_message(farm, batches=50, stagger_days=int(offered[1]) - 1)


def test_batches_that_take_longer_than_years_are_refused(farm: Farm) -> None:
    message = error_message(farm, batches=60, years=1.5)
    assert message.endswith("use at most --batches 43, or at most --stagger 9")
    assert len(plan(farm, batches=43, years=1.5).schedule.batches) == 43
    error_message(farm, batches=44, years=1.5)


@pytest.mark.parametrize(
    ("request_values", "reason"),
    [
        ({}, "give the number of batches (--batches) or of years (--years) to plan"),
        ({"batches": 0}, "--batches must be at least 1, not 0"),
        ({"years": 0.0}, "--years must be above 0"),
        ({"years": 51.0}, "--years must be above 0 and at most 50"),
        ({"years": float("nan")}, "--years must be above 0 and at most 50, not nan"),
        ({"batches": 3, "stagger_days": 0}, "--stagger must be 1 to 1000 days, not 0"),
        ({"batches": 3, "saturation": 0.0}, "--saturation must be above 0"),
        ({"batches": 3, "saturation": 1.1}, "--saturation must be above 0 and at most 1"),
        ({"batches": 3, "as_of": date(1, 1, 1)}, "the farm's today must be from 2000-01-01"),
    ],
)
def test_invalid_requests_are_refused(
    farm: Farm, request_values: dict[str, object], reason: str
) -> None:
    assert reason in error_message(farm, **request_values)


def test_years_too_short_for_a_batch_are_refused(farm: Farm) -> None:
    assert error_message(farm, years=0.002) == ("no batch starts in 0.002 years: use more --years")


def test_no_stagger_is_suggested_if_none_fits(farm: Farm) -> None:
    assert error_message(farm, batches=200, years=0.1).endswith(": use at most --batches 3")


def test_half_saturation_uses_at_most_half_of_the_areas(farm: Farm) -> None:
    schedule = plan(farm, batches=30, stagger_days=40, saturation=0.5).schedule
    assert used_areas(schedule) == {"Faroe Islands": 11, "Scotland": 10}


@pytest.mark.parametrize("request_values", [{"batches": 2}, {"years": 4.0}])
def test_a_saturation_without_sites_is_refused_with_the_smallest_valid_one(
    farm: Farm, request_values: dict[str, object]
) -> None:
    message = error_message(farm, saturation=0.099, **request_values)
    assert re.fullmatch(
        r"--saturation 0\.099 allows none of the 10 halls for stage \d of Scotland, so no batch "
        r"fits: use at least --saturation 0\.1",
        message,
    )
    schedule = plan(farm, saturation=0.1, **request_values).schedule
    assert all(count <= 2 for count in used_areas(schedule).values())
