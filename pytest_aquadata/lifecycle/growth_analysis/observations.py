"""Recorded data of a batch as arrays: assignments, transfers, weighings and daily records."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

AVERAGE, LARGEST, SMALLEST = range(3)
"""Fish selected for a transfer, by size."""

MARGIN_DAYS = 7
"""Largest distance in days at which a temperature reading is used for another day."""

NO_ROW = -1
"""Row of an assignment that does not belong to the batch."""


@dataclass(frozen=True)
class Series:
    """Values by assignment and day.

    Attributes:
        assignment: primary key of the assignment.
        day: day number.
        value: recorded value.
    """

    assignment: NDArray[np.int64]
    day: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.day)


EMPTY_SERIES = Series(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
"""A series without values."""


@dataclass(frozen=True)
class DailyRecords:
    """Frequent records, summarised as one value per assignment and day.

    Attributes:
        temperatures: mean temperature of the day's readings in °C.
        deaths: dead fish.
        feed: feed in kg.
        weighings: mean weight in g of the fish weighed at a treatment, one value per treatment.
    """

    temperatures: Series = EMPTY_SERIES
    deaths: Series = EMPTY_SERIES
    feed: Series = EMPTY_SERIES
    weighings: Series = EMPTY_SERIES


@dataclass(frozen=True)
class Assignments:
    """Assignments of a batch that have begun, ordered by primary key.

    Attributes:
        ids: primary keys.
        containers: primary keys of the containers.
        stage_ids: primary keys of the lifecycle stages.
        first_day: day of arrival.
        end_day: day after the last state: the day of departure, or tomorrow.
        is_active: True if the fish have not left.
        population: recorded number of fish.
        weight_g: recorded mean weight; NaN without one.
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
        """Number of days with states of the longest assignment."""
        return int((self.end_day - self.first_day).max(initial=0))

    @cached_property
    def has_state(self) -> NDArray[np.bool_]:
        """Mask of days with a state, by assignment and day since its arrival."""
        return np.arange(self.days) < (self.end_day - self.first_day)[:, None]

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the assignments with these primary keys; `NO_ROW` for other keys."""
        if not len(self):
            return np.full(len(ids), NO_ROW)
        row = np.minimum(np.searchsorted(self.ids, ids), len(self) - 1)
        return np.where(self.ids[row] == ids, row, NO_ROW)


@dataclass(frozen=True)
class Transfers:
    """Completed transfer actions, ordered by day and primary key.

    Attributes:
        source: row of the source assignment; `NO_ROW` for another batch's.
        dest: row of the destination assignment; `NO_ROW` for another batch's.
        day: day of the transfer.
        moved: fish that arrived alive.
        dead: fish that died in the transfer.
        weight_g: measured mean weight of the moved fish; NaN if not weighed.
        selection: `AVERAGE`, `LARGEST` or `SMALLEST`.
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
    """The batch row and related facts.

    Attributes:
        id: primary key.
        number: batch number.
        species: primary key of the species.
        start_day: first day.
        expected_end_day: planned last day; None without one.
        is_over: True if it is completed, terminated or cancelled.
        eggs: eggs ordered; the recorded fish of the first assignments without an order.
        supplier: primary key of the egg supplier; None if unknown.
        scenario: primary key of the pinned scenario; None without one.
        harvest_weight_g: planned harvest weight; None without one.
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
    """All recorded data of a batch up to a day.

    Attributes:
        batch: the batch.
        as_of: today; later records are ignored.
        assignments: its assignments.
        samples: mean weights in g of growth samples.
        transfers: its transfers.
        daily: daily records.
    """

    batch: BatchFacts
    as_of: int
    assignments: Assignments
    samples: Series
    transfers: Transfers
    daily: DailyRecords

    def scatter(self, series: Series, margin: int = 0) -> NDArray[np.float64]:
        """Return a series as a grid by assignment and day since arrival; NaN without a value.

        Args:
            series: one value per assignment and day; of several, the last is used.
            margin: days added before arrival and after the end.

        Returns:
            Grid of shape (assignments, days + 2 * margin).
        """
        assignments = self.assignments
        grid = np.full((len(assignments), assignments.days + 2 * margin), np.nan)
        row, day = self.locate(series.assignment, series.day, margin)
        is_inside = row != NO_ROW
        grid[row[is_inside], day[is_inside] + margin] = series.value[is_inside]
        return grid

    def locate(
        self, assignment: NDArray[np.int64], day: NDArray[np.int64], margin: int = 0
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the row and the day since arrival of each value; row `NO_ROW` if out of range.

        Args:
            assignment: primary keys of assignments.
            day: day numbers.
            margin: days accepted before arrival and after the end.
        """
        assignments = self.assignments
        row = assignments.rows(assignment)
        since = day - assignments.first_day[row] if len(assignments) else day
        until = assignments.end_day[row] - assignments.first_day[row] if len(assignments) else day
        is_known = (row != NO_ROW) & (day <= self.as_of)
        is_inside = is_known & (since >= -margin) & (since < until + margin)
        return np.where(is_inside, row, NO_ROW), since
