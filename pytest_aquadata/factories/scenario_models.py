"""Factories for the models of scenarios: temperature, growth, feed conversion and mortality."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..presets.master_data.growth_models import PROFILE_DAYS, profile_c
from ..schema import (
    BiologicalConstraints,
    FCRModel,
    FCRModelStage,
    FCRModelStageOverride,
    LifeCycleStage,
    MortalityModel,
    MortalityModelStage,
    StageConstraint,
    TemperatureProfile,
    TemperatureReading,
    TGCModel,
    TGCModelStage,
)
from .base import AquadataFactory
from .catalogue import entries
from .column_values import decimal
from .context import FactoryContext
from .declarations import Parent, Pins
from .master import CatalogueFactory
from .standard_farm import standard_farm

_MONTHS = 12
_WEIGHT_RANGES = 4
"""Weight ranges into which the overrides of a stage divide it."""


@dataclass
class ProfileDays:
    """Registry of the last day with a temperature, by profile id."""

    last: dict[int, int] = field(default_factory=dict)


class TemperatureProfileFactory(CatalogueFactory[TemperatureProfile]):
    """A profile of water temperature, of a geography and month of start; pin `name` to pick one.

    Example:
        >>> TemperatureProfileFactory().name
        'Faroe Islands, start in January'
    """

    class Meta:
        model = TemperatureProfile


class TGCModelFactory(CatalogueFactory[TGCModel]):
    """A growth model (thermal growth coefficient), of a geography and month of start.

    Example:
        >>> TGCModelFactory().tgc_value > 0
        True
    """

    class Meta:
        model = TGCModel


class TGCModelStageFactory(CatalogueFactory[TGCModelStage]):
    """The thermal growth coefficient of one stage of a growth model.

    Example:
        >>> TGCModelStageFactory().tgc_value >= 0
        True
    """

    class Meta:
        model = TGCModelStage


class FCRModelFactory(CatalogueFactory[FCRModel]):
    """A model of feed conversion.

    Example:
        >>> FCRModelFactory().name
        'standard farm feed conversion'
    """

    class Meta:
        model = FCRModel


class FCRModelStageFactory(CatalogueFactory[FCRModelStage]):
    """The feed conversion ratio of one stage.

    Example:
        >>> FCRModelStageFactory().fcr_value >= 0
        True
    """

    class Meta:
        model = FCRModelStage


class MortalityModelFactory(CatalogueFactory[MortalityModel]):
    """A model of mortality.

    Example:
        >>> MortalityModelFactory().rate > 0
        True
    """

    class Meta:
        model = MortalityModel


class MortalityModelStageFactory(CatalogueFactory[MortalityModelStage]):
    """The mortality rate of one stage.

    Example:
        >>> MortalityModelStageFactory().daily_rate_percent > 0
        True
    """

    class Meta:
        model = MortalityModelStage


class BiologicalConstraintsFactory(CatalogueFactory[BiologicalConstraints]):
    """A set of limits that projections must keep.

    Example:
        >>> BiologicalConstraintsFactory().is_active
        True
    """

    class Meta:
        model = BiologicalConstraints


class StageConstraintFactory(CatalogueFactory[StageConstraint]):
    """The limits of one stage.

    Example:
        >>> limits = StageConstraintFactory()
        >>> limits.min_weight_g < limits.max_weight_g
        True
    """

    class Meta:
        model = StageConstraint


def _first_profile(context: FactoryContext, pins: Pins) -> TemperatureProfile:
    return context.catalogue.row(TemperatureProfile)


class TemperatureReadingFactory(AquadataFactory[TemperatureReading]):
    """The temperature of one day of a profile. Each call goes on by one day, from day 1.

    Parameters:
        profile (TemperatureProfile): profile; default the catalogue's first one.

    Example:
        >>> [reading.day_number for reading in TemperatureReadingFactory.create_batch(3)]
        [1, 2, 3]
    """

    class Meta:
        model = TemperatureReading

    class Params:
        profile = Parent(TemperatureProfileFactory, key="profile_id", lookup=_first_profile)

    _shared_parents = ("profile",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        profile = pins["profile"]
        profile_id = profile.profile_id
        last = context.registry(ProfileDays).last
        if profile_id not in last:
            readings = context.rows.all(TemperatureReading, profile_id=profile_id)
            last[profile_id] = max((reading.day_number for reading in readings), default=0)
        day = pins.get("day_number")
        if day is None:
            day = last[profile_id] = last[profile_id] + 1
        curve = _temperature_curve(profile.name)
        return {
            "day_number": day,
            "temperature": float(curve[(day - 1) % PROFILE_DAYS]),
            "profile_id": profile_id,
        }


def _temperature_curve(name: str) -> NDArray[np.float64]:
    """Return the daily temperatures in °C of a profile by its name; the first for another name."""
    names = [entry["name"] for entry in entries(TemperatureProfile)]
    position = next((i for i, entry in enumerate(names) if name.startswith(entry)), 0)
    farm = standard_farm()
    return profile_c(farm, farm.geographies[position // _MONTHS], position % _MONTHS + 1)


def _first_fed_stage(context: FactoryContext, pins: Pins) -> FCRModelStage:
    return context.catalogue.row(FCRModelStage, 1)


class FCRModelStageOverrideFactory(AquadataFactory[FCRModelStageOverride]):
    """The feed conversion ratio of one weight range of a stage. Each call takes the next range.

    Parameters:
        fcr_stage (FCRModelStage): stage of the model; default that of fry.

    Example:
        >>> ranges = FCRModelStageOverrideFactory.create_batch(2)
        >>> ranges[0].max_weight_g == ranges[1].min_weight_g
        True
    """

    class Meta:
        model = FCRModelStageOverride

    class Params:
        fcr_stage = Parent(FCRModelStageFactory, key="fcr_stage_id", lookup=_first_fed_stage)

    _shared_parents = ("fcr_stage",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        stage = pins["fcr_stage"]
        order = context.rows.get(LifeCycleStage, stage.stage_id).order
        rule = standard_farm().stages[order - 1]
        part = (context.next_number(f"override {stage.id}") - 1) % _WEIGHT_RANGES
        span_g = (rule.weight_max_g - rule.weight_min_g) / _WEIGHT_RANGES
        min_g = rule.weight_min_g + span_g * part
        ratio = rule.fcr + (rule.fcr_end - rule.fcr) * (part + 0.5) / _WEIGHT_RANGES
        return {
            "min_weight_g": decimal(min_g),
            "max_weight_g": decimal(min_g + span_g),
            "fcr_value": decimal(ratio, 3),
            "fcr_stage_id": stage.id,
        }
