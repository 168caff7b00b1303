"""Rows of AquaMind's models of temperature, growth, feed conversion and mortality."""

from __future__ import annotations

import numpy as np
import pytest
from column_rows import rows, values

from pytest_aquadata.lifecycle.columns import BatchTables
from pytest_aquadata.lifecycle.growth import expected_tgc_per_1000
from pytest_aquadata.lifecycle.growth_analysis.models import ENGINE_CAP_G, MODEL_NAMES
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.master_data.growth_models import model_key, observed_tgc_per_1000


def test_temperature_profiles_follow_the_halls_then_the_sea(
    farm: Farm, tables: BatchTables
) -> None:
    readings = tables["scenario_temperaturereading"]
    by_profile = readings.values("temperature").reshape(24, 960)
    assert readings.values("day_number").reshape(24, 960)[7].tolist() == list(range(1, 961))
    first, *others = farm.stages[:5]
    assert (by_profile[:, : first.days] == first.hall_temp_c).all()
    assert {rule.hall_temp_c for rule in others} == {12.0}
    at_sea = sum(rule.days for rule in farm.stages[:5])
    assert at_sea == 450
    assert (by_profile[:, first.days : at_sea] == 12.0).all()
    for geography in farm.geographies:
        means = geography.climate.monthly_temp_c
        for month in range(1, 13):
            sea = by_profile[model_key(geography.id, month) - 1, 450:]
            assert min(means) - 0.01 <= sea.min()
            assert sea.max() <= max(means) + 0.01
            assert np.abs(np.diff(sea)).max() < 0.08
            sea_start = np.datetime64(f"2021-{month:02d}-01") + np.timedelta64(450, "D")
            near = means[int(sea_start.astype("datetime64[M]").astype(int)) % 12]
            assert sea[0] == pytest.approx(near, abs=1.1)
    warmest = by_profile[model_key(2, 1) - 1, 450:815].argmax()
    peak = np.datetime64("2021-01-01") + np.timedelta64(450 + int(warmest), "D")
    assert peak.astype(object).month == 8


def test_growth_models_have_the_observed_growth(farm: Farm, tables: BatchTables) -> None:
    models = tables["scenario_tgcmodel"]
    assert values(models["tgc_value"]) == pytest.approx(
        [
            observed_tgc_per_1000(farm, geography, month)[-1] / 1000
            for geography in farm.geographies
            for month in range(1, 13)
        ],
        abs=1e-8,
    )
    assert values(models["profile_id"]) == values(models["model_id"])
    assert rows(models, "location", "release_period")[12] == ("Scotland", "January")
    parts = rows(tables["scenario_tgc_model_stage"], "tgc_model_id", "lifecycle_stage", "tgc_value")
    for model in range(1, 25):
        shown = observed_tgc_per_1000(farm, farm.geographies[model > 12], (model - 1) % 12 + 1)
        growth_by_stage = {stage: value for key, stage, value in parts if key == model}
        assert set(growth_by_stage) == {*MODEL_NAMES, *(rule.name for rule in farm.stages)}
        for rule, tgc in zip(farm.stages, shown, strict=True):
            for name in (rule.name, *rule.model_names):
                assert growth_by_stage[name] == pytest.approx(tgc * 10_000, abs=0.501)
        assert growth_by_stage["Egg&Alevin"] == 0


def test_observed_growth_is_as_in_the_rules_in_halls_and_less_at_sea(farm: Farm) -> None:
    for geography in farm.geographies:
        for month in range(1, 13):
            for rule, shown in zip(
                farm.stages, observed_tgc_per_1000(farm, geography, month), strict=True
            ):
                if rule.hall_temp_c is not None:
                    assert shown == pytest.approx(expected_tgc_per_1000(rule), rel=0.02)
                else:
                    assert 0.9 < shown / expected_tgc_per_1000(rule) < 1.0


def test_mortality_and_feed_models_have_the_rates_of_the_farm(
    farm: Farm, tables: BatchTables
) -> None:
    daily = dict(
        rows(tables["scenario_mortality_model_stage"], "lifecycle_stage", "daily_rate_percent")
    )
    for rule in farm.stages[:5]:
        expected = 100 * (1 - (1 - rule.monthly_mortality_pct / 100) ** (1 / 30))
        for name in (rule.name, *rule.model_names):
            assert daily[name] / 1000 == pytest.approx(expected, abs=0.0006)
    adult = farm.stage(6)
    early, later = (
        100 * (1 - (1 - pct / 100) ** (1 / 30))
        for pct in (adult.early_monthly_mortality_pct, adult.monthly_mortality_pct)
    )
    assert later < daily["harvest"] / 1000 < early
    ratios = values(tables["scenario_fcrmodelstage"]["fcr_value"])
    assert ratios == pytest.approx([(rule.fcr + rule.fcr_end) / 2 for rule in farm.stages])


def test_constraint_sets_have_every_harvest_weight_of_the_farm(
    farm: Farm, tables: BatchTables
) -> None:
    limits = rows(
        tables["scenario_stage_constraint"],
        "constraint_set_id",
        "lifecycle_stage",
        "max_weight_g",
        "typical_duration_days",
    )
    names = values(tables["scenario_biological_constraints"]["name"])
    assert names[0] == "standard farm limits, harvest at 4,500 g"
    assert names[-1] == "standard farm limits, harvest at 6,200 g"
    highest = {key: weight for key, stage, weight, _ in limits if stage == "harvest"}
    assert [highest[key] / 100 for key in range(1, 36)] == list(range(4_500, 6_201, 50))
    first = {stage: (weight, days) for key, stage, weight, days in limits if key == 1}
    assert sum(first[name][1] for name in MODEL_NAMES) == sum(rule.days for rule in farm.stages)
    for rule in farm.stages:
        weight, days = first[rule.name]
        assert days == rule.days
        assert weight / 100 >= ENGINE_CAP_G[rule.model_names[-1]]
