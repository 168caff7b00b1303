"""The model library of a database from the rows of its model tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..columns import BatchTables, Columns
from .column_access import keys, numbers, rows_of, texts
from .model_library import FCR, MORTALITY, ModelLibrary
from .models import (
    DEFAULT_FCR,
    FRESH_WATER_NAMES,
    HARVEST,
    FcrModel,
    MortalityRates,
    ProfileTemperatures,
    StageLimits,
    Stages,
    TgcModel,
    stage_model_names,
    tgc_coefficient,
)

MODEL_TABLES = (
    "batch_lifecyclestage",
    "scenario_temperatureprofile",
    "scenario_temperaturereading",
    "scenario_tgcmodel",
    "scenario_tgc_model_stage",
    "scenario_fcrmodel",
    "scenario_fcrmodelstage",
    "scenario_fcr_model_stage_override",
    "scenario_mortalitymodel",
    "scenario_mortality_model_stage",
    "scenario_biological_constraints",
    "scenario_stage_constraint",
    "scenario",
    "scenario_scenariomodelchange",
)
"""Tables that a library and the scenarios are read from."""

_DAYS_A_WEEK = 7


def library_from_tables(tables: BatchTables) -> ModelLibrary:
    """Return the models in the rows of `MODEL_TABLES`, any of which may be missing."""
    stages = _stages(tables)
    tgc_rows = rows_of(tables, "scenario_tgcmodel")
    return ModelLibrary(
        stages=stages,
        tgc=_tgc_models(tables, stages),
        places={} if tgc_rows is None else _places(tgc_rows),
        fcr=_fcr_models(tables, stages),
        mortality=_mortality_models(tables, stages),
        names={table: _names(tables, table) for table in (FCR, MORTALITY)},
        limits=_all_limits(tables, stages),
        constraints=_active_constraints(tables),
        harvest_weights_g=_harvest_weights_g(tables),
    )


def _stages(tables: BatchTables) -> Stages:
    rows = rows_of(tables, "batch_lifecyclestage")
    if rows is None:
        none, no_weight = np.zeros(0, np.int64), np.zeros(0)
        return Stages(none, none, (), (), none, no_weight, no_weight)
    rows = rows.take(np.lexsort((keys(rows, "order"), keys(rows, "species_id"))))
    species = keys(rows, "species_id")
    names: list[tuple[str, ...]] = []
    for key in dict.fromkeys(species.tolist()):
        names.extend(stage_model_names(int((species == key).sum())))
    return Stages(
        ids=keys(rows, "id"),
        species=species,
        labels=tuple(name or "" for name in texts(rows, "name")),
        names=tuple(names),
        days=np.maximum(keys(rows, "typical_duration_days"), 0),
        min_weight_g=numbers(rows, "expected_weight_min_g", 2),
        max_weight_g=numbers(rows, "expected_weight_max_g", 2),
    )


def _rows_of_model(rows: Columns | None, model_column: str, key: int) -> Columns | None:
    if rows is None:
        return None
    return rows.take(keys(rows, model_column) == key)


def _by_stage(
    stages: Stages, rows: Columns | None, values: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return values of rows by stage, NaN without a row.

    A row with the name of the stage comes first, as in AquaMind's engines; else the value is the
    mean over its names among the choices.
    """
    return _with_default(_by_label(stages, rows, values), _by_choice(stages, rows, values))


