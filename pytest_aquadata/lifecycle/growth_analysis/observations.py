"""What is known of a batch, as arrays: where its fish stood, and what was recorded of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns
from ..plan import noted_harvest_weight_g
from .column_access import NO_KEY, is_text, keys, numbers, rows_of, texts

AVERAGE, LARGEST, SMALLEST = range(3)
"""Which fish of a container a transfer took."""

MARGIN_DAYS = 7
"""A temperature read so many days before or after still says something of a day."""

NOWHERE = -1
"""Row of an assignment that is not among those of the batch."""


@dataclass(frozen=True)
class Series:
    """One number each of assignments and days.

    Attributes:
        assignment: primary key of the assignment.
        day: day number.
        value: what was found.
    """

    assignment: NDArray[np.int64]
    day: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.day)


NOTHING = Series(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
"""A series of which nothing was recorded."""


@dataclass(frozen=True)
class DailyRecords:
    """What is recorded too often to be looked at one by one: a number an assignment and day.

    Attributes:
        temperatures: mean temperature of the readings of a day in °C.
        deaths: fish found dead.
        feed: kg fed.
        weighings: mean weight in g of the fish weighed at a treatment, one each treatment.
    """

    temperatures: Series = NOTHING
    deaths: Series = NOTHING
    feed: Series = NOTHING
    weighings: Series = NOTHING


@dataclass(frozen=True)
class Assignments:
    """The assignments of a batch begun by today, in the order of their keys.

    Attributes:
        ids: primary keys.
        containers: primary keys of the containers.
        stage_ids: primary keys of the lifecycle stages.
        first_day: day of arrival.
        end_day: the day after the last on which there is a state: departure, or tomorrow.
        is_active: whether the fish are still there.
        population: fish on the book.
        weight_g: mean weight on the book; NaN if none.
    """

    ids: NDArray[np.int64]
    containers: NDArray[np.int64]
    stage_ids: NDArray[np.int64]
    first_day: NDArray[np.int64]
    end_day: NDArray[np.int64]
    is_active: NDArray[np.bool_]
    population: NDArray[np.int64]
    weight_g: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def days(self) -> int:
        """The most days that an assignment has a state for."""
        return int((self.end_day - self.first_day).max(initial=0))

    @cached_property
    def lived(self) -> NDArray[np.bool_]:
        """The days that have a state, an assignment and day since its arrival."""
        return np.arange(self.days) < (self.end_day - self.first_day)[:, None]

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of the assignments with these keys; `NOWHERE` for others."""
        if not len(self):
            return np.full(len(ids), NOWHERE)
        at = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        return np.where(self.ids[at] == ids, at, NOWHERE)


@dataclass(frozen=True)
class Transfers:
    """Completed transfer actions, in the order of their days and keys.

    Attributes:
        source: row of the assignment the fish left; `NOWHERE` if it is not the batch's.
        dest: row of the one they entered; the same.
        day: when they moved.
        moved: fish that arrived.
        dead: fish that died of it.
        weight_g: their measured mean weight; NaN if they were not weighed.
        selection: which fish were taken: `AVERAGE`, `LARGEST` or `SMALLEST`.
    """

    source: NDArray[np.int64]
    dest: NDArray[np.int64]
    day: NDArray[np.int64]
    moved: NDArray[np.int64]
    dead: NDArray[np.int64]
    weight_g: NDArray[np.float64]
    selection: NDArray[np.int64]


@dataclass(frozen=True)
class BatchFacts:
    """A batch as a whole.

    Attributes:
        id: primary key.
        number: batch number.
        species: primary key of the species.
        start_day: day it started.
        expected_end_day: planned last day; None without one.
        is_over: whether it is completed, terminated or cancelled.
        eggs: fish it was planned with; the first stage's book if no order is known.
        supplier: primary key of the egg supplier; None if unknown.
        scenario: primary key of the pinned scenario; None if none is.
        harvest_weight_g: weight it is to be harvested at; None if nothing says so.
    """

    id: int
    number: str
    species: int
    start_day: int
    expected_end_day: int | None
    is_over: bool
    eggs: int
    supplier: int | None
    scenario: int | None
    harvest_weight_g: float | None = None


