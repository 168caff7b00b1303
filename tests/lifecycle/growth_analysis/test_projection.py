"""Projections of scenarios and the live projection, with small models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.growth_analysis.assimilate import assimilate
from pytest_aquadata.lifecycle.growth_analysis.live_projection import project_from_today
from pytest_aquadata.lifecycle.growth_analysis.models import GrowthModels
from pytest_aquadata.lifecycle.growth_analysis.observations import Observations
from pytest_aquadata.lifecycle.growth_analysis.projection import (
    Phase,
    ProjectionPlan,
    grow,
    project,
)

ObservationsOf = Callable[..., Observations]
ModelsOf = Callable[..., GrowthModels]

AT_SEA = ProjectionPlan(20_000, 365, 1_000_000, 600.0, None, None)
FROM_EGGS = ProjectionPlan(20_000, 900, 1_000_000, 0.12, 1, 1)


def test_growth_from_100_g_at_10_degrees_matches_known_weights() -> None:
    weight_g = grow(100.0, np.full(100, 0.0275), np.full(100, np.inf))
    assert weight_g[0] == pytest.approx(101.79, abs=0.005)
    assert weight_g[99] == pytest.approx(403.8, abs=0.1)


def test_a_daily_rate_of_half_a_permille_kills_16_69_percent_in_a_year(models_of: ModelsOf) -> None:
    projection = project(AT_SEA, [Phase(1, models_of(daily_rate=0.0005))])
    lost = 1.0 - projection.population[-1] / AT_SEA.fish
    assert lost == pytest.approx(0.1669, abs=0.00005)


def test_stages_follow_cumulative_durations(models_of: ModelsOf) -> None:
    projection = project(FROM_EGGS, [Phase(1, models_of([0, 1.07, 1.71, 1.4, 2.13, 3.0]))])
    stages, days = np.unique(projection.stage_ids, return_counts=True)
    assert stages.tolist() == [1, 2, 3, 4, 5, 6]
    assert days.tolist() == [90, 90, 90, 90, 90, 450]
    assert projection.weight_g[:90] == pytest.approx(0.12)
    assert projection.feed_kg[:90].sum() == pytest.approx(0.0)
    assert projection.day.tolist() == list(range(20_000, 20_900))


def test_fresh_water_has_12_degrees_and_the_sea_the_profile(
    models_of: ModelsOf,
) -> None:
    projection = project(FROM_EGGS, [Phase(1, models_of(profile_c=8.5))])
    assert (projection.temp_c[:450] == 12.0).all()
    assert (projection.temp_c[450:] == 8.5).all()


def test_feed_is_gain_times_feed_conversion_ratio(models_of: ModelsOf) -> None:
    projection = project(AT_SEA, [Phase(1, models_of(fcr=1.2))])
    gain_g = np.diff(projection.weight_g, prepend=600.0)
    assert projection.feed_kg == pytest.approx(gain_g * projection.population / 1000.0 * 1.2)
    assert projection.cumulative_feed_kg[-1] == pytest.approx(projection.feed_kg.sum())
    assert projection.biomass_kg[-1] == pytest.approx(projection.weight_g[-1] * 1000.0)


def test_limits_hold_weight_and_temperature(models_of: ModelsOf) -> None:
    models = models_of(max_weight_g=1500.0)
    limits = replace(models.limits, max_temp_c=np.full(6, 9.0))
    projection = project(AT_SEA, [Phase(1, replace(models, limits=limits))])
    assert projection.weight_g.max() == pytest.approx(1500.0)
    assert (projection.temp_c == 9.0).all()
    heavier = project(replace(AT_SEA, weight_g=1600.0), [Phase(1, models)])
    assert heavier.weight_g == pytest.approx(1600.0)


def test_a_scenario_can_change_its_models(models_of: ModelsOf) -> None:
    slow, fast = models_of(2.0), models_of(3.0, daily_rate=0.01)
    projection = project(AT_SEA, [Phase(1, slow), Phase(101, fast)])
    alone = project(AT_SEA, [Phase(1, slow)])
    assert projection.weight_g[:100] == pytest.approx(alone.weight_g[:100])
    assert projection.weight_g[100] > alone.weight_g[100]
    assert projection.population[99] == AT_SEA.fish
    assert projection.population[100] == pytest.approx(AT_SEA.fish * 0.99)


@pytest.mark.parametrize(
    ("weight_g", "stage"), [(None, 1), (0.1, 1), (3.0, 2), (100.0, 4), (9000.0, 6)]
)
def test_a_scenario_starts_in_the_stage_of_its_fish(
    models_of: ModelsOf, weight_g: float | None, stage: int
) -> None:
    projection = project(replace(AT_SEA, weight_g=weight_g), [Phase(1, models_of())])
    assert projection.stage_ids[0] == stage


def test_the_live_projection_starts_from_today(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    stays = [(450, 900), (450, 900)]
    observations = observations_of(
        stays,
        weight_g=[500.0, 900.0],
        population=[3000, 1000],
        as_of=600,
        samples=[(1, 600, 950.0)],
    )
    models = models_of(3.0, profile_c=9.0, daily_rate=0.0005)
    projection = project_from_today(observations, assimilate(observations, models), models)
    assert projection is not None
    assert projection.day[0] == observations.as_of + 1
    assert 950.0 < projection.today_g < projection.weight_g[0]
    assert projection.bias_c == 0.0
    arrival = projection.reaches(4000.0)
    assert arrival.earliest is not None
    assert arrival.day is not None
    assert arrival.latest is not None
    assert arrival.earliest < arrival.day < arrival.latest
    assert projection.reaches(1e9).day is None


@given(st.floats(-4.0, 4.0), st.integers(1, 30))
def test_the_temperature_bias_is_taken_from_the_last_14_days(
    observations_of: ObservationsOf, models_of: ModelsOf, shift_c: float, days: int
) -> None:
    old = [(1, day, 3.0) for day in range(450, 586)]
    recent = [(1, day, 9.0 + shift_c) for day in range(601 - days, 601)]
    observations = observations_of(
        [(450, 900)], as_of=600, temperatures=[*old, *recent][-(days + 136) :]
    )
    models = models_of(profile_c=9.0)
    projection = project_from_today(observations, assimilate(observations, models), models)
    assert projection is not None
    assert -2.0 <= projection.bias_c <= 2.0
    if days >= 14:
        assert projection.bias_days == 14
        assert projection.bias_c == pytest.approx(np.clip(shift_c, -2.0, 2.0))


@given(st.floats(100.0, 4000.0), st.floats(4.0, 14.0), st.integers(455, 800))
def test_the_interval_widens_with_time(
    observations_of: ObservationsOf,
    models_of: ModelsOf,
    weight_g: float,
    profile_c: float,
    as_of: int,
) -> None:
    observations = observations_of([(450, 900)], weight_g=[weight_g], as_of=as_of)
    models = models_of(3.0, profile_c=profile_c)
    projection = project_from_today(observations, assimilate(observations, models), models)
    assert projection is not None
    width = projection.high_g - projection.low_g
    assert width[0] > 0
    assert (np.diff(width) > 0).all()
    assert (np.diff(projection.low_g) > 0).all()
    assert (
        (projection.low_g < projection.weight_g) & (projection.weight_g < projection.high_g)
    ).all()


def test_an_older_weighing_widens_the_interval(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    models = models_of(3.0)

    def width(day: int) -> float:
        observations = observations_of([(450, 900)], as_of=600, samples=[(1, day, 1500.0)])
        projection = project_from_today(observations, assimilate(observations, models), models)
        assert projection is not None
        return float(((projection.high_g - projection.low_g) / projection.weight_g)[30])

    assert width(600) < width(570) < width(500)


def test_the_harvest_of_younger_fish_is_less_certain(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    models = models_of([0, 1.07, 1.71, 1.4, 2.0, 3.0])

    def width(first_day: int, stage: int, weight_g: float, target_g: float = 5000.0) -> float:
        stay = (first_day, first_day + 500)
        observations = observations_of(
            [stay], stages=[stage], weight_g=[weight_g], as_of=first_day + 9
        )
        projection = project_from_today(observations, assimilate(observations, models), models)
        assert projection is not None
        arrival = projection.reaches(target_g).day
        assert arrival is not None
        day = arrival - int(projection.day[0])
        return float(projection.high_g[day] - projection.low_g[day])

    fry, smolt, grower = width(90, 2, 0.2), width(270, 4, 60.0), width(700, 6, 2500.0)
    assert fry > smolt > grower


def test_young_fish_go_to_sea_by_plan_and_grow_slowly_at_first(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    models = models_of([0, 1.07, 1.71, 1.4, 2.0, 2.0], profile_c=10.0)
    observations = observations_of([(360, 450)], stages=[5], weight_g=[150.0], as_of=400)
    projection = project_from_today(observations, assimilate(observations, models), models)
    assert projection is not None
    gain = np.diff(np.cbrt(projection.weight_g))
    assert gain[:40] == pytest.approx(0.02)
    assert 0.008 < gain[49] < 0.01
    assert gain[120:] == pytest.approx(0.02)


def test_there_is_no_live_projection_without_fish_or_growth_model(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    departed = observations_of([(0, 30)], as_of=100)
    assert project_from_today(departed, assimilate(departed, models_of()), models_of()) is None
    active, models = observations_of([(0, 300)], as_of=100), models_of(None)
    assert project_from_today(active, assimilate(active, models), models) is None