def _by_label(
    stages: Stages, rows: Columns | None, values: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    by_name = _by_name(rows, values)
    return np.array([by_name.get(label, np.nan) for label in stages.labels], np.float64)


def _by_choice(
    stages: Stages, rows: Columns | None, values: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    by_name = _by_name(rows, values)
    by_stage = [[by_name[name] for name in names if name in by_name] for names in stages.names]
    means = [sum(values) / len(values) if values else np.nan for values in by_stage]
    return np.array(means, np.float64)


def _by_name(
    rows: Columns | None, values: NDArray[np.float64] | None
) -> Mapping[str | None, float]:
    if rows is None or values is None:
        return {}
    return dict(zip(texts(rows, "lifecycle_stage"), values.tolist(), strict=True))


def _tgc_models(tables: BatchTables, stages: Stages) -> dict[int, TgcModel]:
    rows = rows_of(tables, "scenario_tgcmodel")
    if rows is None:
        return {}
    profiles = _profiles(tables)
    stage_rows = rows_of(tables, "scenario_tgc_model_stage")
    no_profile = ProfileTemperatures(np.zeros(0, np.int64), np.zeros(0))
    models = {}
    for key, base_coefficient, profile in zip(
        keys(rows, "model_id").tolist(),
        tgc_coefficient(numbers(rows, "tgc_value")).tolist(),
        keys(rows, "profile_id").tolist(),
        strict=True,
    ):
        overrides = _rows_of_model(stage_rows, "tgc_model_id", key)
        stored = None if overrides is None else tgc_coefficient(numbers(overrides, "tgc_value", 4))
        override = _by_stage(stages, overrides, stored)
        coefficient = np.where(np.isnan(override), base_coefficient, override)
        models[key] = TgcModel(coefficient, profiles.get(profile, no_profile))
    return models


def _places(rows: Columns) -> dict[int, tuple[str, str]]:
    places = zip(
        keys(rows, "model_id").tolist(),
        texts(rows, "location"),
        texts(rows, "name"),
        texts(rows, "release_period"),
        strict=True,
    )
    return {
        key: (f"{location or ''} {name or ''}", period or "")
        for key, location, name, period in places
    }


def _names(tables: BatchTables, table: str) -> dict[int, str]:
    rows = rows_of(tables, table)
    if rows is None:
        return {}
    names = zip(keys(rows, "model_id").tolist(), texts(rows, "name"), strict=True)
    return {key: name or "" for key, name in names}


def _profiles(tables: BatchTables) -> dict[int, ProfileTemperatures]:
    rows = rows_of(tables, "scenario_temperaturereading")
    if rows is None:
        return {}
    profile, day = keys(rows, "profile_id"), keys(rows, "day_number")
    order = np.lexsort((day, profile))
    distinct, first = np.unique(profile[order], return_index=True)
    days = np.split(day[order], first[1:])
    temps = np.split(numbers(rows, "temperature")[order], first[1:])
    return {
        key: ProfileTemperatures(profile_days, profile_temps)
        for key, profile_days, profile_temps in zip(distinct.tolist(), days, temps, strict=True)
    }


class _WeightRange(NamedTuple):
    """A range of weights with its own feed conversion ratio; sorted by stage, then weight."""

    stage: int
    from_g: float
    to_g: float
    ratio: float


def _fcr_models(tables: BatchTables, stages: Stages) -> dict[int, FcrModel]:
    rows = rows_of(tables, "scenario_fcrmodel")
    if rows is None:
        return {}
    stage_rows = rows_of(tables, "scenario_fcrmodelstage")
    override_rows = rows_of(tables, "scenario_fcr_model_stage_override")
    models = {}
    for key in keys(rows, "model_id").tolist():
        ratio, days = np.full(len(stages), DEFAULT_FCR), np.zeros(len(stages), np.int64)
        ranges: list[_WeightRange] = []
        own = _rows_of_model(stage_rows, "model_id", key)
        if own is not None and len(own):
            position = stages.positions(keys(own, "stage_id"))
            ratio[position] = numbers(own, "fcr_value")
            days[position] = keys(own, "duration_days")
            stage_by_row = dict(zip(keys(own, "id").tolist(), position.tolist(), strict=True))
            ranges = _weight_ranges(override_rows, stage_by_row)
        models[key] = FcrModel(
            ratio=ratio,
            days=days,
            override_stage=np.array([part.stage for part in ranges], np.int64),
            override_from_g=np.array([part.from_g for part in ranges], np.float64),
            override_to_g=np.array([part.to_g for part in ranges], np.float64),
            override_ratio=np.array([part.ratio for part in ranges], np.float64),
        )
    return models


def _weight_ranges(rows: Columns | None, stage_by_row: Mapping[int, int]) -> list[_WeightRange]:
    """Return the weight ranges of a model.

    Args:
        rows: overrides of all models.
        stage_by_row: position of the stage by primary key of the model's stage rows.
    """
    if rows is None:
        return []
    overrides = zip(
        keys(rows, "fcr_stage_id").tolist(),
        numbers(rows, "min_weight_g", 2).tolist(),
        numbers(rows, "max_weight_g", 2).tolist(),
        numbers(rows, "fcr_value", 3).tolist(),
        strict=True,
    )
    return sorted(
        _WeightRange(stage_by_row[key], from_g, to_g, ratio)
        for key, from_g, to_g, ratio in overrides
        if key in stage_by_row
    )


def _mortality_models(tables: BatchTables, stages: Stages) -> dict[int, MortalityRates]:
    rows = rows_of(tables, "scenario_mortalitymodel")
    if rows is None:
        return {}
    stage_rows = rows_of(tables, "scenario_mortality_model_stage")
    models = {}
    for key, percent, frequency in zip(
        keys(rows, "model_id").tolist(),
        numbers(rows, "rate").tolist(),
        texts(rows, "frequency"),
        strict=True,
    ):
        base_rate = percent / 100.0
        if frequency == "weekly":
            base_rate = 1.0 - (1.0 - base_rate) ** (1.0 / _DAYS_A_WEEK)
        overrides = _rows_of_model(stage_rows, "mortality_model_id", key)
        stored = None
        if overrides is not None:
            stored = numbers(overrides, "daily_rate_percent", 3) / 100.0
        override = _by_stage(stages, overrides, stored)
        daily = np.where(np.isnan(override), base_rate, override)
        models[key] = MortalityRates(np.clip(daily, 0.0, 1.0))
    return models


def _active_constraints(tables: BatchTables) -> list[int]:
    """Return the primary keys of the active constraint sets."""
    rows = rows_of(tables, "scenario_biological_constraints")
    if rows is None:
        return []
    active: list[int] = keys(rows, "id")[rows.values("is_active").astype(np.bool_)].tolist()
    return active


def _harvest_weights_g(tables: BatchTables) -> dict[int, float]:
    """Return the weight at which each active constraint set lets fish be harvested."""
    rows = rows_of(tables, "scenario_stage_constraint")
    active = set(_active_constraints(tables))
    if rows is None:
        return {}
    limits = zip(
        keys(rows, "constraint_set_id").tolist(),
        texts(rows, "lifecycle_stage"),
        numbers(rows, "max_weight_g", 2).tolist(),
        strict=True,
    )
    return {key: limit for key, name, limit in limits if name == HARVEST and key in active}


def _all_limits(tables: BatchTables, stages: Stages) -> dict[int | None, StageLimits]:
    """Return the limits of each constraint set, and under None those of the stages alone."""
    rows = rows_of(tables, "scenario_stage_constraint")
    limits: dict[int | None, StageLimits] = {None: _limits(stages, None)}
    if rows is not None:
        for key in np.unique(keys(rows, "constraint_set_id")).tolist():
            limits[key] = _limits(stages, _rows_of_model(rows, "constraint_set_id", key))
    return limits


def _limits(stages: Stages, rows: Columns | None) -> StageLimits:
    def column(name: str, scale: int) -> NDArray[np.float64]:
        # under the name of a stage, the highest weight is the one at which AquaMind's growth
        # engine moves fish to the next stage, and may be above the weights of the stage
        values = None if rows is None else numbers(rows, name, scale)
        return _with_default(_by_choice(stages, rows, values), _by_label(stages, rows, values))

    fresh_water_max_g = column("max_freshwater_weight_g", 2)
    is_fresh_water = np.array([names[-1] in FRESH_WATER_NAMES for names in stages.names], np.bool_)
    max_weight_g = np.fmin(
        _with_default(column("max_weight_g", 2), np.inf), _with_default(fresh_water_max_g, np.inf)
    )
    # the highest weight of harvest is the one at which fish are harvested, and no limit of growth
    is_harvested = np.array([HARVEST in names for names in stages.names], np.bool_)
    max_weight_g[is_harvested] = np.inf
    days = _stage_days(stages, rows)
    return StageLimits(
        min_weight_g=_with_default(column("min_weight_g", 2), stages.min_weight_g),
        max_weight_g=max_weight_g,
        min_temp_c=_with_default(column("min_temperature_c", 2), -np.inf),
        max_temp_c=_with_default(column("max_temperature_c", 2), np.inf),
        days=np.maximum(_with_default(days, 0.0), 0.0).astype(np.int64),
        fresh_water=is_fresh_water | ~np.isnan(fresh_water_max_g),
    )


def _stage_days(stages: Stages, rows: Columns | None) -> NDArray[np.float64]:
    """Return the duration of each stage; one with several choices lasts as long as all of them."""
    values = None if rows is None else numbers(rows, "typical_duration_days")
    count = np.array([len(names) for names in stages.names])
    by_choice = _by_choice(stages, rows, values) * count
    return _with_default(by_choice, _by_label(stages, rows, values))


def _with_default(values: NDArray[np.float64], default: ArrayLike) -> NDArray[np.float64]:
    """Return values, and a default where they are NaN."""
    return np.where(np.isnan(values), default, values)
