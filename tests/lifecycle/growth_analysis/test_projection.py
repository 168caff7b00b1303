"""Projections of scenarios and the live one, on models made by hand."""

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

Evidences = Callable[..., Observations]
Models = Callable[..., GrowthModels]

AT_SEA = ProjectionPlan(20_000, 365, 1_000_000, 600.0, None, None)
FROM_EGGS = ProjectionPlan(20_000, 900, 1_000_000, 0.12, 1, 1)


def test_a_hundred_grams_at_ten_degrees() -> None:
    weight_g = grow(100.0, np.full(100, 0.0275), np.full(100, np.inf))
    assert weight_g[0] == pytest.approx(101.79, abs=0.005)
    assert weight_g[99] == pytest.approx(403.8, abs=0.1)


def test_a_small_daily_rate_adds_up_to_a_sixth_in_a_year(models_of: Models) -> None:
    projection = project(AT_SEA, [Phase(1, models_of(daily_rate=0.0005))])
    lost = 1.0 - projection.population[-1] / AT_SEA.fish
    assert lost == pytest.approx(0.1669, abs=0.00005)


def test_stages_follow_cumulative_durations(models_of: Models) -> None:
    projection = project(FROM_EGGS, [Phase(1, models_of([0, 1.07, 1.71, 1.4, 2.13, 3.0]))])
    stages, days = np.unique(projection.stage_ids, return_counts=True)
    assert stages.tolist() == [1, 2, 3, 4, 5, 6]
    assert days.tolist() == [90, 90, 90, 90, 90, 450]
    assert projection.weight_g[:90] == pytest.approx(0.12)
    assert projection.feed_kg[:90].sum() == pytest.approx(0.0)
    assert projection.day.tolist() == list(range(20_000, 20_900))


def test_fresh_water_is_planned_at_twelve_degrees_and_the_sea_by_profile(
    models_of: Models,
) -> None:
    projection = project(FROM_EGGS, [Phase(1, models_of(profile_c=8.5))])
    assert (projection.temp_c[:450] == 12.0).all()
    assert (projection.temp_c[450:] == 8.5).all()


def test_feed_is_gain_times_conversion(models_of: Models) -> None:
    projection = project(AT_SEA, [Phase(1, models_of(fcr=1.2))])
    gain_g = np.diff(projection.weight_g, prepend=600.0)
    assert projection.feed_kg == pytest.approx(gain_g * projection.population / 1000.0 * 1.2)
    assert projection.cumulative_feed_kg[-1] == pytest.approx(projection.feed_kg.sum())
    assert projection.biomass_kg[-1] == pytest.approx(projection.weight_g[-1] * 1000.0)


def test_limits_hold_weight_and_temperature(models_of: Models) -> None:
    models = models_of(max_weight_g=1500.0)
    limits = replace(models.limits, max_temp_c=np.full(6, 9.0))
    projection = project(AT_SEA, [Phase(1, replace(models, limits=limits))])
    assert projection.weight_g.max() == pytest.approx(1500.0)
    assert (projection.temp_c == 9.0).all()
    heavier = project(replace(AT_SEA, weight_g=1600.0), [Phase(1, models)])
    assert heavier.weight_g == pytest.approx(1600.0)


def test_a_scenario_goes_over_to_other_models(models_of: Models) -> None:
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
    models_of: Models, weight_g: float | None, stage: int
) -> None:
    projection = project(replace(AT_SEA, weight_g=weight_g), [Phase(1, models_of())])
    assert projection.stage_ids[0] == stage


def test_the_live_projection_starts_from_today(evidence_of: Evidences, models_of: Models) -> None:
    stays = [(450, 900), (450, 900)]
    observations = evidence_of(
        stays,
        weight_g=[500.0, 900.0],
        population=[3000, 1000],
        as_of=600,
        samples=[(1, 600, 950.0)],
    )
    models = models_of(3.0, profile_c=9.0, daily_rate=0.0005)
    forward = project_from_today(observations, assimilate(observations, models), models)
    assert forward is not None
    assert forward.day[0] == observations.as_of + 1
    assert 950.0 < forward.today_g < forward.weight_g[0]
    assert forward.bias_c == 0.0
    arrival = forward.reaches(4000.0)
    assert arrival.earliest is not None
    assert arrival.day is not None
    assert arrival.latest is not None
    assert arrival.earliest < arrival.day < arrival.latest
    assert forward.reaches(1e9).day is None


