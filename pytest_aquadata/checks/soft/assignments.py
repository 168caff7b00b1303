"""Assignments with all that is known of them, as arrays that the soft checks share."""

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
from .measure import Floats, Integers, Mask, key, positions, ratio, sums

FRY, PARR, SMOLT, POST_SMOLT, ADULT = 2, 3, 4, 5, 6
"""Orders of the fed stages."""


@dataclass(frozen=True)
class AssignmentTable:
    """Every assignment, in the order of its primary key.

    Attributes:
        id: primary keys.
        batch: of its batch.
        stage: order of its stage.
        at_sea: whether its container is in a sea area.
        site: primary key of its hall, or of its area less than 0.
        geography: name of the geography.
        volume_m3: of its container.
        limit_kg: biomass limit of its container.
        arrives: day number.
        departs: day number; NaN while the fish are there.
        fish: on the book.
        weight_g: mean weight on the book.
        placed: living fish put in.
        placed_kg: their biomass; NaN for eggs.
        fed_kg: feed given.
        last_meal: day number; NaN for none.
        harvested: fish.
        harvested_kg: live weight.
    """

    id: Integers
    batch: Integers
    stage: Integers
    at_sea: Mask
    site: Integers
    geography: np.ndarray[tuple[int], np.dtype[np.object_]]
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
    def gone(self) -> Mask:
        """Whether the fish have left."""
        return np.isfinite(self.departs)

    @property
    def biomass_kg(self) -> Floats:
        """Biomass on the book."""
        return self.fish * self.weight_g / 1000.0

    @property
    def start_weight_g(self) -> Floats:
        """Mean weight of the fish put in; NaN for eggs."""
        return 1000.0 * ratio(self.placed_kg, self.placed)


@dataclass(frozen=True)
class DailyDeaths:
    """Deaths, a stay and day with any, in that order.

    Attributes:
        stay: position among the stays.
        day: day number.
        fish: how many died.
        kg: their biomass.
    """

    assignment: Integers
    day: Integers
    fish: Integers
    kg: Floats

    def before(self, assignment: Integers, day: Integers) -> Floats:
        """Fish that died in each of some stays before each of some days."""
        keys = key(self.assignment, self.day)
        total = np.concatenate([[0.0], np.cumsum(self.fish)])
        first, until = (
            np.searchsorted(keys, key(assignment, np.zeros_like(day))),
            np.searchsorted(keys, key(assignment, day)),
        )
        return np.asarray(total[until] - total[first], np.float64)

    def during(self, assignment: Integers, first: Integers, end: Integers) -> Floats:
        """Fish that died in each of some stays from a first day on and before an end."""
        return self.before(assignment, end) - self.before(assignment, first)


def load_assignments(context: CheckContext) -> AssignmentTable:
    """All assignments."""
    found = context.columns(_assignments())
    ids = found["id"]

    def of(query: Query, name: str, missing: float) -> Floats:
        values = context.columns(query)
        place = positions(ids, values["id"].astype(np.int64))
        filled = np.append(values[name].astype(np.float64), missing)
        return filled[place]

    arrived, meals, lots = _arrivals(), _meals(), _lots()
    return AssignmentTable(
        id=ids,
        batch=found["batch_id"],
        stage=found["stage"],
        at_sea=found["area_id"] > 0,
        site=np.where(found["area_id"] > 0, -found["area_id"], found["hall_id"]).astype(np.int64),
        geography=found["geography"],
        volume_m3=found["volume_m3"].astype(np.float64),
        limit_kg=found["limit_kg"].astype(np.float64),
        arrives=found["arrives"],
        departs=found["departs"].astype(np.float64),
        fish=found["fish"],
        weight_g=found["weight_g"].astype(np.float64),
        placed=of(_eggs(), "fish", 0.0) + of(arrived, "fish", 0.0),
        placed_kg=of(arrived, "kg", np.nan),
        fed_kg=of(meals, "kg", 0.0),
        last_meal=of(meals, "last_day", np.nan),
        harvested=of(lots, "fish", 0.0),
        harvested_kg=of(lots, "kg", 0.0),
    )


def load_deaths(context: CheckContext) -> DailyDeaths:
    """All deaths."""
    assignments = context.get(load_assignments)
    day = day_number(MortalityEvent.event_date)
    event = MortalityEvent
    found = context.columns(
        sa.select(
            event.assignment_id.label("id"),
            day.label("day"),
            event.count.label("fish"),
            event.biomass_kg.label("kg"),
        ).where(event.assignment_id.is_not(None))
    )
    assignment = positions(found["id"], assignments.id)
    order = np.lexsort([found["day"], assignment])
    order = order[assignment[order] >= 0]
    return DailyDeaths(
        assignment=assignment[order],
        day=found["day"][order],
        fish=found["fish"][order],
        kg=found["kg"][order].astype(np.float64),
    )


def dead_kg(context: CheckContext) -> Floats:
    """Biomass of the fish that died in each stay before the day it ended."""
    assignments, deaths = context.get(load_assignments), context.get(load_deaths)
    earlier = ~(deaths.day >= assignments.departs[deaths.assignment])
    return sums(deaths.assignment[earlier], deaths.kg[earlier], len(assignments))


def _assignments() -> Query:
    one = BatchContainerAssignment
    geography_id = sa.func.coalesce(FreshwaterStation.geography_id, Area.geography_id)
    return (
        sa.select(
            one.id,
            one.batch_id,
            LifeCycleStage.order.label("stage"),
            sa.func.coalesce(Container.area_id, 0).label("area_id"),
            sa.func.coalesce(Container.hall_id, 0).label("hall_id"),
            Geography.name.label("geography"),
            Container.volume_m3.label("volume_m3"),
            Container.max_biomass_kg.label("limit_kg"),
            day_number(one.assignment_date).label("arrives"),
            day_number(one.departure_date).label("departs"),
            one.population_count.label("fish"),
            one.avg_weight_g.label("weight_g"),
        )
        .join(LifeCycleStage, LifeCycleStage.id == one.lifecycle_stage_id)
        .join(Container, Container.id == one.container_id)
        .outerjoin(Hall, Hall.id == Container.hall_id)
        .outerjoin(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
        .outerjoin(Area, Area.id == Container.area_id)
        .join(Geography, Geography.id == geography_id)
        .order_by(one.id)
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
