"""Feeding summaries of containers and batches by week: feed, growth and feed conversion.

AquaMind fills these tables by signals, and its FCR pages read only them. They follow its rules:
periods are weeks from Monday to Sunday, FCR is feed over growth, a batch is the sum of its
containers with their FCR weighted by feed, and confidence is the age of the last weighing. Only
fed weeks that are over have a row. In the week of a transfer, the fish of a batch count in the
containers that they leave and in those that they enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns, coded, integers, scaled, table
from ..days import instant
from ..ids import take_ids
from ..state import Life, StageLife
from .common import biomass, stamps
from .event import CapacityContext, Event, EventContext, EventTable, StayCapacity

CONFIDENCE_LEVELS = ("VERY_HIGH", "HIGH", "MEDIUM", "LOW")
CONFIDENT_DAYS = (10, 20, 40)
"""Days since the last weighing from which confidence is one level lower; AquaMind's."""
_METHODS = ("INTERPOLATED", "MEASURED", "MIXED")
_INTERPOLATED, _MEASURED, _MIXED = range(3)

_DAYS_A_WEEK = 7
_MONDAY = 3
"""Day number 0 is a Thursday: the first Monday is 3 days before it, in week 0."""
_NEVER = -(10**6)
_HIGHEST_FCR = 99_999
_HIGHEST_PERCENTAGE = 100_00

_Integers = NDArray[np.int64]


@dataclass(frozen=True)
class _Grid:
    """Sums over weeks and assignments of a batch; the last week that is over comes last.

    Attributes:
        first_week: the week in which the batch begins.
        weeks: weeks that are over.
        first_assignment: primary key of the first assignment.
        assignments: number of assignments.
    """

    first_week: int
    weeks: int
    first_assignment: int
    assignments: int

    def cells(self, assignment: _Integers, day: _Integers) -> tuple[_Integers, NDArray[np.bool_]]:
        """Return the cell of each row that lies in a week that is over, and which rows do."""
        week = (day + _MONDAY) // _DAYS_A_WEEK - self.first_week
        is_over = week < self.weeks
        cells = week * self.assignments + assignment - self.first_assignment
        return cells[is_over], is_over

    def sums(
        self, assignment: _Integers, day: _Integers, values: _Integers | None = None
    ) -> _Integers:
        """Return the sums of some values, or the numbers of rows; shape (weeks, assignments)."""
        cells, is_over = self.cells(assignment, day)
        weights = None if values is None else values[is_over]
        size = self.weeks * self.assignments
        return (
            np.bincount(cells, weights, size).astype(np.int64).reshape(self.weeks, self.assignments)
        )

    def latest(self, assignment: _Integers, day: _Integers) -> _Integers:
        """Return the latest day by the end of each week; shape (weeks, assignments)."""
        cells, is_over = self.cells(assignment, day)
        latest = np.full(self.weeks * self.assignments, _NEVER)
        np.maximum.at(latest, cells, day[is_over])
        return np.maximum.accumulate(latest.reshape(self.weeks, self.assignments), axis=0)


@dataclass(frozen=True)
class _Weeks:
    """Fed weeks of containers, in order of time. Amounts are kg at scale 2.

    Attributes:
        assignment: position of the assignment among the batch's.
        monday: day number of the first day.
        meals: number of feeding events.
        percentages: sum of their feeding percentages, at scale 6.
        feed: feed given.
        starting: biomass on the first morning.
        ending: biomass on the last evening.
        dead: biomass of the fish that died.
        weighed: day number of the last weighing by the end of the week.
    """

    assignment: _Integers
    monday: _Integers
    meals: _Integers
    percentages: _Integers
    feed: _Integers
    starting: _Integers
    ending: _Integers
    dead: _Integers
    weighed: _Integers

    def __len__(self) -> int:
        return len(self.monday)

    @property
    def sunday(self) -> _Integers:
        """Day number of the last day."""
        return self.monday + _DAYS_A_WEEK - 1

    @cached_property
    def growth(self) -> _Integers:
        """Biomass gained, that of the dead fish included."""
        return np.maximum(self.ending - self.starting + self.dead, 0)

    @cached_property
    def fcr(self) -> _Integers:
        """Feed over growth at scale 3; 0 where there is none."""
        return _ratio(self.feed, self.growth)

    @cached_property
    def confidence(self) -> _Integers:
        """Position of the confidence level in `CONFIDENCE_LEVELS`."""
        return np.searchsorted(CONFIDENT_DAYS, self.sunday - self.weighed, side="right")

    @cached_property
    def is_measured(self) -> NDArray[np.bool_]:
        """True if the fish were weighed in the week."""
        return self.weighed >= self.monday


