"""All container assignments and their deaths as arrays, loaded once for all soft checks.

Other arrays refer to an assignment by its index here, in a field or variable `assignment`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from ...schema import (
    Area,
    BatchContainerAssignment,
    Container,
    CreationAction,
    FeedingEvent,
    FreshwaterStation,
    Geography,
    Hall,
    HarvestEvent,
    HarvestLot,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
)
from ..context import CheckContext, Query
from ..dates import day_number
from .arrays import Floats, Integers, Mask, Texts, group_sums, index_of, ratio, sort_key

FRY, PARR, SMOLT, POST_SMOLT, ADULT = 2, 3, 4, 5, 6
"""Orders of the fed stages."""


@dataclass(frozen=True)
class AssignmentTable:
    """Every assignment, in the order of its primary key. Days are day numbers.

    Attributes:
        id: primary key.
        batch: primary key of its batch.
        stage: order of its stage.
        at_sea: True for a container in a sea area.
        site: primary key of its hall, or the negative primary key of its area.
        geography: name of the geography.
        volume_m3: volume of its container.
        limit_kg: biomass limit of its container.
        arrives: day of assignment.
        departs: day of departure; NaN while fish are in the container.
        fish: population on the books.
        weight_g: mean weight on the books.
        placed: living fish or eggs put in.
        placed_kg: their biomass; NaN for eggs.
        fed_kg: feed given.
        last_meal: day of the last meal; NaN for none.
        harvested: harvested fish.
        harvested_kg: their live weight.
    """

    id: Integers
    batch: Integers
    stage: Integers
    at_sea: Mask
    site: Integers
    geography: Texts
    volume_m3: Floats
    limit_kg: Floats
    arrives: Integers
    departs: Floats
    fish: Integers
    weight_g: Floats
    placed: Floats
    placed_kg: Floats
    fed_kg: Floats
    last_meal: Floats
    harvested: Floats
    harvested_kg: Floats

    def __len__(self) -> int:
        return len(self.id)

    @property
    def ended(self) -> Mask:
        """True for assignments that all fish have left."""
        return np.isfinite(self.departs)

    @property
    def of_ended_batches(self) -> Mask:
        """True for assignments of batches that have no open assignment."""
        return ~np.isin(self.batch, self.batch[~self.ended])

    @property
    def biomass_kg(self) -> Floats:
        """Biomass on the books."""
        return self.fish * self.weight_g / 1000.0

    @property
    def start_weight_g(self) -> Floats:
        """Mean weight of the fish put in; NaN for eggs."""
        return 1000.0 * ratio(self.placed_kg, self.placed)


@dataclass(frozen=True)
class DailyDeaths:
    """Deaths by assignment and day, in this order.

    Attributes:
        assignment: index of the assignment.
        day: day number.
        fish: fish that died.
        kg: their biomass.
    """

    assignment: Integers
    day: Integers
    fish: Integers
    kg: Floats

    def before(self, assignment: Integers, day: Integers) -> Floats:
        """Return the fish that died in each assignment before the given day."""
        keys = sort_key(self.assignment, self.day)
        total = np.concatenate([[0.0], np.cumsum(self.fish)])
        first = np.searchsorted(keys, sort_key(assignment, np.zeros_like(day)))
        end = np.searchsorted(keys, sort_key(assignment, day))
        return np.asarray(total[end] - total[first], np.float64)

    def during(self, assignment: Integers, first: Integers, end: Integers) -> Floats:
        """Return the fish that died in each assignment from day `first` to before day `end`."""
        return self.before(assignment, end) - self.before(assignment, first)


def load_assignments(context: CheckContext) -> AssignmentTable:
    """Load all assignments."""
    columns = context.columns(_assignment_query())
    ids = columns["id"]

    def by_assignment(query: Query, name: str, missing: float) -> Floats:
        values = context.columns(query)
        index = index_of(ids, values["id"].astype(np.int64))
        return np.append(values[name].astype(np.float64), missing)[index]

    arrivals, meals, lots = _arrivals(), _meals(), _lots()
    area, hall = columns["area_id"], columns["hall_id"]
    return AssignmentTable(
        id=ids,
        batch=columns["batch_id"],
        stage=columns["stage"],
        at_sea=area > 0,
        site=np.where(area > 0, -area, hall).astype(np.int64),
        geography=columns["geography"].astype(object),
        volume_m3=columns["volume_m3"].astype(np.float64),
        limit_kg=columns["limit_kg"].astype(np.float64),
        arrives=columns["arrives"],
        departs=columns["departs"].astype(np.float64),
        fish=columns["fish"],
        weight_g=columns["weight_g"].astype(np.float64),
        placed=by_assignment(_eggs(), "fish", 0.0) + by_assignment(arrivals, "fish", 0.0),
        placed_kg=by_assignment(arrivals, "kg", np.nan),
        fed_kg=by_assignment(meals, "kg", 0.0),
        last_meal=by_assignment(meals, "last_day", np.nan),
        harvested=by_assignment(lots, "fish", 0.0),
        harvested_kg=by_assignment(lots, "kg", 0.0),
    )


def load_deaths(context: CheckContext) -> DailyDeaths:
    """Load all deaths that name an assignment."""
    assignments = context.get(load_assignments)
    event = MortalityEvent
    columns = context.columns(
        sa.select(
            event.assignment_id.label("id"),
            day_number(event.event_date).label("day"),
            event.count.label("fish"),
            event.biomass_kg.label("kg"),
        ).where(event.assignment_id.is_not(None))
    )
    assignment = index_of(columns["id"], assignments.id)
    order = np.lexsort([columns["day"], assignment])
    order = order[assignment[order] >= 0]
    return DailyDeaths(
        assignment=assignment[order],
        day=columns["day"][order],
        fish=columns["fish"][order],
        kg=columns["kg"][order].astype(np.float64),
    )


def dead_kg(context: CheckContext) -> Floats:
    """Return the biomass of the fish that died in each assignment before the day it ended."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    earlier = ~(deaths.day >= assignments.departs[deaths.assignment])
    return group_sums(deaths.assignment[earlier], deaths.kg[earlier], len(assignments))


