"""Factories for scenarios: models of temperature, growth, feed and mortality, and projections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..presets.master_data.growth_models import PROFILE_DAYS, profile_c
from ..schema import (
    Batch,
    BiologicalConstraints,
    FCRModel,
    FCRModelStage,
    FCRModelStageOverride,
    LifeCycleStage,
    MortalityModel,
    MortalityModelStage,
    Scenario,
    ScenarioModelChange,
    ScenarioProjection,
    StageConstraint,
    TemperatureProfile,
    TemperatureReading,
    TGCModel,
    TGCModelStage,
)
from .arrivals import expected_fish
from .base import AquadataFactory
from .batch import BatchFactory
from .catalogue import entries
from .column_values import decimal
from .context import FactoryContext
from .declarations import ChildAttribute, Parent, Pins
from .errors import FactoryError
from .expected_life import ExpectedStage
from .fish_groups import stage_row, timeline_of, user_named
from .master import CatalogueFactory
from .standard_farm import geography_named, standard_farm

_MONTHS = 12
_MODEL_CHANGE_DAYS = 30
_DEFAULT_SEA_DAYS = 420
"""Days at sea that a batch without an expected end is projected for."""
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
        'standard feed conversion'
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
    position = next((index for index, known in enumerate(names) if name.startswith(known)), 0)
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


class ScenarioFactory(AquadataFactory[Scenario]):
    """A scenario: the projection of a batch to harvest, by models of its geography and month.

    Parameters:
        batch (Batch): batch that is projected; default a new one.
        stage (int): stage of a new batch, 1 to 6.

    Example:
        >>> ScenarioFactory(stage=5).name.endswith("to harvest")
        True
    """

    class Meta:
        model = Scenario

    class Params:
        stage = None
        batch = Parent(BatchFactory, key="batch_id", stage=ChildAttribute("stage"))

    _shared_parents = ("batch",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        batch = pins["batch"]
        if batch is None:
            raise FactoryError("a scenario starts from a batch: give one, or leave batch out")
        timeline = timeline_of(context, batch)
        geography = geography_named(timeline.geography)
        growth_model = (geography.id - 1) * _MONTHS + batch.start_date.month - 1
        default_end = timeline.life[-1].arrives + timedelta(days=_DEFAULT_SEA_DAYS)
        ends = batch.expected_end_date or default_end
        fish = sum(group.arrived for group in timeline.groups) or expected_fish(timeline.order)
        catalogue = context.catalogue
        return {
            "name": f"{batch.batch_number} to harvest",
            "start_date": timeline.today,
            "duration_days": max((ends - timeline.today).days, 1),
            "initial_count": fish,
            "initial_weight": round(timeline.expected_weight_g, 2),
            "genotype": "Standard",
            "supplier": "Nordhav Ova",
            "batch_id": batch.id,
            "created_by_id": user_named(context, "manager").id,
            "fcr_model_id": catalogue.row(FCRModel).model_id,
            "mortality_model_id": catalogue.row(MortalityModel).model_id,
            "tgc_model_id": catalogue.row(TGCModel, growth_model).model_id,
            "biological_constraints_id": catalogue.row(BiologicalConstraints).id,
        }


class ScenarioModelChangeFactory(AquadataFactory[ScenarioModelChange]):
    """The day on which a scenario changes to another growth model: day 30, then day 60, ….

    Parameters:
        scenario (Scenario): scenario; default a new one.

    Example:
        >>> [change.change_day for change in ScenarioModelChangeFactory.create_batch(2)]
        [30, 60]
    """

    class Meta:
        model = ScenarioModelChange

    class Params:
        scenario = Parent(ScenarioFactory, key="scenario_id")

    _shared_parents = ("scenario",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        scenario = pins["scenario"]
        number = context.next_number(f"model change {scenario.scenario_id}")
        return {
            "change_day": min(_MODEL_CHANGE_DAYS * number, scenario.duration_days),
            "new_tgc_model_id": context.catalogue.row(TGCModel, number).model_id,
            "scenario_id": scenario.scenario_id,
        }


class ScenarioProjectionFactory(AquadataFactory[ScenarioProjection]):
    """One projected day of a scenario, by the expected life of its batch.

    Each call goes on by one day, from day 0. A new scenario lasts as long as it is projected; a
    given one is extended if it is shorter.

    Parameters:
        scenario (Scenario): scenario; default a new one.

    Example:
        >>> [day.day_number for day in ScenarioProjectionFactory.create_batch(3)]
        [0, 1, 2]
    """

    class Meta:
        model = ScenarioProjection

    class Params:
        scenario = Parent(ScenarioFactory, key="scenario_id")

    _shared_parents = ("scenario",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        scenario = pins["scenario"]
        number = context.next_number(f"projected day {scenario.scenario_id}") - 1
        day = pins.get("day_number", number)
        if not pins.is_pinned("scenario") or scenario.duration_days <= day:
            scenario.duration_days = day + 1
        when = scenario.start_date + timedelta(days=day)
        life = timeline_of(context, context.rows.get(Batch, scenario.batch_id)).life
        stage = _stage_on(life, when)
        fish = float(scenario.initial_count)
        daily_feed_kg = [
            _daily_feed_kg(life, scenario.start_date + timedelta(days=earlier), int(fish))
            for earlier in range(day + 1)
        ]
        weight_g = float(stage.weight_g[stage.day(when)])
        return {
            "projection_date": when,
            "day_number": day,
            "average_weight": weight_g,
            "population": fish,
            "biomass": fish * weight_g / 1000.0,
            "daily_feed": daily_feed_kg[-1],
            "cumulative_feed": sum(daily_feed_kg),
            "temperature": float(stage.temp_c[stage.day(when)]),
            "current_stage_id": stage_row(context, stage.rule.order).id,
            "scenario_id": scenario.scenario_id,
        }


def _stage_on(life: Sequence[ExpectedStage], when: date) -> ExpectedStage:
    return next((stage for stage in life if when < stage.leaves), life[-1])


def _daily_feed_kg(life: Sequence[ExpectedStage], when: date, fish: int) -> float:
    stage = _stage_on(life, when)
    return stage.decagrams(stage.day(when), fish) / 100.0 if stage.rule.is_fed else 0.0
