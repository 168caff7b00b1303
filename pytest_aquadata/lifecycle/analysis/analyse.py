"""The growth analysis of one batch as rows: of a simulated batch, or of one in a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..columns import BatchTables, Columns, integers
from ..ids import FirstIds
from .assimilate import assimilate
from .evidence import Evidence
from .forward import look_ahead
from .library import ModelLibrary
from .projection import Projection, project
from .recorded import evidence_from_tables
from .report import BatchGrowth, batch_growth
from .scenarios import Scenario, own_scenario, supplier_name
from .states import (
    PROJECTIONS,
    SCENARIOS,
    STATES,
    projection_columns,
    scenario_columns,
    state_columns,
)


@dataclass(frozen=True)
class Analysis:
    """What the growth analysis of a batch comes to.

    Attributes:
        states: rows of its daily states, numbered from 1.
        projections: rows of the projections of its scenarios, numbered from 1, by scenario.
        report: what to say of it.
    """

    states: Columns
    projections: Mapping[int, Columns]
    report: BatchGrowth


def analyse(
    evidence: Evidence,
    library: ModelLibrary,
    pinned: Scenario | None,
    others: Iterable[Scenario] = (),
    since: int | None = None,
) -> Analysis:
    """Analyse a batch.

    Args:
        evidence: what is known of it.
        library: the models of the database.
        pinned: the scenario it is compared with, whose models are used; None if it has none.
        others: further scenarios of the batch, to be projected too.
        since: leave out states of days before this one.
    """
    choice = pinned.choice if pinned else library.choose("", evidence.batch.start_day)
    models = library.models(choice)
    found = assimilate(evidence, models)
    rows = state_columns(evidence, found, since=since)
    plans: dict[int, Projection] = {}
    for scenario in (*((pinned,) if pinned else ()), *others):
        plan = replace(scenario.plan, species=evidence.batch.species)
        plans[scenario.id] = project(plan, scenario.phases(library))
    projections = {
        key: projection_columns(plan, key, evidence.as_of) for key, plan in plans.items()
    }
    return Analysis(
        states=rows,
        projections=projections,
        report=batch_growth(
            evidence,
            found,
            (len(rows), sum(len(plan) for plan in plans.values())),
            plans[pinned.id] if pinned else None,
            None if evidence.batch.is_over else look_ahead(evidence, found, models),
        ),
    )


def growth_tables(
    tables: BatchTables,
    library: ModelLibrary,
    first_ids: FirstIds,
    *,
    geography: str,
    parameter: int,
    suppliers: Mapping[int, str],
    as_of: int,
) -> BatchTables:
    """Rows of a simulated batch's states, scenario and projection; the batch pinned to it.

    Args:
        tables: the rows of the batch's history.
        library: the models of the database.
        first_ids: where the batch's ranges of primary keys start.
        geography: name of the batch's geography.
        parameter: primary key of the environmental parameter for temperature.
        suppliers: names of the egg suppliers, by primary key.
        as_of: today.
    """
    evidence = evidence_from_tables(tables, parameter, as_of)
    scenario = own_scenario(evidence, library, geography, first_ids[SCENARIOS])
    states = assimilate(evidence, library.models(scenario.choice))
    made: dict[str, Columns] = {STATES: state_columns(evidence, states, first_ids[STATES])}
    if scenario.choice.is_complete:
        made[SCENARIOS] = scenario_columns(scenario, supplier_name(evidence, suppliers), as_of)
        projection = project(scenario.plan, scenario.phases(library))
        made[PROJECTIONS] = projection_columns(
            projection, scenario.id, as_of, first_ids[PROJECTIONS]
        )
        made["batch_batch"] = tables["batch_batch"].with_columns(
            pinned_scenario_id=integers([scenario.id])
        )
    return made
