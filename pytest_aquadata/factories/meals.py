"""Many meals at once, as columns: what `create_batch` and `bulk` of feeding events are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from factory import enums
from numpy.typing import NDArray

from ..lifecycle.columns import Columns, coded, constant, decimals, integers, table
from ..lifecycle.days import day_number, instant, time_of_day
from ..lifecycle.feed import DELIVERY_DAYS
from ..lifecycle.feeding import DECAGRAMS_PER_KG, conversion_ratio, meals, pellet, ration
from ..lifecycle.rows.common import biomass
from ..schema import Feed, FeedContainerStock, FeedingEvent, FeedPurchase
from .company import Company, FactoryError
from .feed_store import Queue, list_price, queue_of
from .places import site_of
from .stays import Stay, person, stay_of
from .usual import standard_farm

_PLAIN = frozenset({"assignment", "batch", "stage", "adult", "batch_assignment_id", "batch_id"})
_CENTS = 100


@dataclass(frozen=True)
class _Meals:
    """Meals of one assignment, latest first.

    Attributes:
        day: days of the stage.
        number: positions among the meals of a day.
        decagrams: what they hold.
        mass: biomass fed, in kg at scale 2.
        feed: positions in the farm's list of feeds.
    """

    day: NDArray[np.int64]
    number: NDArray[np.int64]
    decagrams: NDArray[np.int64]
    mass: NDArray[np.int64]
    feed: NDArray[np.int64]


def room_for(stay: Stay) -> int:
    """Meals that fish have had by today and that are not in the book yet."""
    times = len(stay.stage.rule.meals)
    return max(((stay.today - stay.stage.arrives).days + 1) * times - stay.meals, 0)


def meals_of(at: Company, stay: Stay, size: int) -> Columns:
    """So many more meals of an assignment, paid for, as columns without keys."""
    given = _given(stay, size)
    stay.meals += size
    cents = np.zeros(size, np.int64)
    keys = np.zeros(size, np.int64)
    for position in np.unique(given.feed).tolist():
        mine = given.feed == position
        feed = at.entry(Feed, position)
        keys[mine] = feed.id
        queue = queue_of(at, site_of(stay.container), feed, stay.stage.arrives)
        cents[mine] = _drawn(at, queue, given.decagrams[mine])
    calendar = day_number(stay.stage.arrives) + given.day
    clocks = np.array([time_of_day(text) for text in stay.stage.rule.meals])
    now = int(instant(day_number(at.today), 18.0))
    return table(
        size,
        feeding_date=integers(calendar),
        feeding_time=integers(clocks[given.number]),
        amount_kg=integers(given.decagrams * 100),
        batch_biomass_kg=integers(given.mass),
        feeding_percentage=decimals(
            100.0 * given.decagrams / np.maximum(given.mass, 1), 6
        ),
        method=constant("AUTOMATIC", size),
        notes=constant("", size),
        created_at=now,
        updated_at=now,
        batch_id=stay.batch.id,
        batch_assignment_id=stay.assignment.id,
        container_id=stay.container.id,
        feed_id=integers(keys),
        recorded_by_id=person(at, "operator").id,
        feed_cost=integers(cents),
    )


def _given(stay: Stay, size: int) -> _Meals:
    rule, stage = stay.stage.rule, stay.stage
    times = len(rule.meals)
    turn = stay.meals + np.arange(size)
    last = (stay.today - stage.arrives).days
    number, day = turn % times, last - turn // times
    days = np.arange(last + 1)
    usual = stage.weight_g * stay.weight_share
    dead = np.zeros(last + 2, np.int64)
    for when, fish in stay.deaths.items():
        dead[min(max((when - stage.arrives).days + 1, 0), last + 1)] += fish
    alive = stay.arrived - np.cumsum(dead)[: last + 1]
    calendar = day_number(stage.arrives) + days
    weight = usual[: last + 1]
    ratio = conversion_ratio(weight, calendar, rule)
    daily = ration(alive, np.diff(usual[: last + 2]), ratio, rule.waste_pct)
    portions = np.maximum(meals(daily, times), 1)
    stored = np.rint(weight * 100).astype(np.int64)
    feed = pellet(weight, standard_farm().feeds)
    return _Meals(
        day, number, portions[day, number], np.maximum(biomass(alive, stored)[day], 1), feed[day]
    )


def _drawn(at: Company, queue: Queue, decagrams: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cents that meals cost which are drawn one after another, from lots bought as needed."""
    price = round(list_price(queue.feed) * _CENTS)
    left, opened = 0, 0
    if queue.lots:
        purchase, stock = queue.lots[-1]
        price = round(purchase.cost_per_kg * _CENTS)
        left = int(stock.quantity_kg * DECAGRAMS_PER_KG)
        opened = int(purchase.quantity_kg * DECAGRAMS_PER_KG) - left
    ends = opened + np.cumsum(decagrams)
    _stock_up(at, queue, int(decagrams.sum()), left)
    spent = (np.concatenate([[opened], ends]) * price + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG
    return np.diff(spent)


def _stock_up(at: Company, queue: Queue, wanted: int, left: int) -> None:
    """Take feed from a queue, buying what is missing."""
    from .feed_store import buy

    while wanted:
        if not left:
            left = int(buy(at, queue, wanted).quantity_kg * DECAGRAMS_PER_KG)
        taken = min(left, wanted)
        _, stock = queue.lots[-1]
        left, wanted = left - taken, wanted - taken
        stock.quantity_kg = type(stock.quantity_kg)(left) / DECAGRAMS_PER_KG
