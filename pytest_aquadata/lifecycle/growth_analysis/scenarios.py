"""Scenarios of a database: the plan of each batch, and others created by users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..columns import BatchTables
from .column_access import NO_KEY, keys, numbers, rows_of, texts
from .model_library import ModelChoice, ModelLibrary
from .observations import Observations
from .projection import Phase, ProjectionPlan

_DEFAULT_DAYS = 900
"""Duration of a plan if no model or stage has one."""

_PLAN_PREFIX, _FORECAST_PREFIX = "Plan ", "Forecast "
OWN_NAME_PREFIXES = (_PLAN_PREFIX, _FORECAST_PREFIX)
"""Prefixes of the names of a batch's plan and forecast, before the batch number."""


@dataclass(frozen=True)
class GrowthScenario:
    """A scenario: start, duration and models of a projection.

    Attributes:
        id: primary key.
        name: its name.
        plan: start and duration.
        choices: models, each from a day of the scenario on; the first from day 1.
    """

    id: int
    name: str
    plan: ProjectionPlan
    choices: tuple[tuple[int, ModelChoice], ...]

    @property
    def choice(self) -> ModelChoice:
        """The models of its first day."""
        return self.choices[0][1]

    def phases(self, library: ModelLibrary) -> list[Phase]:
        """Return the models by phase, ordered by day."""
        return [Phase(day, library.models(choice)) for day, choice in self.choices]


def scenarios_from_tables(tables: BatchTables) -> dict[int, GrowthScenario]:
    """Return the scenarios in `scenario` and `scenario_scenariomodelchange`, by primary key."""
    rows = rows_of(tables, "scenario")
    if rows is None:
        return {}
    changes = _changes(tables)
    choices = [
        ModelChoice(*(_key_or_none(key) for key in models))
        for models in zip(
            *(
                keys(rows, name).tolist()
                for name in (
                    "tgc_model_id",
                    "fcr_model_id",
                    "mortality_model_id",
                    "biological_constraints_id",
                )
            ),
            strict=True,
        )
    ]
    weights = numbers(rows, "initial_weight").tolist()
    scenarios = zip(
        keys(rows, "scenario_id").tolist(),
        texts(rows, "name"),
        keys(rows, "start_date").tolist(),
        keys(rows, "duration_days").tolist(),
        keys(rows, "initial_count").tolist(),
        [weight if weight > 0 else None for weight in weights],
        keys(rows, "batch_id").tolist(),
        choices,
        strict=True,
    )
    return {
        key: GrowthScenario(
            id=key,
            name=name or "",
            plan=ProjectionPlan(first_day, max(days, 1), fish, weight, _key_or_none(batch), None),
            choices=_apply_changes(choice, changes.get(key, [])),
        )
        for key, name, first_day, days, fish, weight, batch, choice in scenarios
    }


def scenario_of_batch(
    observations: Observations, scenarios: Mapping[int, GrowthScenario]
) -> GrowthScenario | None:
    """Return the pinned scenario of a batch, else its own plan, else None.

    Args:
        observations: recorded data of the batch.
        scenarios: all scenarios by primary key.
    """
    batch = observations.batch
    if batch.scenario is not None and batch.scenario in scenarios:
        return scenarios[batch.scenario]
    own = [
        scenario
        for scenario in scenarios.values()
        if scenario.plan.batch == batch.id and scenario.name == scenario_name(observations)
    ]
    return min(own, key=lambda scenario: scenario.id, default=None)


def own_scenario(
    observations: Observations, library: ModelLibrary, geography: str, scenario_id: int
) -> GrowthScenario:
    """Return a new scenario for a batch: its own plan.

    Args:
        observations: recorded data of the batch.
        library: the models of the database; some are chosen by geography and start.
        geography: name of the batch's geography.
        scenario_id: primary key of the scenario.
    """
    batch = observations.batch
    choice = library.choose(geography, batch.start_day, batch.harvest_weight_g)
    course = library.stages.of_species(batch.species)
    days = int(library.models(choice).stage_days[course].sum())
    plan = plan_of_batch(observations, days or _DEFAULT_DAYS)
    return GrowthScenario(scenario_id, scenario_name(observations), plan, ((1, choice),))


def plan_of_batch(observations: Observations, default_days: int) -> ProjectionPlan:
    """Return the start and duration of a batch's own plan: from its eggs to its expected end.

    Args:
        observations: recorded data of the batch.
        default_days: duration for a batch without an expected end.
    """
    batch, assignments = observations.batch, observations.assignments
    days = default_days
    if batch.expected_end_day is not None:
        days = batch.expected_end_day - batch.start_day
    weight_g = None
    if len(assignments):
        is_first = (assignments.first_day == assignments.first_day.min()) & (
            assignments.weight_g > 0
        )
        fish = assignments.population[is_first]
        if fish.sum() > 0:
            weight_g = float((fish * assignments.weight_g[is_first]).sum() / fish.sum())
    return ProjectionPlan(
        batch.start_day, max(days, 1), max(batch.eggs, 1), weight_g, batch.id, batch.species
    )


def scenario_name(observations: Observations) -> str:
    """Return the name of a batch's own plan."""
    return _PLAN_PREFIX + observations.batch.number


def forecast_name(observations: Observations) -> str:
    """Return the name of the scenario with a batch's live projection."""
    return _FORECAST_PREFIX + observations.batch.number


def is_forecast(scenario: GrowthScenario, observations: Observations) -> bool:
    """Return True if a scenario is the live projection of a batch."""
    return scenario.plan.batch == observations.batch.id and scenario.name == forecast_name(
        observations
    )


def supplier_name(observations: Observations, suppliers: Mapping[int, str]) -> str:
    """Return the name of a batch's egg supplier."""
    supplier = observations.batch.supplier
    return "Unknown" if supplier is None else suppliers.get(supplier, "Unknown")


def _key_or_none(key: int) -> int | None:
    return None if key == NO_KEY else key


def _changes(tables: BatchTables) -> Mapping[int, list[tuple[int, ModelChoice]]]:
    """Return the model changes of each scenario, with days; None for a model that is kept."""
    changes: dict[int, list[tuple[int, ModelChoice]]] = defaultdict(list)
    rows = rows_of(tables, "scenario_scenariomodelchange")
    if rows is None:
        return changes
    rows = rows.take(np.lexsort((keys(rows, "change_id"), keys(rows, "change_day"))))
    for scenario, day, tgc, fcr, mortality in zip(
        keys(rows, "scenario_id").tolist(),
        keys(rows, "change_day").tolist(),
        keys(rows, "new_tgc_model_id").tolist(),
        keys(rows, "new_fcr_model_id").tolist(),
        keys(rows, "new_mortality_model_id").tolist(),
        strict=True,
    ):
        choice = ModelChoice(_key_or_none(tgc), _key_or_none(fcr), _key_or_none(mortality), None)
        changes[scenario].append((day, choice))
    return changes


def _apply_changes(
    choice: ModelChoice, changes: list[tuple[int, ModelChoice]]
) -> tuple[tuple[int, ModelChoice], ...]:
    """Return the models that apply from each day on."""
    choices = [(1, choice)]
    for day, new in changes:
        before = choices[-1][1]
        changed = ModelChoice(
            tgc=before.tgc if new.tgc is None else new.tgc,
            fcr=before.fcr if new.fcr is None else new.fcr,
            mortality=before.mortality if new.mortality is None else new.mortality,
            constraints=before.constraints,
        )
        choices.append((day, changed))
    return tuple(choices)
