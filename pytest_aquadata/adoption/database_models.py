"""Stage rules from the growth, feed and mortality models of an existing database.

A geography uses the models whose location or name contains its name, else the first model. Values
of a model for single stages (`Parr`, else `parr`) take precedence over its general value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

import sqlalchemy as sa

from ..errors import PlanError
from ..lifecycle.biology import EARLY_DAYS, EXPECTED_GROWTH_AT_SEA, EXPECTED_GROWTH_IN_HALLS
from ..lifecycle.stages import StageRule
from ..presets.documents import document_digest
from ..presets.existing_farm import StageRates
from ..presets.farm import Farm
from ..schema import TABLES

_PER_1000 = 1000.0
_SMALLEST_TGC_PER_1000 = 0.1
"""Coefficients above this are already multiplied by 1000."""
_FREQUENCY_DAYS = {"daily": 1.0, "weekly": 7.0}
_MONTH_DAYS = 30.0


@dataclass(frozen=True)
class _StageModel:
    """A model of a database.

    Attributes:
        label: name and location, in which a geography's name is searched.
        value: general value, if the model has one.
        stages: values by model stage or by stage order.
    """

    label: str
    value: float | None
    stages: Mapping[Any, float]


def with_database_models(connection: sa.Connection, farm: Farm) -> Farm:
    """Return the farm with stage rates from the models of a database.

    Raises:
        PlanError: if the database lacks growth, feed or mortality models.
    """
    models_by_table = {
        "scenario_tgcmodel": _growth_models(connection),
        "scenario_fcrmodel": _feed_models(connection),
        "scenario_mortalitymodel": _mortality_models(connection),
    }
    if missing := [name for name, models in models_by_table.items() if not models]:
        raise PlanError(
            f"models=database, but the database has no rows in {' and '.join(missing)}: enter "
            "models there, or leave models=farm"
        )
    growth, feed, mortality = models_by_table.values()
    rates = tuple(
        _stage_rates(
            geography.name,
            rule,
            _for_geography(growth, geography.name),
            _for_geography(feed, geography.name),
            _for_geography(mortality, geography.name),
        )
        for geography in farm.geographies
        for rule in farm.stages
    )
    document = replace(farm.document, models=rates)
    return replace(farm, document=document, digest=document_digest(document))


def _for_geography(models: Sequence[_StageModel], geography: str) -> list[_StageModel]:
    """Return the models that name a geography, such as one a month; else the first model."""
    name = geography.casefold()
    return [model for model in models if name in model.label.casefold()] or [models[0]]


def _stage_rates(
    geography: str,
    rule: StageRule,
    growth: Sequence[_StageModel],
    feed: Sequence[_StageModel],
    mortality: Sequence[_StageModel],
) -> StageRates:
    tgc = _mean_of_stage(growth, rule) if rule.is_fed else None
    fcr = _mean(feed, (rule.order,)) if rule.is_fed else None
    daily_pct = _mean_of_stage(mortality, rule)
    expected = EXPECTED_GROWTH_AT_SEA if rule.site == "area" else EXPECTED_GROWTH_IN_HALLS
    scale = 1.0 if not fcr else fcr / ((rule.fcr + rule.fcr_end) / 2.0)
    later, early = _monthly_pct(rule, daily_pct)
    return StageRates(
        geography=geography,
        stage=rule.order,
        tgc_per_1000=rule.tgc_per_1000 if not tgc else round(tgc / expected, 6),
        fcr=round(rule.fcr * scale, 6),
        fcr_end=round(rule.fcr_end * scale, 6),
        monthly_mortality_pct=later,
        early_monthly_mortality_pct=early,
    )


def _monthly_pct(rule: StageRule, daily_pct: float | None) -> tuple[float, float]:
    """Return the mortality in 30 days, late and early in a stage, from a mean daily mortality."""
    if daily_pct is None:
        return rule.monthly_mortality_pct, rule.early_monthly_mortality_pct
    monthly = 100.0 * (1.0 - (1.0 - min(daily_pct, 99.0) / 100.0) ** _MONTH_DAYS)
    early_share = min(rule.days, float(EARLY_DAYS)) / rule.days
    rise = 1.0
    if rule.monthly_mortality_pct > 0:
        rise = rule.early_monthly_mortality_pct / rule.monthly_mortality_pct
    later = monthly / (rise * early_share + 1.0 - early_share)
    return round(later, 6), round(min(later * rise, 99.0), 6)


def _mean_of_stage(models: Sequence[_StageModel], rule: StageRule) -> float | None:
    """Return the mean of the models' values for a stage, by its name, else by its choices."""
    is_named = all(rule.name in model.stages for model in models)
    return _mean(models, (rule.name,) if is_named else rule.model_names)


