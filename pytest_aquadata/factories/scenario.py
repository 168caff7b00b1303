"""Factories for projections: models of temperature, growth, feed and mortality, and scenarios."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..presets.master_data.growth_models import PROFILE_DAYS, profile_c
from ..schema import (
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
from .base import AquadataFactory, Parent, PinnedValues, Same
from .batch import BatchFactory
from .catalogue import entries
from .company import Company, FactoryError
from .expected_life import expected_life, geography_named, standard_farm
from .history import usual_fish
from .master import CatalogueFactory
from .places import decimal
from .stays import person, stage_row, timeline_of

_MONTHS = 12


class TemperatureProfileFactory(CatalogueFactory[TemperatureProfile]):
    """A curve of water temperature: of a geography and month of start."""

    class Meta:
        model = TemperatureProfile


class TGCModelFactory(CatalogueFactory[TGCModel]):
    """A growth model, of a geography and month of start."""

    class Meta:
        model = TGCModel


class TGCModelStageFactory(CatalogueFactory[TGCModelStage]):
    """The growth coefficient of one stage of a growth model."""

    class Meta:
        model = TGCModelStage


class FCRModelFactory(CatalogueFactory[FCRModel]):
    """A model of feed conversion."""

    class Meta:
        model = FCRModel


class FCRModelStageFactory(CatalogueFactory[FCRModelStage]):
    """The feed conversion ratio of one stage."""

    class Meta:
        model = FCRModelStage


class MortalityModelFactory(CatalogueFactory[MortalityModel]):
    """A model of mortality."""

    class Meta:
        model = MortalityModel


class MortalityModelStageFactory(CatalogueFactory[MortalityModelStage]):
    """The mortality of one stage."""

    class Meta:
        model = MortalityModelStage


class BiologicalConstraintsFactory(CatalogueFactory[BiologicalConstraints]):
    """A set of limits that a projection must keep."""

    class Meta:
        model = BiologicalConstraints


class StageConstraintFactory(CatalogueFactory[StageConstraint]):
    """The limits of one stage."""

    class Meta:
        model = StageConstraint


def _first(model: Any) -> Any:
    """Looks for the catalogue's first entry, so that rows share it unless told otherwise."""
    return lambda at, pins: at.entry(model)


