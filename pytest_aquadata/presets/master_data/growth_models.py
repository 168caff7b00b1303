"""Rows of AquaMind's models: temperature profiles, growth, feed conversion, mortality, limits.

They hold averages of the simulation, so that AquaMind's projections come close to it. Each
geography has one temperature profile and one growth model per start month, January first.
"""

from __future__ import annotations

from calendar import month_name
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ...lifecycle.columns import BatchTables, decimals, floats, integers, table, texts
from ...lifecycle.days import day_number
from ...lifecycle.growth import effective_degree_days, expected_tgc_per_1000
from ...lifecycle.growth_analysis.models import ENGINE_CAP_G, HARVEST
from ...lifecycle.mortality import expected_survival
from ...lifecycle.stages import StageRule
from ...lifecycle.water import season_c
from ..farm import Farm
from ..planner import HARVEST_WEIGHT_STEP_G
from ..sites import FarmGeography
from .common_columns import Stamps, row_keys

PROFILE_DAYS = 960
"""Days of a temperature profile, from the start of a batch."""

_MONTHS = range(1, 13)
_ANY_YEAR = 2021
_HALL_TOLERANCE_C = 3.0
_SEA_TEMP_C = (1.0, 18.0)


def model_key(geography: int, month: int) -> int:
    """Return the primary key of the profile and growth model of a start month, 1 to 12."""
    return (geography - 1) * 12 + month


def model_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    """Return the rows of all models of a farm, each model before its stages."""
    return {
        **_temperature_tables(farm, stamps),
        **_growth_tables(farm, stamps),
        **_feed_conversion_tables(farm, stamps),
        **_mortality_tables(farm, stamps),
        **_constraint_tables(farm, stamps),
    }


def profile_c(farm: Farm, geography: FarmGeography, month: int) -> NDArray[np.float64]:
    """Return the daily temperature of a batch that starts on the first of a month, in °C.

    Hall temperatures stage by stage, then the seasonal mean of the geography's sea.
    """
    first_day = day_number(date(_ANY_YEAR, month, 1))
    temperatures = season_c(geography.climate, np.arange(first_day, first_day + PROFILE_DAYS))
    day = 0
    for rule in farm.stages:
        if rule.hall_temp_c is not None:
            temperatures[day : day + rule.days] = rule.hall_temp_c
        day += rule.days
    return np.round(temperatures, 2)


def observed_tgc_per_1000(farm: Farm, geography: FarmGeography, month: int) -> list[float]:
    """Return the TGC per 1000 observed in each stage of a batch that starts in a month.

    The stage rules hold at their reference temperature. In colder or warmer water, growth per
    degree-day is lower. The slow growth just after sea transfer is not included.
    """
    water_c, day = profile_c(farm, geography, month), 0
    observed = []
    for rule in farm.stages:
        temp_c = water_c[day : day + rule.days]
        day += rule.days
        share = effective_degree_days(temp_c, rule.reference_temp_c).sum() / temp_c.sum()
        observed.append(float(expected_tgc_per_1000(rule) * share))
    return observed


def _starts(farm: Farm) -> list[tuple[FarmGeography, int]]:
    """Return each geography with each start month, in the order of their model keys."""
    return [(geography, month) for geography in farm.geographies for month in _MONTHS]


def _temperature_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    starts = _starts(farm)
    readings = len(starts) * PROFILE_DAYS
    keys = [model_key(geography.id, month) for geography, month in starts]
    return {
        "scenario_temperatureprofile": table(
            len(starts),
            profile_id=integers(keys),
            name=texts(
                f"{geography.name}, start in {month_name[month]}" for geography, month in starts
            ),
            **stamps,
        ),
        "scenario_temperaturereading": table(
            readings,
            reading_id=row_keys(readings),
            profile_id=integers(np.repeat(keys, PROFILE_DAYS)),
            day_number=integers(np.tile(np.arange(1, PROFILE_DAYS + 1), len(starts))),
            temperature=floats(np.concatenate([profile_c(farm, *start) for start in starts])),
            **stamps,
        ),
    }


def _growth_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    starts = _starts(farm)
    keys = [model_key(geography.id, month) for geography, month in starts]
    observed = [observed_tgc_per_1000(farm, geography, month) for geography, month in starts]
    named = _named_stages(farm)
    names = [name for name, _ in named]
    rows = len(keys) * len(names)
    return {
        "scenario_tgcmodel": table(
            len(keys),
            model_id=integers(keys),
            name=texts(f"{geography.name} {month_name[month]} TGC" for geography, month in starts),
            location=texts(geography.name for geography, _ in starts),
            release_period=texts(month_name[month] for _, month in starts),
            tgc_value=floats([round(values[-1] / 1000.0, 8) for values in observed]),
            profile_id=integers(keys),
            **stamps,
        ),
        "scenario_tgc_model_stage": table(
            rows,
            id=row_keys(rows),
            tgc_model_id=integers(np.repeat(keys, len(names))),
            lifecycle_stage=texts(names * len(keys)),
            tgc_value=decimals(
                [values[rule.order - 1] for values in observed for _, rule in named],
                4,
            ),
        ),
    }


def _feed_conversion_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    stages = farm.stages
    return {
        "scenario_fcrmodel": table(
            1, model_id=1, name=f"{farm.name} farm feed conversion", **stamps
        ),
        "scenario_fcrmodelstage": table(
            len(stages),
            id=row_keys(len(stages)),
            model_id=1,
            stage_id=integers([rule.order for rule in stages]),
            fcr_value=floats([round((rule.fcr + rule.fcr_end) / 2.0, 3) for rule in stages]),
            duration_days=integers([rule.days for rule in stages]),
            **stamps,
        ),
    }