def _mean(models: Sequence[_StageModel], stages: Sequence[Any]) -> float | None:
    """Return the mean of the models' values for some stages, or None if they have none."""
    values = [model.stages.get(stage, model.value) for model in models for stage in stages]
    present = [value for value in values if value is not None]
    return fmean(present) if present else None


def _growth_models(connection: sa.Connection) -> list[_StageModel]:
    model, stage = TABLES["scenario_tgcmodel"].c, TABLES["scenario_tgc_model_stage"].c
    values = _stage_values(connection, stage.tgc_model_id, stage.lifecycle_stage, stage.tgc_value)
    query = sa.select(model.model_id, model.name, model.location, model.tgc_value)
    return [
        _StageModel(
            f"{location} {name}",
            _per_1000(float(value)),
            {part: _per_1000(tgc) for part, tgc in values[key].items()},
        )
        for key, name, location, value in connection.execute(query.order_by(model.model_id))
    ]


def _per_1000(tgc: float) -> float:
    return tgc if tgc > _SMALLEST_TGC_PER_1000 else tgc * _PER_1000


def _feed_models(connection: sa.Connection) -> list[_StageModel]:
    model, part = TABLES["scenario_fcrmodel"].c, TABLES["scenario_fcrmodelstage"].c
    stage = TABLES["batch_lifecyclestage"].c
    query = sa.select(part.model_id, stage.order, part.fcr_value).join(
        TABLES["batch_lifecyclestage"], stage.id == part.stage_id
    )
    values = _by_model(connection.execute(query).all())
    models = sa.select(model.model_id, model.name).order_by(model.model_id)
    return [_StageModel(name, None, values[key]) for key, name in connection.execute(models)]


def _mortality_models(connection: sa.Connection) -> list[_StageModel]:
    model = TABLES["scenario_mortalitymodel"].c
    stage = TABLES["scenario_mortality_model_stage"].c
    values = _stage_values(
        connection, stage.mortality_model_id, stage.lifecycle_stage, stage.daily_rate_percent
    )
    query = sa.select(model.model_id, model.name, model.frequency, model.rate)
    return [
        _StageModel(name, _daily_pct(float(rate), frequency), values[key])
        for key, name, frequency, rate in connection.execute(query.order_by(model.model_id))
    ]


def _daily_pct(pct: float, frequency: str) -> float:
    days = _FREQUENCY_DAYS.get(frequency.lower(), 1.0)
    return 100.0 * (1.0 - (1.0 - min(pct, 99.0) / 100.0) ** (1.0 / days))


def _stage_values(
    connection: sa.Connection, model: Any, stage: Any, value: Any
) -> Mapping[int, Mapping[Any, float]]:
    return _by_model(connection.execute(sa.select(model, stage, value)).all())


def _by_model(rows: Sequence[Any]) -> Mapping[int, Mapping[Any, float]]:
    values: dict[int, dict[Any, float]] = defaultdict(dict)
    for model, stage, value in rows:
        values[model][stage] = float(value)
    return values
