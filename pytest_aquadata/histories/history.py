"""One batch's history as it was asked for: its rows, its ground truth, and ways to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from ..lifecycle.columns import BatchTables, Columns, integers, table, texts
from ..lifecycle.days import day_number, to_date
from ..lifecycle.imperfections import Flaw
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.plan import BatchPlan
from ..lifecycle.state import Life
from ..lifecycle.truth import IncidentTruth, incident_columns
from .frames import table_frame
from .key_shift import moved
from .plotting import plot_life
from .saving import UnsavedBatch, save_batches
from .shared_build import SharedBuild


@dataclass(frozen=True)
class History:
    """The history of one batch.

    Attributes:
        number: its batch number.
        columns: its rows, by table; tables without rows are left out.
        incidents: the ground truth of what happened to it, in the order asked for.
        imperfections: every imperfect record.
        inputs: what its simulation was given.
        life: its life, as the simulation has it.
        shared: what it has in common with the histories built together with it.
    """

    number: str
    columns: BatchTables = field(repr=False)
    incidents: tuple[IncidentTruth, ...]
    imperfections: tuple[Flaw, ...] = field(repr=False)
    inputs: BatchInputs = field(repr=False)
    life: Life = field(repr=False)
    shared: SharedBuild = field(repr=False)

    @property
    def plan(self) -> BatchPlan:
        """Where the batch is when."""
        return self.inputs.plan

    @property
    def as_of(self) -> date:
        """The day on which the history ends."""
        return to_date(self.inputs.as_of)

    @property
    def stage(self) -> int:
        """Order of the stage that the batch has reached."""
        return self.life.stages[-1].rule.order

    @property
    def incident_columns(self) -> Columns:
        """The ground truth of incidents as columns, a row an incident and container struck."""
        return incident_columns(self.incidents)

    @property
    def imperfection_columns(self) -> Columns:
        """The imperfect records as columns, a row each."""
        flaws = self.imperfections
        return table(
            len(flaws),
            kind=texts(one.kind for one in flaws),
            table=texts(one.table for one in flaws),
            row_id=integers([one.row_id for one in flaws]),
            original_id=integers([one.original_id for one in flaws]),
            column=texts(one.column for one in flaws),
            was=texts(None if one.was is None else str(one.was) for one in flaws),
            became=texts(None if one.became is None else str(one.became) for one in flaws),
        )

    def save(self, into: Session | Connection) -> History:
        """Write all rows in the caller's transaction, and the farm's if they are not there yet.

        Args:
            into: a session or connection to a database with the schema.

        Returns:
            The history as the database has it: the same one, unless the database held other
            batches and its keys had to be moved above theirs.

        Raises:
            StoreError: when the database holds something that they contradict, or another history
                eats from the same feed containers; nothing is written.
        """
        (by,) = save_batches(into, self.shared, [self.unsaved])
        return self.moved(by)

    def moved(self, by: Mapping[str, int]) -> History:
        """The same history with other primary keys in its rows and its ground truth.

        Args:
            by: how far those of each table move.
        """
        if not any(by.values()):
            return self
        assignments = by["batch_batchcontainerassignment"]
        return replace(
            self,
            columns=moved(self.columns, by, self.inputs.keys.content_types),
            incidents=tuple(
                replace(one, assignment_ids=tuple(key + assignments for key in one.assignment_ids))
                for one in self.incidents
            ),
            imperfections=tuple(
                replace(
                    one,
                    row_id=one.row_id + by[one.table],
                    original_id=one.original_id + by[one.table],
                )
                for one in self.imperfections
            ),
        )

    @property
    def unsaved(self) -> UnsavedBatch:
        """What is written of it."""
        stays = {
            container: (day_number(stage.stay.arrives), day_number(stage.stay.leaves))
            for stage in self.life.stages
            for container in stage.container_ids.tolist()
        }
        return UnsavedBatch(self.number, self.columns, stays)

    def frame(self, name: str) -> Any:
        """The rows of a table as a pandas DataFrame; needs the extra `frames`.

        Args:
            name: a table, or `incidents` or `imperfections` for the ground truth.

        Raises:
            HistoryError: when pandas is not installed, or there is no such table.
        """
        truth = {"incidents": self.incident_columns, "imperfections": self.imperfection_columns}
        return table_frame(name, self.columns, truth)

    def plot(self) -> Any:
        """Weight, population, lice and temperature as a matplotlib figure; needs `report`.

        Raises:
            HistoryError: when matplotlib is not installed.
        """
        return plot_life(self.inputs, self.life, self.incidents)