def _rows(context: EventContext) -> BatchTables:
    if "inventory_feedingevent" not in context.written:
        return {}
    weeks = _fed_weeks(context)
    if not len(weeks):
        return {}
    return {
        "inventory_containerfeedingsummary": _container_rows(context, weeks),
        "inventory_batchfeedingsummary": _batch_rows(context, weeks),
    }


def _fed_weeks(context: EventContext) -> _Weeks:
    stages = context.life.stages
    first_week = (stages[0].first_day + _MONDAY) // _DAYS_A_WEEK
    grid = _Grid(
        first_week=first_week,
        weeks=(context.inputs.as_of + 1 + _MONDAY) // _DAYS_A_WEEK - first_week,
        first_assignment=context.inputs.first_ids["batch_batchcontainerassignment"],
        assignments=sum(len(stage.containers) for stage in stages),
    )
    meals = context.written["inventory_feedingevent"]
    fed = meals.values("batch_assignment_id"), meals.values("feeding_date")
    count = grid.sums(*fed)
    week, assignment = np.nonzero(count)
    monday = (grid.first_week + week) * _DAYS_A_WEEK - _MONDAY
    starting, ending = _biomass(context.life, assignment, monday)
    return _Weeks(
        assignment=assignment,
        monday=monday,
        meals=count[week, assignment],
        percentages=grid.sums(*fed, meals.values("feeding_percentage"))[week, assignment],
        feed=grid.sums(*fed, meals.values("amount_kg"))[week, assignment] // 100,
        starting=starting,
        ending=ending,
        dead=_dead(context, grid)[week, assignment],
        weighed=_weighed(context, grid)[week, assignment],
    )


def _dead(context: EventContext, grid: _Grid) -> _Integers:
    """Return the biomass of dead fish, without those missing on the day of departure."""
    deaths = context.written["batch_mortalityevent"]
    assignment, day = deaths.values("assignment_id"), deaths.values("event_date")
    departs = np.concatenate([stage.first_day + stage.departs for stage in context.life.stages])
    before = day < departs[assignment - grid.first_assignment]
    return grid.sums(assignment[before], day[before], deaths.values("biomass_kg")[before])


def _weighed(context: EventContext, grid: _Grid) -> _Integers:
    samples = context.written.get("batch_growthsample")
    if samples is None:
        return np.full((grid.weeks, grid.assignments), _NEVER)
    return grid.latest(samples.values("assignment_id"), samples.values("sample_date"))


def _biomass(life: Life, assignment: _Integers, monday: _Integers) -> tuple[_Integers, _Integers]:
    """Return the biomass of assignments on the first morning and last evening of weeks."""
    starting, ending = np.zeros_like(monday), np.zeros_like(monday)
    first = 0
    for stage in life.stages:
        row = np.flatnonzero((first <= assignment) & (assignment < first + len(stage.containers)))
        container, day = assignment[row] - first, monday[row] - stage.first_day
        departs = stage.departs[container]
        starting[row] = _biomass_on(stage, container, np.maximum(day, 0))
        ending[row] = _biomass_on(stage, container, np.minimum(day + _DAYS_A_WEEK, departs))
        first += len(stage.containers)
    return starting, ending


def _biomass_on(stage: StageLife, container: _Integers, day: _Integers) -> _Integers:
    return biomass(stage.population[container, day], scaled(stage.weight_g[container, day], 2))


def _ratio(numerator: _Integers, denominator: _Integers) -> _Integers:
    """Return a ratio at scale 3, rounded half up; 0 if undefined or too large for its column."""
    divisor = np.maximum(denominator, 1)
    ratio = (2000 * numerator + divisor) // (2 * divisor)
    return np.where((denominator > 0) & (ratio <= _HIGHEST_FCR), ratio, 0)


