"""Sensor readings agree with the simulated water."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.sensors import (
    INSTRUMENTS,
    Water,
    read_sensors,
    reading_hours,
    site_salinity,
)
from pytest_aquadata.lifecycle.water import oxygen_solubility_mg_l
from pytest_aquadata.presets.farm import load_farm

TANKS = ("T1", "T2", "T3")
DAYS = 200
PER_DAY = 6


def hall(feed_load: float = 0.5) -> Water:
    temp_c = np.broadcast_to(12.0 + 0.3 * np.sin(np.arange(DAYS) / 9.0), (3, DAYS)).copy()
    load = np.full((3, DAYS), feed_load)
    return Water(temp_c, load, np.zeros(DAYS), at_sea=False, saturation_pct=96.0)


def sea() -> Water:
    temp_c = np.broadcast_to(9.0 + 4.0 * np.sin(np.arange(DAYS) / 58.0), (3, DAYS)).copy()
    load = np.full((3, DAYS), 0.1)
    return Water(temp_c, load, np.full(DAYS, 33.0), at_sea=True, saturation_pct=95.0)


def first_days(water: Water, days: int) -> Water:
    return Water(
        water.temp_c[:, :days],
        water.feed_load[:, :days],
        water.salinity[:days],
        water.at_sea,
        water.saturation_pct,
    )


def read(parameter: str, water: Water, per_day: int = PER_DAY) -> NDArray[np.float64]:
    return read_sensors(1, "FAR-2025-001", TANKS, parameter, water, per_day)


@pytest.mark.parametrize("water", [hall(), sea()], ids=["hall", "sea"])
@pytest.mark.parametrize("per_day", [1, 2, 6, 24])
def test_the_daily_mean_is_the_temperature_of_the_growth_model(water: Water, per_day: int) -> None:
    daily = read("temperature", water, per_day).mean(axis=2)
    assert np.abs(daily - water.temp_c).max() < 5 * INSTRUMENTS["temperature"].noise
    assert abs((daily - water.temp_c).mean()) < 0.01


@pytest.mark.parametrize("feed_load", [0.0, 0.2, 0.6, 3.0])
@pytest.mark.parametrize(
    ("parameter", "low", "high"),
    [("ph", 6.2, 7.8), ("co2", 0.0, 15.0), ("no2", 0.0, 0.1), ("nh4", 0.0, 2.0)],
)
def test_readings_in_halls_stay_within_legal_limits(
    feed_load: float, parameter: str, low: float, high: float
) -> None:
    values = read(parameter, hall(feed_load))
    assert low <= values.min()
    assert values.max() < high


@pytest.mark.parametrize(("parameter", "rises"), [("co2", True), ("nh4", True), ("oxygen", False)])
def test_water_quality_falls_with_feed(parameter: str, rises: bool) -> None:
    clean, loaded = read(parameter, hall(0.05)).mean(), read(parameter, hall(1.0)).mean()
    assert (loaded > clean) == rises


@pytest.mark.parametrize("water", [hall(), hall(2.0), sea()], ids=["hall", "loaded hall", "sea"])
def test_oxygen_is_80_to_105_percent_of_saturation(water: Water) -> None:
    solubility = oxygen_solubility_mg_l(water.temp_c, np.broadcast_to(water.salinity, (3, DAYS)))
    saturation = 100.0 * read("oxygen", water) / solubility[..., None]
    assert np.mean((saturation >= 80.0) & (saturation <= 105.0)) > 0.98


def test_afternoons_are_warmer_than_nights() -> None:
    by_hour = read("temperature", sea(), 24).mean(axis=(0, 1))
    hours = reading_hours(24)
    assert 12 <= hours[np.argmax(by_hour)] <= 18
    assert 0.1 <= np.ptp(by_hour) <= 0.5


@pytest.mark.parametrize("parameter", INSTRUMENTS)
def test_readings_do_not_depend_on_later_days(parameter: str) -> None:
    water = sea() if parameter == "salinity" else hall()
    whole = read(parameter, water)
    start = read(parameter, first_days(water, 61))
    assert (whole[:, :61] == start).all()


@pytest.mark.parametrize("parameter", INSTRUMENTS)
def test_readings_do_not_depend_on_other_containers(parameter: str) -> None:
    together = read(parameter, hall())
    water = hall()
    alone = Water(
        water.temp_c[1:2], water.feed_load[1:2], water.salinity, water.at_sea, water.saturation_pct
    )
    readings = read_sensors(1, "FAR-2025-001", TANKS[1:2], parameter, alone, PER_DAY)
    assert (readings == together[1]).all()


def test_successive_readings_are_correlated() -> None:
    nothing = np.zeros((3, DAYS))
    steady = Water(nothing + 12.0, nothing, np.zeros(DAYS), at_sea=False, saturation_pct=96.0)
    noise = read("temperature", steady, 1)[..., 0] - 12.0
    together = [np.corrcoef(series[:-1], series[1:])[0, 1] for series in noise]
    assert np.mean(together) > 0.3


@given(st.integers(0, 2**64), st.integers(0, 300), st.integers(1, 300), st.integers(0, 300))
def test_salinity_does_not_depend_on_the_range_of_days(
    seed: int, later: int, days: int, more: int
) -> None:
    climate = load_farm().geographies[1].climate
    first_day = day_number(date(2023, 11, 1))
    longer = site_salinity(seed, "S-SEA-01", climate, first_day, later + days + more)
    window = site_salinity(seed, "S-SEA-01", climate, first_day + later, days)
    assert (longer[later : later + days] == window).all()


@pytest.mark.parametrize(("geography", "low", "high"), [(0, 34.0, 35.2), (1, 28.0, 34.5)])
def test_salinity_is_in_the_range_of_the_geography(geography: int, low: float, high: float) -> None:
    climate = load_farm().geographies[geography].climate
    salinity = site_salinity(1, "SEA-01", climate, day_number(date(2010, 1, 1)), 5000)
    assert np.mean((salinity >= low) & (salinity <= high)) > 0.95


def test_run_off_lowers_salinity_in_scotland_at_times() -> None:
    climate = load_farm().geographies[1].climate
    salinity = site_salinity(1, "SEA-01", climate, day_number(date(2010, 1, 1)), 5000)
    fresh = np.mean(salinity < climate.salinity - 0.5 * climate.runoff_salinity)
    assert 0.01 < fresh < 0.25


@pytest.mark.parametrize("per_day", [1, 2, 3, 6, 24])
def test_reading_hours_are_spread_over_the_day(per_day: int) -> None:
    hours = reading_hours(per_day)
    assert len(hours) == per_day
    assert hours[0] > 0
    assert hours[-1] < 24
    assert np.diff(hours) == pytest.approx(24 / per_day)


@pytest.mark.parametrize("position", [0, 4])
def test_written_readings_are_those_of_the_water_of_the_batch(
    simulated: Callable[..., Any], position: int
) -> None:
    batch = simulated(position, 1, None, 2)
    readings = batch.tables["environmental_environmentalreading"]
    temperature = readings.values("parameter_id") == batch.inputs.keys.parameters["temperature"]
    assignment = readings.values("batch_container_assignment_id")
    day = readings.values("reading_time") // 86_400_000_000
    for stage in batch.life.stages:
        for row, key in enumerate(stage.assignment_ids.tolist()):
            of_container = temperature & (assignment == key)
            read_c = readings.values("value")[of_container].reshape(-1, 2).mean(axis=1) / 10_000
            days = day[of_container].reshape(-1, 2)[:, 0] - stage.first_day
            assert np.abs(read_c - stage.temp_c[row, days]).max() < 0.15
