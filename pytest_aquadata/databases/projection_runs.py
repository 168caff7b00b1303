"""Rows of scenarios as AquaMind's later versions hold them: projections in runs, batches pinned.

Rows are made for version 6.1. Every scenario that is projected gets one run, whose key is that of
the scenario plus a constant, so parts can be written in any order.
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
"""What marks our runs among those of others."""

_SCENARIOS, _PROJECTIONS = "scenario", "scenario_scenarioprojection"


@dataclass(frozen=True)
class Runs:
    """Runs beside scenarios.

    Attributes:
        ahead: by how much the key of a run is higher than that of its scenario.
    """

    ahead: int

    def added(self, tables: BatchTables) -> BatchTables:
        """Rows with references to runs beside those to scenarios, and with the runs themselves."""
        changed = {
            name: self._refer(columns, *REPLACED_REFERENCES[name])
            for name, columns in tables.items()
            if name in REPLACED_REFERENCES
        }
        made = {}
        if _SCENARIOS in tables and _PROJECTIONS in tables:
            made = {PROJECTION_RUNS.name: self._runs(tables[_SCENARIOS], tables[_PROJECTIONS])}
        return {**tables, **changed, **made}

    def _refer(self, columns: Columns, old: str, new: str) -> Columns:
        scenario = columns[old]
        return columns.with_columns(**{new: Column(scenario.values + self.ahead, scenario.null)})

    def _runs(self, scenarios: Columns, projections: Columns) -> Columns:
        owner = projections.values("scenario_id")
        order = np.lexsort((projections.values("day_number"), owner))
        projected, first, count = np.unique(owner[order], return_index=True, return_counts=True)
        last = projections.take(order[first + count - 1])
        position = {key: row for row, key in enumerate(scenarios.values("scenario_id").tolist())}
        own = scenarios.take(np.array([position[key] for key in projected.tolist()], np.int64))
        return run_columns(
            own.values("scenario_id") + self.ahead,
            own.values("scenario_id"),
            np.ones(len(own), np.int64),
            count,
            last,
        )


def run_columns(
    run_id: ArrayLike, scenario_id: ArrayLike, number: ArrayLike, count: ArrayLike, last: Columns
) -> Columns:
    """Rows of runs.

    Args:
        run_id: their primary keys.
        scenario_id: the scenario of each.
        number: of the run in its scenario, from 1.
        count: days projected.
        last: the last projected day of each.
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
        created_by_id=None,
        scenario_id=integers(scenario_id),
    )


def runs_beside(connection: sa.Connection) -> Runs:
    """Runs above those that a database holds, for scenarios above those that it holds."""
    scenarios = sa.func.max(TABLES[_SCENARIOS].c.scenario_id)
    above = connection.execute(sa.select(sa.func.max(PROJECTION_RUNS.c.run_id))).scalar() or 0
    return Runs(above - (connection.execute(sa.select(scenarios)).scalar() or 0))
