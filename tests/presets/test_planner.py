"""The planner: what it gives fits the farm, and what does not fit is refused in one line."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_aquadata.errors import PlanError
from pytest_aquadata.lifecycle.plan import BatchPlan, PlannedStay
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.named_presets import plan_preset
from pytest_aquadata.presets.plan_requests import PlanRequest, binding_constraint, plan_request
from pytest_aquadata.presets.planner import BatchStart, PlanResult, plan_batches
from pytest_aquadata.presets.requirements import UnplacedBatch, batch_requirements
from pytest_aquadata.presets.schedule import Schedule, check_schedule
from pytest_aquadata.presets.site_bookings import usable_number
from pytest_aquadata.presets.utilisation import utilisation

TODAY = date(2025, 11, 21)
SEED = 1
some = settings(max_examples=15, deadline=None)


@pytest.fixture(scope="module")
def farm() -> Farm:
    return load_farm()


@pytest.fixture(scope="module", params=["full", "uat"])
def schedule(request: pytest.FixtureRequest, farm: Farm) -> Schedule:
    return plan_preset(request.param, farm, TODAY, SEED)


def stays_by_site(schedule: Schedule) -> dict[str, list[PlannedStay]]:
    """Return the stays in each hall and area, by arrival."""
    found: dict[str, list[PlannedStay]] = defaultdict(list)
    for batch in schedule.batches:
        for stay in batch.stays:
            found[stay.site].append(stay)
    return {site: sorted(stays, key=lambda stay: stay.arrives) for site, stays in found.items()}


def needs_of(farm: Farm, batch: BatchPlan) -> Iterator[tuple[PlannedStay, float, float]]:
    """Yield each stay with the expected fish at its start and biomass at its end."""
    wish = UnplacedBatch(batch.number, batch.starts, batch.eggs, batch.harvest_weight_g)
    needs = batch_requirements(farm, farm.geography_by_name[batch.geography], wish, SEED)
    for stay, need in zip(batch.stays, needs.stages, strict=True):
        yield stay, need.fish, need.end_fish * need.end_weight_g / 1000.0


def plan(farm: Farm, **request: object) -> PlanResult:
    return plan_request(farm, PlanRequest(**{"as_of": TODAY, **request}))  # type: ignore[arg-type]


def error_message(farm: Farm, **request: object) -> str:
    with pytest.raises(PlanError) as error:
        plan(farm, **request)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_no_container_holds_two_batches_at_once(schedule: Schedule) -> None:
    booked: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for batch in schedule.batches:
        for stay in batch.stays:
            for container in stay.places:
                booked[container].append((stay.arrives, stay.leaves))
    for stays in booked.values():
        assert all(stay[1] < following[0] for stay, following in pairwise(sorted(stays)))


def test_sites_are_empty_between_two_batches(schedule: Schedule, farm: Farm) -> None:
    rests = {"hall": farm.hall_turnaround_days, "area": farm.area_fallow_days}
    for site, stays in stays_by_site(schedule).items():
        rest = timedelta(days=rests[farm.sites[site].kind])
        assert all(stay.leaves + rest <= following.arrives for stay, following in pairwise(stays))


def test_a_stage_starts_on_the_day_the_one_before_ends(schedule: Schedule, farm: Farm) -> None:
    for batch in schedule.batches:
        assert [stay.stage for stay in batch.stays] == [1, 2, 3, 4, 5, 6]
        assert all(stay.leaves == following.arrives for stay, following in pairwise(batch.stays))
        for stay in batch.stays:
            assert stay.stage in farm.sites[stay.site].stages
            assert farm.sites[stay.site].geography == batch.geography


def test_a_batch_stays_in_one_station(farm: Farm) -> None:
    station_of = {
        hall.name: station.name
        for geography in farm.geographies
        for station in geography.stations
        for hall in station.halls
    }
    for batch in plan(farm, batches=20, stagger_days=30).schedule.batches:
        assert len({station_of[stay.site] for stay in batch.stays[:-1]}) == 1


def test_orders_are_3_to_3_8_million_eggs(schedule: Schedule) -> None:
    eggs = [batch.eggs for batch in schedule.batches]
    assert min(eggs) >= 3_000_000
    assert max(eggs) <= 3_800_000
    assert len(set(eggs)) > len(eggs) / 2


def test_harvest_weights_are_within_the_range_of_the_geography(
    schedule: Schedule, farm: Farm
) -> None:
    for batch in schedule.batches:
        low, high = farm.geography_by_name[batch.geography].harvest_weight_g
        assert 4500 <= low <= batch.harvest_weight_g <= high <= 6500


def test_a_stay_takes_as_few_containers_as_density_allows(schedule: Schedule, farm: Farm) -> None:
    for batch in schedule.batches:
        for stay, fish, biomass_kg in needs_of(farm, batch):
            rule, site = farm.stage(stay.stage), farm.sites[stay.site]
            room_kg = site.containers[0].volume_m3 * rule.max_density_kg_m3
            allowed = rule.max_fish_per_container or fish
            taken = len(stay.places)
            assert biomass_kg <= taken * room_kg
            assert fish <= taken * allowed
            assert taken <= max(biomass_kg / room_kg, 1.10 * fish / allowed) + 1


def test_rings_hold_at_most_200_000_fish(schedule: Schedule, farm: Farm) -> None:
    for batch in schedule.batches:
        stay, fish, _ = list(needs_of(farm, batch))[-1]
        assert 100_000 <= fish / len(stay.places) <= 200_000


def test_rings_are_harvested_over_days_to_weeks(schedule: Schedule) -> None:
    for batch in schedule.batches:
        assert 7 <= (batch.ends - batch.harvest_starts).days <= 60


def test_fish_are_8_to_18_months_at_sea(schedule: Schedule) -> None:
    for batch in schedule.batches:
        months = (batch.harvest_starts - batch.stays[-1].arrives).days / 30.4
        assert 8.5 <= months <= 18


def test_the_rings_of_a_batch_are_shared_evenly_between_barges(
    schedule: Schedule, farm: Farm
) -> None:
    for batch in schedule.batches:
        stay = batch.stays[-1]
        rings: dict[str, int] = defaultdict(int)
        for barge in stay.places.values():
            rings[barge] += 1
        assert len(rings) == len(farm.sites[stay.site].feed_containers)
        assert max(rings.values()) - min(rings.values()) <= 1


def test_planned_schedules_pass_the_checks_of_schedule_files(
    schedule: Schedule, farm: Farm
) -> None:
    check_schedule(schedule, farm, "schedule")


def test_the_same_request_gives_the_same_plan(farm: Farm) -> None:
    assert plan(farm, batches=30).schedule == plan(farm, batches=30).schedule


def test_another_seed_changes_egg_counts_but_not_dates(farm: Farm) -> None:
    one, other = (plan(farm, batches=10, seed=seed).schedule for seed in (1, 2))
    assert [batch.starts for batch in one.batches] == [batch.starts for batch in other.batches]
    assert [batch.eggs for batch in one.batches] != [batch.eggs for batch in other.batches]


def test_the_order_of_starts_does_not_matter(farm: Farm) -> None:
    starts = [
        BatchStart(geography.name, date(2023, 1, 1) + timedelta(days=20 * slot))
        for slot in range(8)
        for geography in farm.geographies
    ]
    wish = {"name": "any", "as_of": TODAY, "readings_per_day": 1, "seed": 1}
    forwards = plan_batches(farm, starts, **wish).schedule  # type: ignore[arg-type]
    backwards = plan_batches(farm, reversed(starts), **wish).schedule  # type: ignore[arg-type]
    assert forwards == backwards


@pytest.mark.parametrize("batches", [1, 2, 7, 60])
def test_a_plan_has_the_requested_number_of_batches(farm: Farm, batches: int) -> None:
    schedule = plan(farm, batches=batches, stagger_days=20).schedule
    assert len(schedule.batches) == batches
    starts = [batch.starts for batch in schedule.batches]
    assert {(other - one).days for one, other in pairwise(starts)} <= {20}
    assert (TODAY - starts[-1]).days == 55


def test_geographies_alternate(farm: Farm) -> None:
    schedule = plan(farm, batches=11).schedule
    assert [batch.number[:3] for batch in schedule.batches] == ["FAR", "SCO"] * 5 + ["FAR"]


@some
@given(years=st.floats(0.1, 6.0), stagger=st.integers(13, 200))
def test_a_plan_for_years_has_a_start_every_stagger(years: float, stagger: int) -> None:
    schedule = plan(load_farm(), years=years, stagger_days=stagger).schedule
    days = int(years * 365.25)
    assert len(schedule.batches) == len(range(0, days, stagger))
    assert schedule.batches[0].starts == TODAY - timedelta(days=days)
    assert schedule.batches[-1].starts < TODAY


def test_a_plan_for_years_at_too_short_a_stagger_has_the_batches_that_fit(farm: Farm) -> None:
    wish = PlanRequest(as_of=TODAY, years=4, stagger_days=5)
    found = plan_request(farm, wish)
    assert found.refused
    assert len(found.schedule.batches) + len(found.refused) == len(range(0, 4 * 365 + 1, 5))
    check_schedule(found.schedule, farm, "schedule")
    assert binding_constraint(farm, wish, found) == (
        "146 starts found no free sea area in Scotland (20 may be used), the first on 2022-06-14"
    )


def test_the_limit_of_a_plan_that_fits_is_the_stagger(farm: Farm) -> None:
    wish = PlanRequest(as_of=TODAY, batches=40)
    said = binding_constraint(farm, wish, plan_request(farm, wish))
    assert said.startswith("the stagger is the limit: one start every 13 days, 40 batches; ")
    assert re.search(r"\d+ of \d+ in use on \d{4}-\d\d-\d\d$", said)


@pytest.mark.parametrize(("stagger", "saturation"), [(3, 1.0), (10, 1.0), (15, 0.3)])
def test_too_many_batches_are_refused_with_the_largest_number_that_fits(
    farm: Farm, stagger: int, saturation: float
) -> None:
    wish = {"stagger_days": stagger, "saturation": saturation}
    message = error_message(farm, batches=60, **wish)
    constraint = re.match(
        rf"60 batches with a start every {stagger} days do not fit: "
        r"no (hall for stage \d|sea area) in (Faroe Islands|Scotland) is free on \d{4}-\d\d-\d\d "
        r"\(\d+ may be used, the first is free on \d{4}-\d\d-\d\d\) "
        r"for the batch that starts on \d{4}-\d\d-\d\d; at most (\d+) fit",
        message,
    )
    assert constraint, message
    most = int(constraint[3])
    assert len(plan(farm, batches=most, **wish).schedule.batches) == most
    error_message(farm, batches=most + 1, **wish)


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
    for geography in farm.geographies:
        areas = {area.name for area in geography.areas}
        used = {site for site in stays_by_site(schedule) if site in areas}
        assert len(used) <= len(areas) / 2


@pytest.mark.parametrize("wish", [{"batches": 2}, {"years": 4.0}])
def test_a_saturation_without_sites_is_refused_with_the_smallest_valid_one(
    farm: Farm, wish: dict[str, object]
) -> None:
    message = error_message(farm, saturation=0.099, **wish)
    assert re.fullmatch(
        r"--saturation 0\.099 allows none of the 10 halls for stage \d of Scotland, so no batch "
        r"fits: use at least --saturation 0\.1",
        message,
    )
    schedule = plan(farm, saturation=0.1, **wish).schedule
    for geography in farm.geographies:
        areas = {area.name for area in geography.areas}
        assert len({site for site in stays_by_site(schedule) if site in areas}) <= len(areas) / 10


@pytest.mark.parametrize(("sites", "saturation", "number"), [(100, 0.29, 29), (22, 0.85, 18)])
def test_usable_sites_are_rounded_down_except_for_rounding_errors(
    sites: int, saturation: float, number: int
) -> None:
    assert usable_number(sites, saturation) == number


def test_a_harvest_weight_that_is_never_reached_is_refused(farm: Farm) -> None:
    faroe = farm.geographies[0]
    climate = replace(faroe.climate, monthly_temp_c=(2.0,) * 12)
    cold = replace(faroe, entry=replace(faroe.entry, climate=climate))
    wish = UnplacedBatch("FAR-2025-001", date(2022, 1, 1), 3_400_000, 5500)
    with pytest.raises(PlanError, match=r"Faroe Islands on 2023-03-27 do not reach 5,500 g in 900"):
        batch_requirements(farm, cold, wish, 1)


def test_more_fish_than_an_area_holds_are_refused(farm: Farm) -> None:
    wish = UnplacedBatch("FAR-2025-001", date(2022, 1, 1), 20_000_000, 5500)
    with pytest.raises(PlanError, match=r"needs \d+ containers in stage 6 .* has 20: order fewer"):
        batch_requirements(farm, farm.geographies[0], wish, 1)


def test_heavier_fish_are_harvested_later(farm: Farm) -> None:
    starts = [
        batch_requirements(
            farm,
            farm.geographies[1],
            UnplacedBatch("SCO-1", date(2022, 1, 1), 3_400_000, weight),
            1,
        ).harvest_starts
        for weight in (4500, 5000, 5500)
    ]
    assert starts == sorted(set(starts))


def test_peak_utilisation_is_the_number_of_rings_in_use(farm: Farm, schedule: Schedule) -> None:
    measured = {(one.geography, one.what): one for one in utilisation(schedule, farm)}
    for geography in farm.geographies:
        rings = measured[geography.name, "rings"]
        there = sum(
            len(stay.places)
            for batch in schedule.batches
            for stay in batch.stays[-1:]
            if batch.geography == geography.name and stay.arrives <= rings.peak_day < stay.leaves
        )
        assert rings.peak == there
        assert 0 < rings.mean <= rings.peak <= rings.places