def _mortality_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    named = _named_stages(farm)
    days = sum(rule.days for rule in farm.stages)
    survival = float(np.prod([expected_survival(rule, rule.days) for rule in farm.stages]))
    return {
        "scenario_mortalitymodel": table(
            1,
            model_id=1,
            name=f"{farm.name} farm mortality",
            frequency="daily",
            rate=round(_loss_pct(survival, days, 1), 4),
            **stamps,
        ),
        "scenario_mortality_model_stage": table(
            len(named),
            id=row_keys(len(named)),
            mortality_model_id=1,
            lifecycle_stage=texts(name for name, _ in named),
            daily_rate_percent=decimals([_stage_loss_pct(rule, 1) for _, rule in named], 3),
            weekly_rate_percent=decimals([_stage_loss_pct(rule, 7) for _, rule in named], 3),
        ),
    }


def _stage_loss_pct(rule: StageRule, days: int) -> float:
    """Return the percentage lost in a number of days, at the mean rate of the stage."""
    return _loss_pct(expected_survival(rule, rule.days), rule.days, days)


def _loss_pct(survival: float, over_days: int, days: int) -> float:
    return float(100.0 * (1.0 - survival ** (days / over_days)))


def _constraint_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    """Return a constraint set for each weight at which a batch's harvest can be planned."""
    weights_g = _harvest_weights_g(farm)
    named = _named_stages(farm)
    sets, rows = len(weights_g), len(named)

    def of_each_set(values: list[float]) -> NDArray[np.float64]:
        return np.tile(np.array(values, np.float64), sets)

    limits = [_temperature_limits_c(rule) for _, rule in named]
    highest_g = np.where(
        np.tile([name == HARVEST for name, _ in named], sets),
        np.repeat(weights_g, rows),
        of_each_set([_highest_weight_g(name, rule) for name, rule in named]),
    )
    return {
        "scenario_biological_constraints": table(
            sets,
            id=row_keys(sets),
            name=texts(
                f"{farm.name} farm limits, harvest at {weight_g:,} g" for weight_g in weights_g
            ),
            description="Weights, temperatures and durations that each stage is expected to keep.",
            is_active=True,
            created_by_id=farm.keys().users["manager"],
            **stamps,
        ),
        "scenario_stage_constraint": table(
            sets * rows,
            id=row_keys(sets * rows),
            constraint_set_id=integers(np.repeat(np.arange(1, sets + 1), rows)),
            lifecycle_stage=texts([name for name, _ in named] * sets),
            min_weight_g=decimals(of_each_set([rule.weight_min_g for _, rule in named]), 2),
            max_weight_g=decimals(highest_g, 2),
            min_temperature_c=decimals(of_each_set([low for low, _ in limits]), 2),
            max_temperature_c=decimals(of_each_set([high for _, high in limits]), 2),
            typical_duration_days=integers(np.tile(_durations(farm), sets)),
            max_freshwater_weight_g=decimals(
                highest_g, 2, np.tile([rule.site == "area" for _, rule in named], sets)
            ),
        ),
    }


def _harvest_weights_g(farm: Farm) -> list[int]:
    """Return the weights at which harvests are planned in any geography."""
    lightest = min(geography.harvest_weight_g[0] for geography in farm.geographies)
    heaviest = max(geography.harvest_weight_g[1] for geography in farm.geographies)
    step = HARVEST_WEIGHT_STEP_G
    return list(range(round(lightest / step) * step, round(heaviest / step) * step + 1, step))


def _highest_weight_g(name: str, rule: StageRule) -> float:
    """Return the highest weight of a stage under one of its names.

    Under the stage's own name, AquaMind's growth engine moves fish to the next stage at this
    weight, although they are still in the hall of this one: no fish of the stage reaches its cap.
    """
    if name in rule.model_names:
        return rule.weight_max_g
    return max(rule.weight_max_g, *(ENGINE_CAP_G.get(each, 0.0) for each in rule.model_names))


def _durations(farm: Farm) -> list[int]:
    """Return the duration of each stage under each of its names, in days.

    The names among the choices share the duration of their stage.
    """
    shares = {
        name: days
        for rule in farm.stages
        for name, days in zip(
            rule.model_names, _shares(rule.days, len(rule.model_names)), strict=True
        )
    }
    return [shares.get(name, rule.days) for name, rule in _named_stages(farm)]


def _temperature_limits_c(rule: StageRule) -> tuple[float, float]:
    if rule.hall_temp_c is None:
        return _SEA_TEMP_C
    return max(0.0, rule.hall_temp_c - _HALL_TOLERANCE_C), rule.hall_temp_c + _HALL_TOLERANCE_C


def _named_stages(farm: Farm) -> list[tuple[str, StageRule]]:
    """Return the names of all stages in the model tables in order, each with its stage rule.

    AquaMind's forms offer the names of the choices; its engines look up the name of the stage.
    """
    return [
        (name, rule)
        for rule in farm.stages
        for name in dict.fromkeys((*rule.model_names, rule.name))
    ]


def _shares(days: int, parts: int) -> list[int]:
    """Split whole days into parts that differ by at most one day."""
    return [days * (part + 1) // parts - days * part // parts for part in range(parts)]
