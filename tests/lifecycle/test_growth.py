"""Growth: the cube-root rule, its response to temperature, and days without feed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle import growth
from pytest_aquadata.lifecycle.biology import FASTING_LOSS
from pytest_aquadata.presets.farm import Farm, load_farm

temperatures = st.floats(4.0, 16.0)


@pytest.mark.parametrize(("days", "weight_g"), [(1, 101.79), (100, 403.8)])
def test_growth_at_10_degrees_gives_the_published_weights(days: int, weight_g: float) -> None:
    grown = growth.thermal_growth(100.0, 2.75, 10.0 * days)
    assert float(grown) == pytest.approx(weight_g, abs=0.06)


@given(st.floats(0.1, 6000.0), st.floats(0.5, 4.0), st.floats(0.0, 3000.0), st.floats(0.0, 3000.0))
def test_growth_is_the_same_in_one_step_or_two(
    weight_g: float, tgc: float, first: float, second: float
) -> None:
    at_once = growth.thermal_growth(weight_g, tgc, first + second)
    in_steps = growth.thermal_growth(growth.thermal_growth(weight_g, tgc, first), tgc, second)
    assert float(at_once) == pytest.approx(float(in_steps), rel=1e-9)


def test_growth_per_degree_day_is_highest_near_10_degrees() -> None:
    temps = np.arange(0.0, 25.0, 0.1)
    best = temps[np.argmax(growth.thermal_efficiency(temps))]
    assert 9.0 <= best <= 11.0


@pytest.mark.parametrize(
    ("temp_c", "least", "most"), [(6, 0.80, 0.92), (14, 0.70, 0.90), (18, 0.20, 0.50)]
)
def test_growth_per_degree_day_falls_below_and_above_10_degrees(
    temp_c: float, least: float, most: float
) -> None:
    assert least <= float(growth.thermal_efficiency(temp_c)) <= most


@pytest.mark.parametrize("temp_c", [-1.5, 0.0, 1.0, 22.0, 30.0])
def test_growth_is_zero_in_very_cold_and_very_warm_water(temp_c: float) -> None:
    assert float(growth.effective_degree_days(temp_c, 9.0)) == 0.0


def test_the_temperature_response_has_one_maximum() -> None:
    slope = np.sign(np.diff(growth.thermal_efficiency(np.arange(1.0, 22.0, 0.25))))
    falls = np.flatnonzero(slope < 0)
    assert (slope[falls[0] :] <= 0).all()


@given(temperatures)
def test_degree_days_are_unchanged_at_the_reference_temperature(temp_c: float) -> None:
    assert float(growth.effective_degree_days(temp_c, temp_c)) == pytest.approx(temp_c)


def test_growth_at_sea_starts_slowly_and_becomes_normal() -> None:
    share = growth.sea_start(np.arange(120))
    assert share[0] < 0.6
    assert (np.diff(share) >= 0).all()
    assert share[56] == 1.0


def test_fasting_fish_lose_weight_every_day() -> None:
    fasting = np.ones((1, 5), np.bool_)
    weights = growth.fed_weights(np.array([500.0]), np.full((1, 5), 0.05), fasting)[0]
    assert (np.diff(weights) < 0).all()
    assert 1.0 - weights[1] / weights[0] == pytest.approx(FASTING_LOSS, rel=0.01)


def test_fasting_takes_the_same_share_of_weight_at_any_size() -> None:
    fasting = np.arange(401)[None, :] == 400
    weights = growth.fed_weights(np.array([400.0]), np.full((1, 401), 0.025), fasting)[0]
    assert 1.0 - weights[-1] / weights[-2] == pytest.approx(FASTING_LOSS, rel=0.02)


def test_the_cube_root_of_weight_rises_by_the_gain() -> None:
    gain = np.full((2, 30), [[0.02], [0.03]])
    weights = growth.fed_weights(np.array([64.0, 125.0]), gain, np.zeros((2, 30), np.bool_))
    assert weights[:, -1] == pytest.approx([(4 + 0.6) ** 3, (5 + 0.9) ** 3])


def test_alevins_reach_first_feeding_weight_and_keep_it() -> None:
    weights = growth.yolk_weights(np.array([0.12]), np.full((1, 120), 6.5))[0]
    assert 0.15 <= weights[-1] <= 0.20
    assert weights[-1] == weights[-2]
    assert (np.diff(weights) >= 0).all()


@given(
    order=st.sampled_from([5, 6]),
    start_g=st.floats(150.0, 600.0),
    gain_g=st.floats(50.0, 3000.0),
    temp_c=temperatures,
    growth_factor=st.floats(0.9, 1.1),
)
def test_days_to_weight_is_the_first_day_at_the_weight(
    order: int, start_g: float, gain_g: float, temp_c: float, growth_factor: float
) -> None:
    rule = replace(load_farm().stage(order), reference_temp_c=9.0)
    temps = np.full(2000, temp_c)
    days = growth.days_to_weight(start_g, start_g + gain_g, temps, rule, growth_factor)
    tgc = growth.expected_tgc_per_1000(rule) * growth_factor
    per_day = tgc / 1000 * growth.effective_degree_days(temps, 9.0)
    if rule.site == "area":
        per_day = per_day * growth.sea_start(np.arange(len(temps)))
    fed = np.zeros((1, len(temps)), np.bool_)
    weights = growth.fed_weights(np.array([start_g]), per_day[None, :], fed)[0]
    assert weights[days] >= start_g + gain_g - 1e-6
    assert weights[days - 1] < start_g + gain_g + 1e-6


def test_an_unreachable_weight_takes_one_day_more_than_given(farm: Farm) -> None:
    assert growth.days_to_weight(400.0, 5000.0, np.full(100, 8.0), farm.stage(6)) == 101


def test_the_standard_farm_takes_fish_to_sea_and_to_harvest_in_time(farm: Farm) -> None:
    days = growth.days_to_weight(400.0, 5500.0, np.full(700, 8.5), farm.stage(6))
    assert 400 <= days <= 480


def test_growth_factors_differ_between_batches() -> None:
    drawn = [growth.batch_growth_factor(1, f"FAR-2020-{number:03d}") for number in range(200)]
    assert np.mean(drawn) == pytest.approx(1.0, abs=0.01)
    assert 0.005 < np.std(drawn) < 0.1