def _container_rows(context: EventContext, weeks: _Weeks) -> Columns:
    name, count = "inventory_containerfeedingsummary", len(weeks)
    first_ids = context.inputs.first_ids
    return table(
        count,
        id=integers(take_ids(first_ids, name, count)),
        period_start=integers(weeks.monday),
        period_end=integers(weeks.sunday),
        total_feed_kg=integers(weeks.feed),
        starting_biomass_kg=integers(weeks.starting),
        ending_biomass_kg=integers(weeks.ending),
        growth_kg=integers(weeks.growth),
        fcr=integers(weeks.fcr, weeks.fcr == 0),
        confidence_level=coded(weeks.confidence, CONFIDENCE_LEVELS),
        estimation_method=coded(np.where(weeks.is_measured, _MEASURED, _INTERPOLATED), _METHODS),
        data_points=integers(weeks.meals),
        batch_id=first_ids["batch_batch"],
        container_assignment_id=integers(
            first_ids["batch_batchcontainerassignment"] + weeks.assignment
        ),
        **stamps(instant(weeks.sunday, 23.0)),
    )


def _batch_rows(context: EventContext, weeks: _Weeks) -> Columns:
    name = "inventory_batchfeedingsummary"
    first_ids = context.inputs.first_ids
    monday, first, containers = np.unique(weeks.monday, return_index=True, return_counts=True)

    def total(values: _Integers) -> _Integers:
        return np.add.reduceat(values, first)

    feed, growth = total(weeks.feed), total(weeks.growth)
    starting, ending = total(weeks.starting), total(weeks.ending)
    fcr = _weighted(total(weeks.feed * weeks.fcr), total(weeks.feed * (weeks.fcr > 0)))
    percentage = _weighted(total(weeks.percentages), 10_000 * total(weeks.meals))
    measured = total(weeks.is_measured.astype(np.int64))
    method = np.where(
        measured == 0, _INTERPOLATED, np.where(measured == containers, _MEASURED, _MIXED)
    )
    sunday = monday + _DAYS_A_WEEK - 1
    count = len(monday)
    return table(
        count,
        id=integers(take_ids(first_ids, name, count)),
        period_start=integers(monday),
        period_end=integers(sunday),
        total_feed_kg=integers(feed),
        average_feeding_percentage=integers(np.minimum(percentage, _HIGHEST_PERCENTAGE)),
        batch_id=first_ids["batch_batch"],
        total_feed_consumed_kg=integers(feed),
        total_biomass_gain_kg=integers(growth),
        fcr=integers(fcr, fcr == 0),
        estimation_method=coded(method, _METHODS),
        container_count=integers(containers),
        overall_confidence_level=coded(
            np.maximum.reduceat(weeks.confidence, first), CONFIDENCE_LEVELS
        ),
        total_ending_biomass_kg=integers(ending),
        total_growth_kg=integers(growth),
        total_starting_biomass_kg=integers(starting),
        weighted_avg_fcr=integers(fcr, fcr == 0),
        average_biomass_kg=integers((starting + ending + 1) // 2),
        **stamps(instant(sunday, 23.0)),
    )


def _weighted(total: _Integers, weight: _Integers) -> _Integers:
    """Return a total over its weight, rounded half up; 0 where the weight is 0."""
    divisor = np.maximum(weight, 1)
    return np.where(weight > 0, (2 * total + divisor) // (2 * divisor), 0)


def _weeks_of(stay: StayCapacity) -> int:
    """Return the most calendar weeks that a fed stay touches."""
    return stay.days // _DAYS_A_WEEK + 2 if stay.rule.is_fed else 0


def _container_capacity(context: CapacityContext) -> int:
    return context.total(lambda stay: stay.containers * _weeks_of(stay))


def _batch_capacity(context: CapacityContext) -> int:
    return context.total(_weeks_of)


EVENT = Event(
    tables=(
        EventTable("inventory_containerfeedingsummary", _container_capacity, share_written=0.95),
        EventTable("inventory_batchfeedingsummary", _batch_capacity, share_written=0.94),
    ),
    rows=_rows,
)