class TemperatureReadingFactory(AquadataFactory[TemperatureReading]):
    """The temperature of one day of a profile: the first, then the next."""

    class Meta:
        model = TemperatureReading

    class Params:
        profile = Parent(
            TemperatureProfileFactory, key="profile_id", found=_first(TemperatureProfile)
        )

    _shares = ("profile",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        profile = pins["profile"]
        key = ("days of profile", profile.profile_id)
        if key not in at.memory:
            told = at.rows(TemperatureReading, profile_id=profile.profile_id)
            at.memory[key] = max((row.day_number for row in told), default=0)
        day = pins.get("day_number")
        if day is None:
            day = at.memory[key] = at.memory[key] + 1
        curve = _curve(profile.name)
        return {
            "day_number": day,
            "temperature": float(curve[(day - 1) % PROFILE_DAYS]),
            "profile_id": profile.profile_id,
        }


def _curve(name: str) -> Any:
    """The curve of a profile by its name; the first of the farm's for any other name."""
    names = [row["name"] for row in entries(TemperatureProfile)]
    place = next((position for position, one in enumerate(names) if name.startswith(one)), 0)
    farm = standard_farm()
    return profile_c(farm, farm.geographies[place // _MONTHS], place % _MONTHS + 1)


class FCRModelStageOverrideFactory(AquadataFactory[FCRModelStageOverride]):
    """Another feed conversion ratio for a range of weights of a stage, one range after another."""

    class Meta:
        model = FCRModelStageOverride

    class Params:
        fcr_stage = Parent(
            FCRModelStageFactory, key="fcr_stage_id", found=lambda at, _: at.entry(FCRModelStage, 1)
        )

    _shares = ("fcr_stage",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stage = pins["fcr_stage"]
        rule = standard_farm().stages[at.get(LifeCycleStage, stage.stage_id).order - 1]
        part = (at.number(f"override {stage.id}") - 1) % _PARTS
        span = (rule.weight_max_g - rule.weight_min_g) / _PARTS
        least = rule.weight_min_g + span * part
        ratio = rule.fcr + (rule.fcr_end - rule.fcr) * (part + 0.5) / _PARTS
        return {
            "min_weight_g": decimal(least),
            "max_weight_g": decimal(least + span),
            "fcr_value": decimal(ratio, 3),
            "fcr_stage_id": stage.id,
        }


_PARTS = 4
"""Ranges of weight into which a stage is divided."""


class ScenarioFactory(AquadataFactory[Scenario]):
    """A projection of a batch to its harvest, under the models of its geography and month."""

    class Meta:
        model = Scenario

    class Params:
        stage = None
        batch = Parent(BatchFactory, key="batch_id", stage=Same("stage"))

    _shares = ("batch",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        batch = pins["batch"]
        if batch is None:
            raise FactoryError("a scenario starts from a batch: give one, or leave batch out")
        track = timeline_of(at, batch)
        geography = geography_named(track.geography)
        model = (geography.id - 1) * _MONTHS + batch.start_date.month - 1
        ends = batch.expected_end_date or track.life[-1].arrives + timedelta(days=420)
        fish = sum(stay.arrived for stay in track.stays) or usual_fish(track.order)
        weight = track.stage.weight_g[track.stage.day(track.today)]
        return {
            "name": f"{batch.batch_number} to harvest",
            "start_date": track.today,
            "duration_days": max((ends - track.today).days, 1),
            "initial_count": fish,
            "initial_weight": round(float(weight), 2),
            "genotype": "Standard",
            "supplier": "Nordhav Ova",
            "batch_id": batch.id,
            "created_by_id": person(at, "manager").id,
            "fcr_model_id": at.entry(FCRModel).model_id,
            "mortality_model_id": at.entry(MortalityModel).model_id,
            "tgc_model_id": at.entry(TGCModel, model).model_id,
            "biological_constraints_id": at.entry(BiologicalConstraints).id,
        }


class ScenarioModelChangeFactory(AquadataFactory[ScenarioModelChange]):
    """A day on which a scenario goes over to another growth model."""

    class Meta:
        model = ScenarioModelChange

    class Params:
        scenario = Parent(ScenarioFactory, key="scenario_id")

    _shares = ("scenario",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        scenario = pins["scenario"]
        number = at.number(f"model change {scenario.scenario_id}")
        return {
            "change_day": min(30 * number, scenario.duration_days),
            "new_tgc_model_id": at.entry(TGCModel, number).model_id,
            "scenario_id": scenario.scenario_id,
        }


class ScenarioProjectionFactory(AquadataFactory[ScenarioProjection]):
    """A projected day of a scenario: the first, then the next, by the usual life of its batch.

    A scenario that is made for it lasts as long as it is projected.
    """

    class Meta:
        model = ScenarioProjection

    class Params:
        scenario = Parent(ScenarioFactory, key="scenario_id")

    _shares = ("scenario",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        scenario = pins["scenario"]
        number = at.number(f"projected day {scenario.scenario_id}") - 1
        day = pins.get("day_number", number)
        if not pins.given("scenario") or scenario.duration_days <= day:
            scenario.duration_days = day + 1
        when = scenario.start_date + timedelta(days=day)
        track = timeline_of(at, at.get(BatchFactory._meta.model, scenario.batch_id))
        life = expected_life(track.geography, track.batch.start_date)
        stage = next((one for one in life if when < one.leaves), life[-1])
        fish = float(scenario.initial_count)
        fed = [
            one.decagrams(one.day(on), int(fish)) / 100.0 if one.rule.is_fed else 0.0
            for on in (scenario.start_date + timedelta(days=back) for back in range(day + 1))
            for one in [next((each for each in life if on < each.leaves), life[-1])]
        ]
        weight = float(stage.weight_g[stage.day(when)])
        return {
            "projection_date": when,
            "day_number": day,
            "average_weight": weight,
            "population": fish,
            "biomass": fish * weight / 1000.0,
            "daily_feed": fed[-1],
            "cumulative_feed": sum(fed),
            "temperature": float(stage.temp_c[stage.day(when)]),
            "current_stage_id": stage_row(at, stage.rule.order).id,
            "scenario_id": scenario.scenario_id,
        }
