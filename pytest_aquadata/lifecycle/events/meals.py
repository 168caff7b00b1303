"""Feeding events, and the demand of a batch for the feed ledger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns, coded, concatenate, integers, scaled, table
from ..days import instant, time_of_day
from ..feed import LOOK_AHEAD_DAYS, FeedAccount, meal_costs
from ..feeding import FeedDemand, meals
from ..inputs import BatchInputs
from ..state import Life, StageLife
from .common import biomass, stamps
from .event import CapacityContext, Event, EventContext, EventTable, ImperfectColumns

_SCALE_4_PER_DECAGRAM = 100
_METHODS = ("MANUAL", "AUTOMATIC")


@dataclass(frozen=True)
class _StageDemand:
    """Demand of a stage, and its row for each container and day (-1: none)."""

    demand: FeedDemand
    row: NDArray[np.int64]


def feed_demand(life: Life) -> FeedDemand:
    """Return the feed that a batch eats from each feed container on each day.

    Includes the days after the farm's today for which feed is ordered.
    """
    parts = [_stage_demand(stage).demand for stage in life.stages if stage.rule.is_fed]
    if not parts:
        return FeedDemand(*[np.zeros(0, np.int64)] * 4)
    return FeedDemand(
        feed_container=np.concatenate([part.feed_container for part in parts]),
        feed=np.concatenate([part.feed for part in parts]),
        day=np.concatenate([part.day for part in parts]),
        amount=np.concatenate([part.amount for part in parts]),
    )


def _stage_demand(stage: StageLife) -> _StageDemand:
    day = np.arange(stage.days)
    is_ordered = day <= stage.today + LOOK_AHEAD_DAYS
    eaten = (day < stage.departs[:, None]) & is_ordered & (stage.feed > 0)
    container, day = np.nonzero(eaten)
    keys = np.stack([stage.feed_containers[container], stage.pellet[container, day], day])
    distinct, inverse = np.unique(keys, axis=1, return_inverse=True)
    row = np.full(eaten.shape, -1, np.int64)
    row[container, day] = inverse.ravel()
    amount = np.bincount(inverse.ravel(), stage.feed[container, day]).astype(np.int64)
    demand = FeedDemand(distinct[0], distinct[1], stage.first_day + distinct[2], amount)
    return _StageDemand(demand, row)


def _rows(context: EventContext) -> BatchTables:
    """Return the rows of all feeding events so far, priced from the ledger."""
    inputs, life, account = context.inputs, context.life, context.account
    parts: list[Columns] = []
    first_id = inputs.first_ids["inventory_feedingevent"]
    used = 0
    for stage in life.stages:
        if not stage.rule.is_fed:
            continue
        demand = _stage_demand(stage)
        opening = account.opening[used : used + len(demand.demand)]
        used += len(opening)
        parts.append(_events(inputs, stage, demand, opening, account, first_id))
        first_id += len(parts[-1])
    return {"inventory_feedingevent": concatenate(parts)} if parts else {}


def _events(
    inputs: BatchInputs,
    stage: StageLife,
    demand: _StageDemand,
    opening: NDArray[np.int64],
    account: FeedAccount,
    first_id: int,
) -> Columns:
    eaten = np.where(stage.lived, stage.feed, 0)
    by_time = meals(eaten, len(stage.rule.meals)).transpose(1, 2, 0)
    day, meal, container = np.nonzero(by_time)
    amount = by_time[day, meal, container]
    row = demand.row[container, day]
    drawn = _drawn_before(row, amount, opening)
    cents = np.zeros(len(amount), np.int64)
    queue = np.stack([demand.demand.feed_container[row], demand.demand.feed[row]])
    for feed_container, feed in np.unique(queue, axis=1).T.tolist():
        own = (queue[0] == feed_container) & (queue[1] == feed)
        cents[own] = meal_costs(feed_container, feed, drawn[own], amount[own], account.lots)
    fish_kg = biomass(stage.population[container, day], scaled(stage.weight_g[container, day], 2))
    clock = np.array([time_of_day(time) for time in stage.rule.meals])
    calendar = stage.first_day + day
    feed_ids = np.array([feed.id for feed in inputs.feeds])
    method = 0 if stage.rule.order == 2 else 1
    return table(
        len(amount),
        id=integers(first_id + np.arange(len(amount))),
        feeding_date=integers(calendar),
        feeding_time=integers(clock[meal]),
        amount_kg=integers(amount * _SCALE_4_PER_DECAGRAM),
        batch_biomass_kg=integers(fish_kg),
        feeding_percentage=integers(amount * 100_000_000 // np.maximum(fish_kg, 1)),
        method=coded(np.broadcast_to(np.int64(method), len(amount)), _METHODS),
        notes="",
        batch_id=inputs.first_ids["batch_batch"],
        batch_assignment_id=integers(stage.assignment_ids[container]),
        container_id=integers(stage.container_ids[container]),
        feed_id=integers(feed_ids[queue[1]]),
        recorded_by_id=inputs.keys.users["operator"],
        feed_cost=integers(cents),
        **stamps(instant(calendar) + clock[meal]),
    )


def _drawn_before(
    row: NDArray[np.int64], amount: NDArray[np.int64], opening: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return decagrams drawn from the same queue before each meal, for meals in order of time."""
    order = np.argsort(row, kind="stable")
    through = np.cumsum(amount[order])
    before = through - amount[order]
    first = np.searchsorted(row[order], row[order])
    drawn = np.empty_like(amount)
    drawn[order] = opening[row[order]] + before - before[first]
    return drawn


def _capacity(context: CapacityContext) -> int:
    return context.total(lambda stay: stay.containers * stay.days * len(stay.rule.meals))


EVENT = Event(
    tables=(
        EventTable(
            "inventory_feedingevent",
            _capacity,
            share_written=0.943,
            imperfect=ImperfectColumns({"amount_kg": 4}),
        ),
    ),
    rows=_rows,
)
