"""The models of a database: read from its tables once, chosen for a batch by place and season."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns
from ..days import month_index
from .column_access import keys, numbers, rows_of, texts
from .models import (
    DEFAULT_FCR,
    FRESH_WATER_NAMES,
    FcrModel,
    GrowthModels,
    MortalityModel,
    StageLimits,
    Stages,
    TemperatureProfile,
    TgcModel,
    names_of_stages,
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
"""The tables that a library is read from, and the scenarios."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS_A_WEEK = 7


@dataclass(frozen=True)
class ModelChoice:
    """Primary keys of the models of a scenario; None where there is none."""

    tgc: int | None
    fcr: int | None
    mortality: int | None
    constraints: int | None

    @property
    def is_complete(self) -> bool:
        """Whether a scenario can be made of them: constraints may be missing."""
        return None not in (self.tgc, self.fcr, self.mortality)


@dataclass(frozen=True)
class ModelLibrary:
    """All models of a database.

    Attributes:
        stages: its lifecycle stages.
        tgc: growth models by primary key.
        places: location and release period of each growth model, by primary key.
        fcr: feed conversion models by primary key.
        mortality: mortality models by primary key.
        limits: sets of constraints by primary key; None for what the stages alone say.
        constraints: primary key of the set to be used by default.
    """

    stages: Stages
    tgc: Mapping[int, TgcModel]
    places: Mapping[int, tuple[str, str]]
    fcr: Mapping[int, FcrModel]
    mortality: Mapping[int, MortalityModel]
    limits: Mapping[int | None, StageLimits]
    constraints: int | None

    def choose(self, geography: str, start_day: int) -> ModelChoice:
        """The models for a batch without a scenario.

        The growth model of its geography and month of start, else of its geography, else of the
        month; among equals, and for the other models, the one entered first.
        """
        month = _MONTHS[int(month_index(np.array([start_day]))[0])]

        def fit(key: int) -> tuple[int, int]:
            location, period = self.places[key]
            here = location.strip().lower() == geography.strip().lower()
            now = period.strip().lower().startswith(month)
            return 2 * here + now, -key

        return ModelChoice(
            tgc=max(self.tgc, key=fit, default=None),
            fcr=min(self.fcr, default=None),
            mortality=min(self.mortality, default=None),
            constraints=self.constraints,
        )

    def models(self, choice: ModelChoice) -> GrowthModels:
        """The models that a choice names; those it does not name, or that are gone, are None."""
        return GrowthModels(
            stages=self.stages,
            limits=self.limits.get(choice.constraints, self.limits[None]),
            tgc=None if choice.tgc is None else self.tgc.get(choice.tgc),
            fcr=None if choice.fcr is None else self.fcr.get(choice.fcr),
            mortality=None if choice.mortality is None else self.mortality.get(choice.mortality),
        )


def library_from_tables(tables: BatchTables) -> ModelLibrary:
    """The models in the rows of `MODEL_TABLES`, any of which may be missing."""
    stages = _stages(tables)
    limits = _limits(tables, stages)
    growth = rows_of(tables, "scenario_tgcmodel")
    return ModelLibrary(
        stages=stages,
        tgc=_growth_models(tables, stages),
        places={} if growth is None else _places(growth),
        fcr=_feed_models(tables, stages),
        mortality=_mortality_models(tables, stages),
        limits=limits,
        constraints=_default_constraints(tables),
    )


def _stages(tables: BatchTables) -> Stages:
    rows = rows_of(tables, "batch_lifecyclestage")
    if rows is None:
        nothing, unknown = np.zeros(0, np.int64), np.zeros(0)
        return Stages(nothing, nothing, (), nothing, unknown, unknown)
    rows = rows.take(np.lexsort((keys(rows, "order"), keys(rows, "species_id"))))
    ids, species = keys(rows, "id"), keys(rows, "species_id")
    usual: list[tuple[str, ...]] = []
    for of_species in dict.fromkeys(species.tolist()):
        usual.extend(names_of_stages(int((species == of_species).sum())))
    return Stages(
        ids=ids,
        species=species,
        names=tuple(usual),
        days=np.maximum(keys(rows, "typical_duration_days"), 0),
        min_weight_g=numbers(rows, "expected_weight_min_g", 2),
        max_weight_g=numbers(rows, "expected_weight_max_g", 2),
    )


