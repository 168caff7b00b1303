"""The simulated history of one batch: its rows, its ground truth, and ways to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

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
from .key_shift import shift_keys
from .plotting import plot_life
from .saving import UnsavedBatch, save_batches
from .shared_build import SharedBuild

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


@dataclass(frozen=True)
class History:
    """The simulated history of one batch.

    Attributes:
        number: batch number.
        columns: rows of the batch by table; tables without rows are left out.
        incidents: ground truth of its incidents, in the order of the request.
        imperfections: ground truth of its imperfect records.
        inputs: inputs of the simulation.
        life: state of the fish, the water and the feed by stage, container and day.
        shared: data shared with the histories that are built together with it.
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
        """The batch's plan: its sites and containers, with dates."""
        return self.inputs.plan

    @property
    def as_of(self) -> date:
        """The last day of the history."""
        return to_date(self.inputs.as_of)

    @property
    def stage(self) -> int:
        """Order of the stage that the batch has reached."""
        return self.life.stages[-1].rule.order

    @property
    def incident_columns(self) -> Columns:
        """Ground truth of incidents as columns, one row per incident and affected container."""
        return incident_columns(self.incidents)

    @property
    def imperfection_columns(self) -> Columns:
        """Ground truth of imperfect records as columns, one row each."""
        flaws = self.imperfections
        return table(
            len(flaws),
            kind=texts(flaw.kind for flaw in flaws),
            table=texts(flaw.table for flaw in flaws),
            row_id=integers([flaw.row_id for flaw in flaws]),
            original_id=integers([flaw.original_id for flaw in flaws]),
            column=texts(flaw.column for flaw in flaws),
            was=texts(None if flaw.was is None else str(flaw.was) for flaw in flaws),
            became=texts(None if flaw.became is None else str(flaw.became) for flaw in flaws),
        )

    def save(self, into: Session | Connection) -> History:
        """Insert all rows in the caller's transaction, and the farm's master data if missing.

        Args:
            into: session or connection to a database with the schema.

        Returns:
            The history with the primary keys that it has in the database. They differ from this
            one's if the database already has other batches.

        Raises:
            StoreError: if the database's content conflicts with the history, or a history built
                together with it eats from the same feed containers; then nothing is written.

        Example:
            `saved = history.save(session)`
        """
        (offsets,) = save_batches(into, self.shared, [self.unsaved])
        return self.with_shifted_keys(offsets)

    def with_shifted_keys(self, offsets: Mapping[str, int]) -> History:
        """Return the same history with other primary keys in its rows and its ground truth.

        Args:
            offsets: numbers to add to the primary keys, by table.
        """
        if not any(offsets.values()):
            return self
        offset = offsets["batch_batchcontainerassignment"]
        return replace(
            self,
            columns=shift_keys(self.columns, offsets, self.inputs.keys.content_types),
            incidents=tuple(
                replace(
                    incident, assignment_ids=tuple(key + offset for key in incident.assignment_ids)
                )
                for incident in self.incidents
            ),
            imperfections=tuple(
                replace(
                    flaw,
                    row_id=flaw.row_id + offsets[flaw.table],
                    original_id=flaw.original_id + offsets[flaw.table],
                )
                for flaw in self.imperfections
            ),
        )

    @property
    def unsaved(self) -> UnsavedBatch:
        """The part of the history that `save` writes."""
        stays = {
            container: (day_number(stage.stay.arrives), day_number(stage.stay.leaves))
            for stage in self.life.stages
            for container in stage.container_ids.tolist()
        }
        return UnsavedBatch(self.number, self.columns, stays)

    def frame(self, name: str) -> DataFrame:
        """Return the rows of a table as a pandas DataFrame; needs the extra `frames`.

        Args:
            name: a table; or `incidents` or `imperfections` for the ground truth.

        Raises:
            HistoryError: if pandas is not installed, or the schema has no such table.

        Example:
            `history.frame("health_licecount").adult_female_count.max()`
        """
        truth = {"incidents": self.incident_columns, "imperfections": self.imperfection_columns}
        return table_frame(name, self.columns, truth)

    def plot(self) -> Figure:
        """Return a matplotlib figure of weight, population, lice and temperature.

        Needs the extra `report`.

        Raises:
            HistoryError: if matplotlib is not installed.

        Example:
            `history.plot().savefig("batch.png")`
        """
        return plot_life(self.inputs, self.life, self.incidents)