def _assignment_query() -> Query:
    assignment = BatchContainerAssignment
    geography_id = sa.func.coalesce(FreshwaterStation.geography_id, Area.geography_id)
    return (
        sa.select(
            assignment.id,
            assignment.batch_id,
            LifeCycleStage.order.label("stage"),
            sa.func.coalesce(Container.area_id, 0).label("area_id"),
            sa.func.coalesce(Container.hall_id, 0).label("hall_id"),
            Geography.name.label("geography"),
            Container.volume_m3.label("volume_m3"),
            Container.max_biomass_kg.label("limit_kg"),
            day_number(assignment.assignment_date).label("arrives"),
            day_number(assignment.departure_date).label("departs"),
            assignment.population_count.label("fish"),
            assignment.avg_weight_g.label("weight_g"),
        )
        .join(LifeCycleStage, LifeCycleStage.id == assignment.lifecycle_stage_id)
        .join(Container, Container.id == assignment.container_id)
        .outerjoin(Hall, Hall.id == Container.hall_id)
        .outerjoin(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
        .outerjoin(Area, Area.id == Container.area_id)
        .join(Geography, Geography.id == geography_id)
        .order_by(assignment.id)
    )


def _eggs() -> Query:
    action = CreationAction
    living = sa.func.coalesce(action.egg_count_actual, 0) - action.mortality_on_arrival
    return (
        sa.select(action.dest_assignment_id.label("id"), sa.func.sum(living).label("fish"))
        .group_by(action.dest_assignment_id)
        .order_by(action.dest_assignment_id)
    )


def _arrivals() -> Query:
    action = TransferAction
    return (
        sa.select(
            action.dest_assignment_id.label("id"),
            sa.func.sum(action.transferred_count).label("fish"),
            sa.func.sum(action.transferred_biomass_kg).label("kg"),
        )
        .where(action.dest_assignment_id.is_not(None))
        .group_by(action.dest_assignment_id)
        .order_by(action.dest_assignment_id)
    )


def _meals() -> Query:
    event = FeedingEvent
    return (
        sa.select(
            event.batch_assignment_id.label("id"),
            sa.func.sum(event.amount_kg).label("kg"),
            day_number(sa.func.max(event.feeding_date)).label("last_day"),
        )
        .where(event.batch_assignment_id.is_not(None))
        .group_by(event.batch_assignment_id)
        .order_by(event.batch_assignment_id)
    )


def _lots() -> Query:
    return (
        sa.select(
            HarvestEvent.assignment_id.label("id"),
            sa.func.sum(HarvestLot.unit_count).label("fish"),
            sa.func.sum(HarvestLot.live_weight_kg).label("kg"),
        )
        .join_from(HarvestLot, HarvestEvent)
        .group_by(HarvestEvent.assignment_id)
        .order_by(HarvestEvent.assignment_id)
    )