def _of_parent(rows: Columns | None, parent: str, key: int) -> Columns | None:
    """The rows that belong to one model."""
    if rows is None:
        return None
    return rows.take(keys(rows, parent) == key)


def _by_stage(
    stages: Stages, rows: Columns | None, values: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Mean of what rows named by `lifecycle_stage` say of each stage; NaN where nothing."""
    if rows is None or values is None:
        return np.full(len(stages), np.nan)
    said: dict[str | None, float] = dict(
        zip(texts(rows, "lifecycle_stage"), values.tolist(), strict=True)
    )
    found = [[said[name] for name in names if name in said] for names in stages.names]
    means = [sum(given) / len(given) if given else np.nan for given in found]
    return np.array(means, np.float64)


def _growth_models(tables: BatchTables, stages: Stages) -> dict[int, TgcModel]:
    rows = rows_of(tables, "scenario_tgcmodel")
    if rows is None:
        return {}
    profiles = _profiles(tables)
    overrides = rows_of(tables, "scenario_tgc_model_stage")
    nothing = TemperatureProfile(np.zeros(0, np.int64), np.zeros(0))
    models = {}
    for key, value, profile in zip(
        keys(rows, "model_id").tolist(),
        tgc_coefficient(numbers(rows, "tgc_value")).tolist(),
        keys(rows, "profile_id").tolist(),
        strict=True,
    ):
        own = _of_parent(overrides, "tgc_model_id", key)
        stored = None if own is None else tgc_coefficient(numbers(own, "tgc_value", 4))
        of_stage = _by_stage(stages, own, stored)
        coefficient = np.where(np.isnan(of_stage), value, of_stage)
        models[key] = TgcModel(coefficient, profiles.get(profile, nothing))
    return models


def _places(rows: Columns) -> dict[int, tuple[str, str]]:
    located = zip(
        keys(rows, "model_id").tolist(),
        texts(rows, "location"),
        texts(rows, "release_period"),
        strict=True,
    )
    return {key: (location or "", period or "") for key, location, period in located}


def _profiles(tables: BatchTables) -> dict[int, TemperatureProfile]:
    rows = rows_of(tables, "scenario_temperaturereading")
    if rows is None:
        return {}
    profile, day = keys(rows, "profile_id"), keys(rows, "day_number")
    order = np.lexsort((day, profile))
    distinct, first = np.unique(profile[order], return_index=True)
    days = np.split(day[order], first[1:])
    temps = np.split(numbers(rows, "temperature")[order], first[1:])
    return {
        key: TemperatureProfile(of_days, of_temps)
        for key, of_days, of_temps in zip(distinct.tolist(), days, temps, strict=True)
    }


def _feed_models(tables: BatchTables, stages: Stages) -> dict[int, FcrModel]:
    rows = rows_of(tables, "scenario_fcrmodel")
    if rows is None:
        return {}
    by_stage = rows_of(tables, "scenario_fcrmodelstage")
    overrides = rows_of(tables, "scenario_fcr_model_stage_override")
    models = {}
    for key in keys(rows, "model_id").tolist():
        ratio, days = np.full(len(stages), DEFAULT_FCR), np.zeros(len(stages), np.int64)
        of_range: list[tuple[int, float, float, float]] = []
        own = _of_parent(by_stage, "model_id", key)
        if own is not None and len(own):
            position = stages.positions(keys(own, "stage_id"))
            ratio[position] = numbers(own, "fcr_value")
            days[position] = keys(own, "duration_days")
            place = dict(zip(keys(own, "id").tolist(), position.tolist(), strict=True))
            of_range = _ranges(overrides, place)
        models[key] = FcrModel(
            ratio=ratio,
            days=days,
            override_stage=np.array([one[0] for one in of_range], np.int64),
            override_from_g=np.array([one[1] for one in of_range], np.float64),
            override_to_g=np.array([one[2] for one in of_range], np.float64),
            override_ratio=np.array([one[3] for one in of_range], np.float64),
        )
    return models


def _ranges(
    overrides: Columns | None, place: Mapping[int, int]
) -> list[tuple[int, float, float, float]]:
    """Ranges of weight with a ratio of their own: stage, from, to, ratio; lightest first."""
    if overrides is None:
        return []
    given = zip(
        keys(overrides, "fcr_stage_id").tolist(),
        numbers(overrides, "min_weight_g", 2).tolist(),
        numbers(overrides, "max_weight_g", 2).tolist(),
        numbers(overrides, "fcr_value", 3).tolist(),
        strict=True,
    )
    return sorted((place[key], low, high, ratio) for key, low, high, ratio in given if key in place)


def _mortality_models(tables: BatchTables, stages: Stages) -> dict[int, MortalityModel]:
    rows = rows_of(tables, "scenario_mortalitymodel")
    if rows is None:
        return {}
    overrides = rows_of(tables, "scenario_mortality_model_stage")
    models = {}
    for key, percent, frequency in zip(
        keys(rows, "model_id").tolist(),
        numbers(rows, "rate").tolist(),
        texts(rows, "frequency"),
        strict=True,
    ):
        rate = percent / 100.0
        if frequency == "weekly":
            rate = 1.0 - (1.0 - rate) ** (1.0 / _DAYS_A_WEEK)
        own = _of_parent(overrides, "mortality_model_id", key)
        stored = None if own is None else numbers(own, "daily_rate_percent", 3) / 100.0
        of_stage = _by_stage(stages, own, stored)
        daily = np.where(np.isnan(of_stage), rate, of_stage)
        models[key] = MortalityModel(np.clip(daily, 0.0, 1.0))
    return models


def _default_constraints(tables: BatchTables) -> int | None:
    rows = rows_of(tables, "scenario_biological_constraints")
    if rows is None:
        return None
    active = keys(rows, "id")[rows.values("is_active").astype(np.bool_)]
    return int(active.min()) if len(active) else None


def _limits(tables: BatchTables, stages: Stages) -> dict[int | None, StageLimits]:
    rows = rows_of(tables, "scenario_stage_constraint")
    limits: dict[int | None, StageLimits] = {None: _limits_of(stages, None)}
    if rows is not None:
        for key in np.unique(keys(rows, "constraint_set_id")).tolist():
            limits[key] = _limits_of(stages, _of_parent(rows, "constraint_set_id", key))
    return limits


def _limits_of(stages: Stages, rows: Columns | None) -> StageLimits:
    def column(name: str, scale: int) -> NDArray[np.float64]:
        return _by_stage(stages, rows, None if rows is None else numbers(rows, name, scale))

    def or_else(values: NDArray[np.float64], other: float) -> NDArray[np.float64]:
        return np.where(np.isnan(values), other, values)

    lowest, in_fresh_water = column("min_weight_g", 2), column("max_freshwater_weight_g", 2)
    usually = np.array([names[-1] in FRESH_WATER_NAMES for names in stages.names], np.bool_)
    highest = np.fmin(or_else(column("max_weight_g", 2), np.inf), or_else(in_fresh_water, np.inf))
    days = column("typical_duration_days", 0) if rows is not None else np.zeros(len(stages))
    parts = np.array([len(names) for names in stages.names])
    return StageLimits(
        min_weight_g=np.where(np.isnan(lowest), stages.min_weight_g, lowest),
        max_weight_g=highest,
        min_temp_c=or_else(column("min_temperature_c", 2), -np.inf),
        max_temp_c=or_else(column("max_temperature_c", 2), np.inf),
        days=np.maximum(or_else(days * parts, 0.0), 0.0).astype(np.int64),
        fresh_water=usually | ~np.isnan(in_fresh_water),
    )