@dataclass(frozen=True)
class Observations:
    """All that is known of a batch up to a day.

    Attributes:
        batch: the batch.
        as_of: today; nothing later is looked at.
        assignments: its assignments.
        samples: growth samples: mean weight in g.
        transfers: its transfers.
        daily: what was recorded day by day.
    """

    batch: BatchFacts
    as_of: int
    assignments: Assignments
    samples: Series
    transfers: Transfers
    daily: DailyRecords

    def scatter(self, series: Series, margin: int = 0) -> NDArray[np.float64]:
        """A series laid out by assignment and day since arrival, NaN where it has no value.

        Args:
            series: with one value an assignment and day; of several the last one stays.
            margin: days shown before arrival and after the end.

        Returns:
            Shape (assignments, days + 2 margins).
        """
        assignments = self.assignments
        grid = np.full((len(assignments), assignments.days + 2 * margin), np.nan)
        row, day = self.locate(series.assignment, series.day, margin)
        held = row != NOWHERE
        grid[row[held], day[held] + margin] = series.value[held]
        return grid

    def locate(
        self, assignment: NDArray[np.int64], day: NDArray[np.int64], margin: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and day since arrival of each observation; row `NOWHERE` if it is to be left out."""
        assignments = self.assignments
        row = assignments.rows(assignment)
        since = day - assignments.first_day[row] if len(assignments) else day
        until = assignments.end_day[row] - assignments.first_day[row] if len(assignments) else day
        known = (row != NOWHERE) & (day <= self.as_of)
        kept = known & (since >= -margin) & (since < until + margin)
        return np.where(kept, row, NOWHERE), since


def observations_from_tables(
    tables: Mapping[str, Columns], daily: DailyRecords, as_of: int
) -> Observations:
    """The evidence in a batch's own rows.

    Args:
        tables: rows of `batch_batch` (one), `batch_batchcontainerassignment`,
            `batch_transferaction`, `batch_growthsample` and `batch_creationworkflow`.
        daily: what was recorded day by day.
        as_of: today.
    """
    facts = tables["batch_batch"]
    ends = keys(facts, "actual_end_date")[0] if "actual_end_date" in facts else NO_KEY
    is_over = texts(facts, "status")[0] in ("COMPLETED", "TERMINATED", "CANCELLED")
    assignments = _assignments(tables, int(ends) if is_over else NO_KEY, as_of)
    return Observations(
        batch=_facts(tables, facts, assignments, is_over),
        as_of=as_of,
        assignments=assignments,
        samples=_samples(tables),
        transfers=_transfers(tables, assignments, as_of),
        daily=daily,
    )


def _facts(
    tables: BatchTables, facts: Columns, assignments: Assignments, is_over: bool
) -> BatchFacts:
    created = rows_of(tables, "batch_creationworkflow")
    eggs, supplier = 0, NO_KEY
    if created is not None:
        eggs = int(created.values("total_eggs_planned").sum())
        supplier = int(keys(created, "external_supplier_id")[0])
    if eggs <= 0 and len(assignments):
        first = assignments.first_day == assignments.first_day.min()
        eggs = int(assignments.population[first].sum())
    pinned = NO_KEY
    if "pinned_scenario_id" in facts:
        pinned = int(keys(facts, "pinned_scenario_id")[0])
    expected = int(keys(facts, "expected_end_date")[0])
    note = (texts(facts, "notes")[0] or "") if "notes" in facts else ""
    return BatchFacts(
        id=int(facts.values("id")[0]),
        number=texts(facts, "batch_number")[0] or "",
        species=int(facts.values("species_id")[0]),
        start_day=int(facts.values("start_date")[0]),
        expected_end_day=None if expected == NO_KEY else expected,
        is_over=is_over,
        eggs=eggs,
        supplier=None if supplier == NO_KEY else supplier,
        scenario=None if pinned == NO_KEY else pinned,
        harvest_weight_g=noted_harvest_weight_g(note),
    )


def _assignments(tables: BatchTables, ended: int, as_of: int) -> Assignments:
    rows = rows_of(tables, "batch_batchcontainerassignment")
    if rows is None:
        none, no_weight = np.zeros(0, np.int64), np.zeros(0)
        return Assignments(none, none, none, none, none, none.astype(np.bool_), none, no_weight)
    first, departs = keys(rows, "assignment_date"), keys(rows, "departure_date")
    if ended != NO_KEY:
        departs = np.where(departs == NO_KEY, ended, departs)
    end = np.where(departs == NO_KEY, as_of + 1, np.minimum(departs, as_of + 1))
    begun = np.flatnonzero(end > first)
    begun = begun[np.argsort(rows.values("id")[begun], kind="stable")]
    rows, departs = rows.take(begun), departs[begun]
    return Assignments(
        ids=keys(rows, "id"),
        containers=keys(rows, "container_id"),
        stage_ids=keys(rows, "lifecycle_stage_id"),
        first_day=first[begun],
        end_day=end[begun],
        is_active=(departs == NO_KEY) | (departs > as_of),
        population=keys(rows, "population_count"),
        weight_g=numbers(rows, "avg_weight_g", 2),
    )


def _samples(tables: BatchTables) -> Series:
    rows = rows_of(tables, "batch_growthsample")
    if rows is None:
        return NOTHING
    weight_g = numbers(rows, "avg_weight_g", 2)
    return Series(keys(rows, "assignment_id"), keys(rows, "sample_date"), weight_g)


def _transfers(tables: BatchTables, assignments: Assignments, as_of: int) -> Transfers:
    rows = rows_of(tables, "batch_transferaction")
    if rows is None:
        none = np.zeros(0, np.int64)
        return Transfers(none, none, none, none, none, np.zeros(0), none)
    day = keys(rows, "actual_execution_date")
    done = is_text(rows, "status", "COMPLETED") & (day != NO_KEY) & (day <= as_of)
    taken = np.flatnonzero(done)
    rows = rows.take(taken[np.lexsort((rows.values("id")[taken], day[taken]))])
    selection = np.where(is_text(rows, "selection_method", "LARGEST"), LARGEST, AVERAGE)
    return Transfers(
        source=assignments.rows(keys(rows, "source_assignment_id")),
        dest=assignments.rows(keys(rows, "dest_assignment_id")),
        day=keys(rows, "actual_execution_date"),
        moved=keys(rows, "transferred_count"),
        dead=np.maximum(keys(rows, "mortality_during_transfer"), 0),
        weight_g=numbers(rows, "measured_avg_weight_g", 2),
        selection=np.where(is_text(rows, "selection_method", "SMALLEST"), SMALLEST, selection),
    )
