"""Water: temperature by site and calendar day, and solubility of oxygen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_aquadata.lifecycle import water
from pytest_aquadata.lifecycle.days import day_number, month_index
from pytest_aquadata.presets.farm import Farm, load_farm

days = st.integers(day_number(date(1965, 1, 1)), day_number(date(2060, 1, 1)))
lengths = st.integers(1, 900)
seeds = st.integers(0, 2**64)


@pytest.mark.parametrize(
    ("temp_c", "salinity", "mg_l"),
    [(10, 0, 11.29), (10, 35, 9.02), (0, 0, 14.62), (20, 0, 9.09), (20, 35, 7.38)],
)
def test_oxygen_at_saturation_is_the_published_one(
    temp_c: float, salinity: float, mg_l: float
) -> None:
    solubility = water.oxygen_solubility_mg_l(
        np.array([float(temp_c)]), np.array([float(salinity)])
    )
    assert float(solubility[0]) == pytest.approx(mg_l, abs=0.02)


def test_warm_and_salt_water_hold_less_oxygen() -> None:
    temps, salinity = np.arange(0.0, 25.0), np.arange(0.0, 36.0)
    by_temp = water.oxygen_solubility_mg_l(temps, np.full(len(temps), 33.0))
    by_salinity = water.oxygen_solubility_mg_l(np.full(len(salinity), 9.0), salinity)
    assert (np.diff(by_temp) < 0).all()
    assert (np.diff(by_salinity) < 0).all()


def test_monthly_means_are_those_of_the_climate(farm: Farm) -> None:
    calendar = np.arange(day_number(date(2001, 1, 1)), day_number(date(2041, 1, 1)))
    for geography in farm.geographies:
        season = water.season_c(geography.climate, calendar)
        for month, mean_c in enumerate(geography.climate.monthly_temp_c):
            assert season[month_index(calendar) == month].mean() == pytest.approx(mean_c, abs=0.25)


@given(days)
def test_the_season_follows_the_calendar(first_day: int) -> None:
    climate = load_farm().geographies[1].climate
    calendar = np.arange(first_day, first_day + 366)
    season = water.season_c(climate, calendar)
    assert month_index(calendar)[np.argmax(season)] in (7, 8)
    assert month_index(calendar)[np.argmin(season)] in (1, 2)


@given(seeds, days, lengths, st.integers(0, 400), lengths)
def test_sea_temperature_does_not_depend_on_the_range_of_days(
    seed: int, first_day: int, length: int, later: int, short: int
) -> None:
    place = ("Faroe Islands", "FI-SEA-03", load_farm().geographies[0].climate)
    longer = water.sea_temperature(seed, *place, first_day, later + short + length)
    window = water.sea_temperature(seed, *place, first_day + later, short)
    assert (longer[later : later + short] == window).all()


@given(seeds, days, lengths, st.integers(0, 400), lengths)
def test_hall_temperature_does_not_depend_on_the_range_of_days(
    seed: int, first_day: int, length: int, later: int, short: int
) -> None:
    longer = water.hall_temperature(
        seed, "FI-FW-01-Hall-B", 12.0, first_day, later + short + length
    )
    window = water.hall_temperature(seed, "FI-FW-01-Hall-B", 12.0, first_day + later, short)
    assert (longer[later : later + short] == window).all()


def test_a_hall_keeps_to_its_set_temperature() -> None:
    year = water.hall_temperature(1, "FI-FW-01-Hall-B", 12.0, day_number(date(2024, 1, 1)), 365)
    assert year.mean() == pytest.approx(12.0, abs=0.2)
    assert np.abs(year - 12.0).max() < 1.5
    assert np.abs(np.diff(year)).max() < 0.6


def test_years_differ_and_days_are_correlated(farm: Farm) -> None:
    climate = farm.geographies[0].climate
    first = day_number(date(1990, 1, 1))
    sea = water.sea_temperature(1, "Faroe Islands", "FI-SEA-01", climate, first, 40 * 365)
    anomaly = sea - water.season_c(climate, np.arange(first, first + 40 * 365))
    yearly = anomaly.reshape(40, 365).mean(axis=1)
    assert 0.2 <= yearly.std() <= 0.6
    assert 0.05 <= np.diff(anomaly).std() <= 0.4


def test_areas_of_a_geography_share_the_year_but_not_the_weather(farm: Farm) -> None:
    climate = farm.geographies[1].climate
    first = day_number(date(2020, 1, 1))
    calendar = np.arange(first, first + 2000)
    first_area, second_area = (
        water.sea_temperature(1, "Scotland", site, climate, first, 2000)
        - water.season_c(climate, calendar)
        for site in ("S-SEA-01", "S-SEA-02")
    )
    assert 0.2 < np.corrcoef(first_area, second_area)[0, 1] < 0.95


def test_temperatures_of_rings_of_a_site_are_correlated(simulated: Callable[..., Any]) -> None:
    temps = simulated(0).life.stages[-1].temp_c
    apart = temps - temps.mean(axis=0)
    assert apart.std(axis=1).max() < 1e-9
    assert 0.0 < np.ptp(apart[:, 0]) < 0.6


@settings(max_examples=20)
@given(st.permutations(["R1", "R2", "R3", "R4"]))
def test_the_offset_of_a_ring_does_not_depend_on_other_rings(order: list[str]) -> None:
    warmer = dict(zip(order, water.container_offsets_c(1, tuple(order)).tolist(), strict=True))
    alone = {ring: float(water.container_offsets_c(1, (ring,))[0]) for ring in order}
    assert warmer == alone
