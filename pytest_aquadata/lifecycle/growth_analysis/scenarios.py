"""Scenarios as a database holds them: a batch's own plan and whatever else users have imagined."""

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

_USUAL_DAYS = 900
OWN_NAMES = ("Plan ", "Forecast ")
"""How the names of the scenarios begin that belong to a batch, followed by its number."""


@dataclass(frozen=True)
class Scenario:
    """A scenario.

    Attributes:
        id: primary key.
        name: its name.
        plan: what it starts from.
        choices: its models, each from a day of the scenario on; the first from day 1.
    """

    id: int
    name: str
    plan: ProjectionPlan
    choices: tuple[tuple[int, ModelChoice], ...]

    @property
    def choice(self) -> ModelChoice:
        """The models it starts with."""
        return self.choices[0][1]

    def phases(self, library: ModelLibrary) -> list[Phase]:
        """The models in force, in their order."""
        return [Phase(day, library.models(choice)) for day, choice in self.choices]


def scenarios_from_tables(tables: BatchTables) -> dict[int, Scenario]:
    """The scenarios in the rows of `scenario` and `scenario_scenariomodelchange`, by key."""
    rows = rows_of(tables, "scenario")
    if rows is None:
        return {}
    changes = _changes(tables)
    choices = [
        ModelChoice(*(_key(key) for key in models))
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
    found = zip(
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
        key: Scenario(
            id=key,
            name=name or "",
            plan=ProjectionPlan(first_day, max(days, 1), fish, weight, _key(batch), None),
            choices=_in_turn(choice, changes.get(key, [])),
        )
        for key, name, first_day, days, fish, weight, batch, choice in found
    }


def scenario_of_batch(
    observations: Observations, scenarios: Mapping[int, Scenario]
) -> Scenario | None:
    """The scenario a batch is compared with: the pinned one, else its own plan if it has one.

    Args:
        observations: what is known of the batch.
        scenarios: all scenarios by key.
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
) -> Scenario:
    """A batch's own plan, as it would be entered anew.

    Args:
        observations: what is known of the batch.
        library: the models of the database, chosen by geography and start.
        geography: name of the batch's geography.
        scenario_id: primary key it gets.
    """
    choice = library.choose(geography, observations.batch.start_day)
    course = library.stages.of_species(observations.batch.species)
    days = int(library.models(choice).stage_days[course].sum())
    plan = plan_of_batch(observations, days or _USUAL_DAYS)
    return Scenario(scenario_id, scenario_name(observations), plan, ((1, choice),))


def plan_of_batch(observations: Observations, usual_days: int) -> ProjectionPlan:
    """What a batch's own scenario starts from: its eggs, its start, its expected end.

    Args:
        observations: what is known of the batch.
        usual_days: duration for a batch without an expected end.
    """
    batch, assignments = observations.batch, observations.assignments
    days = usual_days
    if batch.expected_end_day is not None:
        days = batch.expected_end_day - batch.start_day
    weight_g = None
    if len(assignments):
        known = (assignments.first_day == assignments.first_day.min()) & (assignments.weight_g > 0)
        fish = assignments.population[known]
        if fish.sum() > 0:
            weight_g = float((fish * assignments.weight_g[known]).sum() / fish.sum())
    return ProjectionPlan(
        batch.start_day, max(days, 1), max(batch.eggs, 1), weight_g, batch.id, batch.species
    )


def scenario_name(observations: Observations) -> str:
    """The name of a batch's own scenario."""
    return OWN_NAMES[0] + observations.batch.number


def forecast_name(observations: Observations) -> str:
    """The name of the scenario that holds a batch's live projection."""
    return OWN_NAMES[1] + observations.batch.number


def is_forecast(scenario: Scenario, observations: Observations) -> bool:
    """Whether a scenario holds the live projection of a batch."""
    return scenario.plan.batch == observations.batch.id and scenario.name == forecast_name(
        observations
    )


def supplier_name(observations: Observations, suppliers: Mapping[int, str]) -> str:
    """Who delivered a batch's eggs."""
    supplier = observations.batch.supplier
    return "Unknown" if supplier is None else suppliers.get(supplier, "Unknown")


def _key(key: int) -> int | None:
    return None if key == NO_KEY else key


def _changes(tables: BatchTables) -> Mapping[int, list[tuple[int, ModelChoice]]]:
    """Days on which scenarios go over to other models; what stays is None."""
    found: dict[int, list[tuple[int, ModelChoice]]] = defaultdict(list)
    rows = rows_of(tables, "scenario_scenariomodelchange")
    if rows is None:
        return found
    rows = rows.take(np.lexsort((keys(rows, "change_id"), keys(rows, "change_day"))))
    for scenario, day, tgc, fcr, mortality in zip(
        keys(rows, "scenario_id").tolist(),
        keys(rows, "change_day").tolist(),
        keys(rows, "new_tgc_model_id").tolist(),
        keys(rows, "new_fcr_model_id").tolist(),
        keys(rows, "new_mortality_model_id").tolist(),
        strict=True,
    ):
        found[scenario].append((day, ModelChoice(_key(tgc), _key(fcr), _key(mortality), None)))
    return found


def _in_turn(
    choice: ModelChoice, changes: list[tuple[int, ModelChoice]]
) -> tuple[tuple[int, ModelChoice], ...]:
    """The models in force from each day on."""
    in_turn = [(1, choice)]
    for day, new in changes:
        before = in_turn[-1][1]
        now = ModelChoice(
            tgc=before.tgc if new.tgc is None else new.tgc,
            fcr=before.fcr if new.fcr is None else new.fcr,
            mortality=before.mortality if new.mortality is None else new.mortality,
            constraints=before.constraints,
        )
        in_turn.append((day, now))
    return tuple(in_turn)
