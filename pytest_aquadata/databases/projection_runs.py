"""Projection runs, which AquaMind has since a later version, added to rows of version 6.1.

Every scenario with projections gets one run. Its key is that of the scenario plus a constant, so
parts can be written in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike

from ..lifecycle.columns import BatchTables, Column, Columns, floats, integers, table
from ..schema import TABLES
from ..schema.later_versions import PROJECTION_RUNS, REPLACED_REFERENCES

LABEL = "aquadata"
"""Label of the runs that aquadata writes."""

_SCENARIOS, _PROJECTIONS = "scenario", "scenario_scenarioprojection"


@dataclass(frozen=True)
class RunBuilder:
    """Adds runs to the rows of scenarios and projections.

    Attributes:
        key_offset: key of a run minus that of its scenario.
    """

    key_offset: int

    def add_to(self, tables: BatchTables) -> BatchTables:
        """Return the rows with runs, and with references to runs beside those to scenarios."""
        changed = {
            name: self._refer(columns, *REPLACED_REFERENCES[name])
            for name, columns in tables.items()
            if name in REPLACED_REFERENCES
        }
        runs = {}
        if _SCENARIOS in tables and _PROJECTIONS in tables:
            runs = {PROJECTION_RUNS.name: self._runs(tables[_SCENARIOS], tables[_PROJECTIONS])}
        return {**tables, **changed, **runs}

    def _refer(self, columns: Columns, old: str, new: str) -> Columns:
        scenario = columns[old]
        return columns.with_columns(
            **{new: Column(scenario.values + self.key_offset, scenario.null)}
        )

    def _runs(self, scenarios: Columns, projections: Columns) -> Columns:
        owner = projections.values("scenario_id")
        order = np.lexsort((projections.values("day_number"), owner))
        projected, first, count = np.unique(owner[order], return_index=True, return_counts=True)
        last = projections.take(order[first + count - 1])
        position = {key: row for row, key in enumerate(scenarios.values("scenario_id").tolist())}
        own = scenarios.take(np.array([position[key] for key in projected.tolist()], np.int64))
        return run_columns(
            own.values("scenario_id") + self.key_offset,
            own.values("scenario_id"),
            np.ones(len(own), np.int64),
            count,
            last,
            own["created_by_id"],
        )


def run_columns(
    run_id: ArrayLike,
    scenario_id: ArrayLike,
    number: ArrayLike,
    count: ArrayLike,
    last: Columns,
    owner: Column,
) -> Columns:
    """Return rows of runs.

    Args:
        run_id: primary keys.
        scenario_id: scenario of each run.
        number: number of each run in its scenario, from 1.
        count: number of projected days of each run.
        last: rows of the last projected day of each run.
        owner: primary key of the user to whom each run belongs, null for none.
    """
    computed = last["updated_at"]
    return table(
        len(last),
        run_id=integers(run_id),
        run_date=computed,
        run_number=integers(number),
        label=LABEL,
        parameters_snapshot="{}",
        notes="",
        total_projections=integers(count),
        final_weight_g=floats(last.values("average_weight")),
        final_biomass_kg=floats(last.values("biomass")),
        created_at=computed,
        updated_at=computed,
        created_by_id=owner,
        scenario_id=integers(scenario_id),
    )


def run_builder_for(connection: sa.Connection) -> RunBuilder:
    """Return runs whose keys are above those in a database, for scenarios above its scenarios."""
    scenarios = sa.func.max(TABLES[_SCENARIOS].c.scenario_id)
    highest_run = connection.execute(sa.select(sa.func.max(PROJECTION_RUNS.c.run_id))).scalar() or 0
    return RunBuilder(highest_run - (connection.execute(sa.select(scenarios)).scalar() or 0))
