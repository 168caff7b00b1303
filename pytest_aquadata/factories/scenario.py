"""Factories for scenarios and their projections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from ..schema import (
    Batch,
    BiologicalConstraints,
    FCRModel,
    MortalityModel,
    Scenario,
    ScenarioModelChange,
    ScenarioProjection,
    TGCModel,
)
from .arrivals import expected_fish
from .base import AquadataFactory
from .batch import BatchFactory
from .context import FactoryContext
from .declarations import ChildAttribute, Parent, Pins
from .errors import FactoryError
from .expected_life import ExpectedStage
from .fish_groups import stage_row, timeline_of, user_named
from .standard_farm import geography_named

_MONTHS = 12
_MODEL_CHANGE_DAYS = 30
_DEFAULT_SEA_DAYS = 420
"""Days at sea that a batch without an expected end is projected for."""


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
            raise FactoryError("a scenario needs a batch: give one, or leave batch out")
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
    """A projected day of a scenario, by the expected life of its batch.

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
