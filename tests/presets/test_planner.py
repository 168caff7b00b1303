"""Properties of planned schedules: sites, dates, batch sizes, containers, utilisation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest

from pytest_aquadata.lifecycle.plan import BatchPlan, PlannedStay
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.named_presets import plan_preset
from pytest_aquadata.presets.planner import BatchStart, plan_batches
from pytest_aquadata.presets.requirements import UnplacedBatch, batch_requirements
from pytest_aquadata.presets.schedule import Schedule, check_schedule
from pytest_aquadata.presets.site_bookings import usable_number
from pytest_aquadata.presets.utilisation import utilisation
from pytest_aquadata.settings import DEFAULT_AS_OF

SEED = 1


@pytest.fixture(scope="module", params=["full", "uat"])
def schedule(request: pytest.FixtureRequest, farm: Farm) -> Schedule:
    return plan_preset(request.param, farm, DEFAULT_AS_OF, SEED)


def stays_by_site(schedule: Schedule) -> dict[str, list[PlannedStay]]:
    """Return the stays in each hall and area, by arrival."""
    by_site: dict[str, list[PlannedStay]] = defaultdict(list)
    for batch in schedule.batches:
        for stay in batch.stays:
            by_site[stay.site].append(stay)
    return {site: sorted(stays, key=lambda stay: stay.arrives) for site, stays in by_site.items()}


def needs_of(farm: Farm, batch: BatchPlan) -> Iterator[tuple[PlannedStay, float, float]]:
    """Yield each stay with the expected fish at its start and biomass at its end."""
    unplaced = UnplacedBatch(batch.number, batch.starts, batch.eggs, batch.harvest_weight_g)
    needs = batch_requirements(farm, farm.geography_by_name[batch.geography], unplaced, SEED)
    for stay, need in zip(batch.stays, needs.stages, strict=True):
        yield stay, need.fish, need.end_fish * need.end_weight_g / 1000.0


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


def test_orders_are_3_to_3_8_million_eggs(schedule: Schedule) -> None:
    eggs = [batch.eggs for batch in schedule.batches]
    assert min(eggs) >= 3_000_000
    assert max(eggs) <= 3_800_000
    assert {count % 1000 for count in eggs} == {0}
    assert len(set(eggs)) > 0.9 * len(eggs)


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


@pytest.mark.parametrize(("sites", "saturation", "number"), [(100, 0.29, 29), (22, 0.85, 18)])
def test_usable_sites_are_rounded_down_except_for_rounding_errors(
    sites: int, saturation: float, number: int
) -> None:
    assert usable_number(sites, saturation) == number


def test_the_order_of_starts_does_not_matter(farm: Farm) -> None:
    starts = [
        BatchStart(geography.name, date(2023, 1, 1) + timedelta(days=20 * slot))
        for slot in range(8)
        for geography in farm.geographies
    ]
    arguments = {"name": "any", "as_of": DEFAULT_AS_OF, "readings_per_day": 1, "seed": 1}
    forwards = plan_batches(farm, starts, **arguments).schedule  # type: ignore[arg-type]
    backwards = plan_batches(farm, reversed(starts), **arguments).schedule  # type: ignore[arg-type]
    assert forwards == backwards


def test_peak_utilisation_is_the_number_of_rings_in_use(farm: Farm, schedule: Schedule) -> None:
    measured = {
        (utilised.geography, utilised.what): utilised for utilised in utilisation(schedule, farm)
    }
    for geography in farm.geographies:
        rings = measured[geography.name, "rings"]
        in_use = sum(
            len(stay.places)
            for batch in schedule.batches
            for stay in batch.stays[-1:]
            if batch.geography == geography.name and stay.arrives <= rings.peak_day < stay.leaves
        )
        assert rings.peak == in_use
        assert 0 < rings.mean <= rings.peak <= rings.places
