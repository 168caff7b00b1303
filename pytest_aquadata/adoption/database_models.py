"""The growth, feed and mortality models of a database as rules of the farm's stages.

A geography takes the model that names it, in its location or its name, else the first there is.
A model of a part of a life (`parr`, `harvest`, …) goes before the model's own value.
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
from ..presets.farm import Farm
from ..presets.farm_file import StageRates
from ..schema import TABLES

_PER_1000 = 1000.0
_GIVEN_PER_1000 = 0.1
"""Coefficients above this are given per 1000 degree-days already."""
_DAYS_OF = {"daily": 1.0, "weekly": 7.0}
_MONTH_DAYS = 30.0


@dataclass(frozen=True)
class _Model:
    """A model: its own value, and values of stages by key."""

    place: str
    value: float | None
    stages: Mapping[Any, float]


def with_database_models(connection: sa.Connection, farm: Farm) -> Farm:
    """The farm with its stages ruled by the models of a database.

    Raises:
        PlanError: when the database has no such models.
    """
    kinds = {
        "scenario_tgcmodel": _growth_models(connection),
        "scenario_fcrmodel": _feed_models(connection),
        "scenario_mortalitymodel": _mortality_models(connection),
    }
    if missing := [name for name, models in kinds.items() if not models]:
        raise PlanError(
            f"models=database, but the database has no rows in {' and '.join(missing)}: enter "
            "models there, or leave models=farm"
        )
    growth, feed, mortality = kinds.values()
    stages = tuple(
        _stage(
            geography.name,
            rule,
            _of_place(growth, geography.name),
            _of_place(feed, geography.name),
            _of_place(mortality, geography.name),
        )
        for geography in farm.geographies
        for rule in farm.stages
    )
    document = replace(farm.document, models=stages)
    return replace(farm, document=document, digest=document_digest(document))


def _of_place(models: Sequence[_Model], geography: str) -> list[_Model]:
    """The models of a geography, one a month of release perhaps; the first if none names it."""
    name = geography.casefold()
    return [model for model in models if name in model.place.casefold()] or [models[0]]


def _stage(
    geography: str,
    rule: StageRule,
    growth: Sequence[_Model],
    feed: Sequence[_Model],
    mortality: Sequence[_Model],
) -> StageRates:
    tgc = _mean(growth, rule.model_names) if rule.is_fed else None
    ratio = _mean(feed, (rule.order,)) if rule.is_fed else None
    daily = _mean(mortality, rule.model_names)
    usual = EXPECTED_GROWTH_AT_SEA if rule.site == "area" else EXPECTED_GROWTH_IN_HALLS
    scale = 1.0 if not ratio else ratio / ((rule.fcr + rule.fcr_end) / 2.0)
    later, early = _monthly_pct(rule, daily)
    return StageRates(
        geography=geography,
        stage=rule.order,
        tgc_per_1000=rule.tgc_per_1000 if not tgc else round(tgc / usual, 6),
        fcr=round(rule.fcr * scale, 6),
        fcr_end=round(rule.fcr_end * scale, 6),
        monthly_mortality_pct=later,
        early_monthly_mortality_pct=early,
    )


def _monthly_pct(rule: StageRule, daily_pct: float | None) -> tuple[float, float]:
    """Losses in 30 days, later and early in a stage, that lose what the model says on average."""
    if daily_pct is None:
        return rule.monthly_mortality_pct, rule.early_monthly_mortality_pct
    monthly = 100.0 * (1.0 - (1.0 - min(daily_pct, 99.0) / 100.0) ** _MONTH_DAYS)
    early_share = min(rule.days, float(EARLY_DAYS)) / rule.days
    rise = 1.0
    if rule.monthly_mortality_pct > 0:
        rise = rule.early_monthly_mortality_pct / rule.monthly_mortality_pct
    later = monthly / (rise * early_share + 1.0 - early_share)
    return round(later, 6), round(min(later * rise, 99.0), 6)


def _mean(models: Sequence[_Model], stages: Sequence[Any]) -> float | None:
    """The mean of what the models say of a stage, or of its parts."""
    told = [model.stages.get(stage, model.value) for model in models for stage in stages]
    known = [value for value in told if value is not None]
    return fmean(known) if known else None


def _growth_models(connection: sa.Connection) -> list[_Model]:
    model, stage = TABLES["scenario_tgcmodel"].c, TABLES["scenario_tgc_model_stage"].c
    parts = _parts(connection, stage.tgc_model_id, stage.lifecycle_stage, stage.tgc_value)
    query = sa.select(model.model_id, model.name, model.location, model.tgc_value)
    return [
        _Model(
            f"{location} {name}",
            _per_1000(float(value)),
            {one: _per_1000(tgc) for one, tgc in parts[key].items()},
        )
        for key, name, location, value in connection.execute(query.order_by(model.model_id))
    ]


def _per_1000(tgc: float) -> float:
    return tgc if tgc > _GIVEN_PER_1000 else tgc * _PER_1000


def _feed_models(connection: sa.Connection) -> list[_Model]:
    model, part = TABLES["scenario_fcrmodel"].c, TABLES["scenario_fcrmodelstage"].c
    stage = TABLES["batch_lifecyclestage"].c
    query = sa.select(part.model_id, stage.order, part.fcr_value).join(
        TABLES["batch_lifecyclestage"], stage.id == part.stage_id
    )
    parts = _grouped(connection.execute(query).all())
    models = sa.select(model.model_id, model.name).order_by(model.model_id)
    return [_Model(name, None, parts[key]) for key, name in connection.execute(models)]


def _mortality_models(connection: sa.Connection) -> list[_Model]:
    model = TABLES["scenario_mortalitymodel"].c
    stage = TABLES["scenario_mortality_model_stage"].c
    parts = _parts(
        connection, stage.mortality_model_id, stage.lifecycle_stage, stage.daily_rate_percent
    )
    query = sa.select(model.model_id, model.name, model.frequency, model.rate)
    return [
        _Model(name, _daily_pct(float(rate), frequency), parts[key])
        for key, name, frequency, rate in connection.execute(query.order_by(model.model_id))
    ]


def _daily_pct(pct: float, frequency: str) -> float:
    days = _DAYS_OF.get(frequency.lower(), 1.0)
    return 100.0 * (1.0 - (1.0 - min(pct, 99.0) / 100.0) ** (1.0 / days))


def _parts(
    connection: sa.Connection, model: Any, stage: Any, value: Any
) -> Mapping[int, Mapping[Any, float]]:
    return _grouped(connection.execute(sa.select(model, stage, value)).all())


def _grouped(rows: Sequence[Any]) -> Mapping[int, Mapping[Any, float]]:
    found: dict[int, dict[Any, float]] = defaultdict(dict)
    for model, stage, value in rows:
        found[model][stage] = float(value)
    return found
