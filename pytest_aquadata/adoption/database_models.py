"""Stage rules from the growth, feed and mortality models of an existing database.

A batch's fish follow the models that its scenario gets: both are chosen by geography and start
month, and their values read, by the model library of the growth analysis.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import sqlalchemy as sa

from ..errors import PlanError
from ..lifecycle.biology import EARLY_DAYS
from ..lifecycle.days import day_number
from ..lifecycle.growth_analysis.model_library import FCR, MORTALITY, TGC, ModelLibrary
from ..lifecycle.growth_analysis.model_reader import library_from_tables
from ..lifecycle.growth_analysis.models import GrowthModels
from ..lifecycle.stages import StageRule
from ..presets.documents import document_digest
from ..presets.existing_farm import StageRates
from ..presets.farm import Farm
from ..presets.master_data.growth_models import observed_tgc_per_1000
from ..presets.master_data.tables import master_tables
from ..presets.sites import FarmGeography
from .analysis_models import analysis_models
from .matching import KeyMap, match_rows
from .natural_keys import MASTER_DATA_KEYS

_STAGES = "batch_lifecyclestage"
_ANY_DAY = date(2021, 1, 1)
_MONTHS = range(1, 13)
_PER_1000 = 1000.0
_MONTH_DAYS = 30.0
_WEIGHTS = 20
"""Weights of a stage over which a feed conversion ratio by weight is averaged."""


def with_database_models(
    connection: sa.Connection, farm: Farm, added: Mapping[str, Collection[int]]
) -> Farm:
    """Return the farm with stage rates from the models of a database.

    Args:
        connection: to the database.
        farm: the farm.
        added: primary keys of models that builds added, by table; they are not used.

    Raises:
        PlanError: if the database lacks growth, feed or mortality models of its own.
    """
    library, keys = _library(connection, farm)
    library = library.without(added)
    if missing := [table for table in (TGC, FCR, MORTALITY) if not library.keys(table)]:
        own = "of its own " if any(added.get(table) for table in missing) else ""
        raise PlanError(
            f"models=database, but the database has no rows {own}in {' and '.join(missing)}: "
            "enter models there, or leave models=farm"
        )
    positions = library.stages.positions(
        np.array([keys[_STAGES][rule.order] for rule in farm.stages], np.int64)
    ).tolist()
    rates = tuple(
        rates
        for geography in farm.geographies
        for month in _MONTHS
        for rates in _rates(farm, geography, month, library, positions)
    )
    document = replace(farm.document, models=rates)
    return replace(farm, document=document, digest=document_digest(document))


def _library(connection: sa.Connection, farm: Farm) -> tuple[ModelLibrary, KeyMap]:
    """Return the models of a database, and the primary keys of the farm's stages in it."""
    tables = master_tables(farm, _ANY_DAY, _ANY_DAY)
    stages = {name: tables[name] for name in ("batch_species", _STAGES)}
    matched = match_rows(connection, stages, MASTER_DATA_KEYS)
    return library_from_tables(analysis_models(connection, matched)), matched.keys


def _rates(
    farm: Farm, geography: FarmGeography, month: int, library: ModelLibrary, positions: list[int]
) -> list[StageRates]:
    """Return the rates of all stages of a batch that starts in a month.

    Args:
        farm: the farm.
        geography: of the batch.
        month: 1 to 12.
        library: the models.
        positions: of the farm's stages in the library.
    """
    start_day = day_number(_ANY_DAY.replace(month=month))
    models = library.models(library.choose(geography.name, start_day))
    observed = observed_tgc_per_1000(farm, geography, month)
    return [
        _stage_rates(geography.name, month, rule, position, models, observed_tgc)
        for rule, position, observed_tgc in zip(farm.stages, positions, observed, strict=True)
    ]


def _stage_rates(
    geography: str,
    month: int,
    rule: StageRule,
    position: int,
    models: GrowthModels,
    observed_tgc: float,
) -> StageRates:
    """Return the rates with which the simulation gives on average what the models say.

    Args:
        geography: name of the geography.
        month: start month of the batch.
        rule: of the stage, in the farm.
        position: of the stage in the models.
        models: the models.
        observed_tgc: TGC per 1000 that is observed with the farm's rule.
    """
    tgc = float(models.coefficient[position]) * _PER_1000
    growth = tgc / observed_tgc if rule.is_fed and tgc > 0 else 1.0
    conversion = 1.0
    if rule.is_fed:
        conversion = _mean_fcr(models, position, rule) / ((rule.fcr + rule.fcr_end) / 2.0)
    later, early = _monthly_pct(rule, 100.0 * float(models.daily_rate[position]))
    return StageRates(
        geography=geography,
        stage=rule.order,
        tgc_per_1000=round(rule.tgc_per_1000 * growth, 6),
        fcr=round(rule.fcr * conversion, 6),
        fcr_end=round(rule.fcr_end * conversion, 6),
        monthly_mortality_pct=later,
        early_monthly_mortality_pct=early,
        month=month,
    )


def _mean_fcr(models: GrowthModels, position: int, rule: StageRule) -> float:
    weights_g = np.linspace(rule.weight_min_g, rule.weight_max_g, _WEIGHTS)
    return float(models.fcr_at(np.full(_WEIGHTS, position, np.int64), weights_g).mean())


def _monthly_pct(rule: StageRule, daily_pct: float) -> tuple[float, float]:
    """Return the mortality in 30 days, late and early in a stage, from a mean daily mortality."""
    monthly = 100.0 * (1.0 - (1.0 - min(daily_pct, 99.0) / 100.0) ** _MONTH_DAYS)
    early_share = min(rule.days, float(EARLY_DAYS)) / rule.days
    rise = 1.0
    if rule.monthly_mortality_pct > 0:
        rise = rule.early_monthly_mortality_pct / rule.monthly_mortality_pct
    later = monthly / (rise * early_share + 1.0 - early_share)
    return round(later, 6), round(min(later * rise, 99.0), 6)