@given(st.floats(-4.0, 4.0), st.integers(1, 30))
def test_the_bias_is_that_of_the_last_fortnight(
    evidence_of: Evidences, models_of: Models, shift_c: float, days: int
) -> None:
    old = [(1, day, 3.0) for day in range(450, 586)]
    recent = [(1, day, 9.0 + shift_c) for day in range(601 - days, 601)]
    observations = evidence_of(
        [(450, 900)], as_of=600, temperatures=[*old, *recent][-(days + 136) :]
    )
    models = models_of(profile_c=9.0)
    forward = project_from_today(observations, assimilate(observations, models), models)
    assert forward is not None
    assert -2.0 <= forward.bias_c <= 2.0
    if days >= 14:
        assert forward.bias_days == 14
        assert forward.bias_c == pytest.approx(np.clip(shift_c, -2.0, 2.0))


@given(st.floats(100.0, 4000.0), st.floats(4.0, 14.0), st.integers(455, 800))
def test_the_interval_only_ever_widens(
    evidence_of: Evidences, models_of: Models, weight_g: float, profile_c: float, as_of: int
) -> None:
    observations = evidence_of([(450, 900)], weight_g=[weight_g], as_of=as_of)
    models = models_of(3.0, profile_c=profile_c)
    forward = project_from_today(observations, assimilate(observations, models), models)
    assert forward is not None
    width = forward.high_g - forward.low_g
    assert width[0] > 0
    assert (np.diff(width) > 0).all()
    assert (np.diff(forward.low_g) > 0).all()
    assert ((forward.low_g < forward.weight_g) & (forward.weight_g < forward.high_g)).all()


def test_an_older_weighing_widens_the_interval(evidence_of: Evidences, models_of: Models) -> None:
    models = models_of(3.0)

    def width(day: int) -> float:
        observations = evidence_of([(450, 900)], as_of=600, samples=[(1, day, 1500.0)])
        forward = project_from_today(observations, assimilate(observations, models), models)
        assert forward is not None
        return float(((forward.high_g - forward.low_g) / forward.weight_g)[30])

    assert width(600) < width(570) < width(500)


def test_the_harvest_of_young_fish_is_no_surer_than_that_of_old_ones(
    evidence_of: Evidences, models_of: Models
) -> None:
    models = models_of([0, 1.07, 1.71, 1.4, 2.0, 3.0])

    def width(first_day: int, stage: int, weight_g: float, target_g: float = 5000.0) -> float:
        stay = (first_day, first_day + 500)
        observations = evidence_of([stay], stages=[stage], weight_g=[weight_g], as_of=first_day + 9)
        forward = project_from_today(observations, assimilate(observations, models), models)
        assert forward is not None
        arrival = forward.reaches(target_g).day
        assert arrival is not None
        at = arrival - int(forward.day[0])
        return float(forward.high_g[at] - forward.low_g[at])

    fry, smolt, grower = width(90, 2, 0.2), width(270, 4, 60.0), width(700, 6, 2500.0)
    assert fry > smolt > grower


def test_young_fish_go_to_sea_by_the_plan_and_start_slowly(
    evidence_of: Evidences, models_of: Models
) -> None:
    models = models_of([0, 1.07, 1.71, 1.4, 2.0, 2.0], profile_c=10.0)
    observations = evidence_of([(360, 450)], stages=[5], weight_g=[150.0], as_of=400)
    forward = project_from_today(observations, assimilate(observations, models), models)
    assert forward is not None
    gain = np.diff(np.cbrt(forward.weight_g))
    assert gain[:40] == pytest.approx(0.02)
    assert 0.008 < gain[49] < 0.01
    assert gain[120:] == pytest.approx(0.02)


def test_nothing_is_projected_without_fish_or_model(
    evidence_of: Evidences, models_of: Models
) -> None:
    gone = evidence_of([(0, 30)], as_of=100)
    assert project_from_today(gone, assimilate(gone, models_of()), models_of()) is None
    here, models = evidence_of([(0, 300)], as_of=100), models_of(None)
    assert project_from_today(here, assimilate(here, models), models) is None
