"""The feed ledger: purchases, lots, stock and cost, first in first out.

One ledger runs over all batches, between planning and the full simulation, because the feed that
one batch leaves in a silo feeds the next. Every feed container holds a queue of lots of each
feed. What has been bought and what has been eaten are cumulative sums, so the lot a meal is drawn
from, the stock left and the cost are differences along two curves, exact in whole decagrams and
cents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .days import month_index, to_date
from .feed_outages import (
    DELIVERY_DAYS,
    HORIZON_DAYS,
    REORDER_DAYS,
    OrderPlan,
    Outage,
    plan_for_outages,
)
from .feeding import DECAGRAMS_PER_KG, FeedDemand, FeedProduct
from .places import FeedStore
from .randomness import stream

REORDER_SHARE = 0.20
"""An order is placed when stock of a feed falls to this share of the container's capacity."""
ORDER_STEP = 100 * DECAGRAMS_PER_KG
LOOK_AHEAD_DAYS = HORIZON_DAYS + DELIVERY_DAYS
"""How far beyond the farm's today a batch tells the ledger what it will eat."""
_PRICE_SD = 0.03
_CONTAINERS_AT_ONCE = 64


class FeedShortageError(Exception):
    """A feed container cannot hold enough for the fish that eat from it."""

    def __init__(self, container: str, day: int, capacity_kg: float, needed_kg: float) -> None:
        """Say where, when and how much."""
        super().__init__(
            f"{container} runs out of feed on {to_date(day)}: it holds {capacity_kg:,.0f} kg and "
            f"its fish eat {needed_kg:,.0f} kg in the {DELIVERY_DAYS + 1} days a delivery takes; "
            "raise its capacity_kg in the farm file or spread the fish over more feed containers"
        )


@dataclass(frozen=True)
class Lots:
    """Deliveries, ordered by feed container, feed and day.

    Attributes:
        feed_container: primary keys.
        feed: positions in the farm's list of feeds.
        ordered: day numbers.
        delivered: day numbers.
        amount: decagrams bought.
        price: cents a kg.
        left: decagrams not eaten by the end.
    """

    feed_container: NDArray[np.int64]
    feed: NDArray[np.int64]
    ordered: NDArray[np.int64]
    delivered: NDArray[np.int64]
    amount: NDArray[np.int64]
    price: NDArray[np.int64]
    left: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.amount)

    def of(self, kept: NDArray[np.bool_]) -> Lots:
        """The lots at which a mask is true."""
        return Lots(*(getattr(self, field)[kept] for field in Lots.__dataclass_fields__))


@dataclass(frozen=True)
class FeedAccount:
    """What one batch needs to know of the ledger to price its meals.

    Attributes:
        opening: decagrams of the same feed drawn from the same feed container before the batch's
            first meal of the day, one a row of its demand.
        lots: the lots of its feed containers.
    """

    opening: NDArray[np.int64]
    lots: Lots


@dataclass(frozen=True)
class Ledger:
    """All lots of a farm, and every batch's account."""

    lots: Lots
    accounts: tuple[FeedAccount, ...]


def keep_ledger(
    demands: Sequence[FeedDemand],
    feed_containers: Sequence[FeedStore],
    feeds: Sequence[FeedProduct],
    seed: int,
    as_of: int,
    outages: Sequence[Outage] = (),
) -> Ledger:
    """Order feed for all batches and open an account for each.

    Args:
        demands: what each batch eats, in the order of the schedule, up to `LOOK_AHEAD_DAYS`
            beyond today.
        feed_containers: all feed containers of the farm.
        feeds: the farm's feeds.
        seed: seed of the build, for prices.
        as_of: the farm's today, as a day number.
        outages: days without deliveries. Feed bought before lasts to the end of an outage, and
            hardly longer.

    Raises:
        FeedShortageError: when a feed container cannot hold what its fish need.
    """
    eaters = [demand for demand in demands if len(demand)]
    ahead = REORDER_DAYS + DELIVERY_DAYS
    first_day = min((int(demand.day.min()) - ahead for demand in eaters), default=as_of + 1)
    if first_day > as_of:
        nothing = np.zeros(0, np.int64)
        lots = Lots(*[nothing] * 7)
        return Ledger(
            lots, tuple(FeedAccount(np.zeros(len(one), np.int64), lots) for one in demands)
        )
    used = np.unique(np.concatenate([demand.feed_container for demand in eaters])).tolist()
    serving = [container for container in feed_containers if container.id in used]
    row_of = {container.id: row for row, container in enumerate(serving)}
    known = as_of - first_day + 1
    daily = np.zeros((known + LOOK_AHEAD_DAYS, len(serving), len(feeds)), np.int64)
    openings = _openings(demands, daily, row_of, first_day)
    orders = np.concatenate(
        [
            _orders(daily[:, start : start + _CONTAINERS_AT_ONCE], some, first_day, outages)
            for start in range(0, len(serving), _CONTAINERS_AT_ONCE)
            for some in [serving[start : start + _CONTAINERS_AT_ONCE]]
        ],
        axis=1,
    )
    lots = _lots(orders, daily[:known].sum(axis=0), serving, feeds, first_day, seed)
    accounts = []
    for demand, opening in zip(demands, openings, strict=True):
        mine = np.isin(lots.feed_container, demand.feed_container)
        accounts.append(FeedAccount(opening, lots.of(mine)))
    return Ledger(lots, tuple(accounts))


def _openings(
    demands: Sequence[FeedDemand],
    daily: NDArray[np.int64],
    row_of: Mapping[int, int],
    first_day: int,
) -> list[NDArray[np.int64]]:
    """Fill `daily` with everybody's demand; return what was drawn before each row of each batch."""
    places = []
    same_day = []
    for demand in demands:
        rows = np.array([row_of[key] for key in demand.feed_container.tolist()], dtype=np.int64)
        place = (demand.day - first_day, rows, demand.feed)
        places.append(place)
        same_day.append(daily[place])
        daily[place] += demand.amount
    before = np.cumsum(daily, axis=0) - daily
    return [before[place] + earlier for place, earlier in zip(places, same_day, strict=True)]


def _orders(
    daily: NDArray[np.int64],
    feed_containers: Sequence[FeedStore],
    first_day: int,
    outages: Sequence[Outage] = (),
) -> NDArray[np.int64]:
    """Decagrams ordered on each day up to today, a feed container and feed."""
    capacity = np.array(
        [round(container.capacity_kg * DECAGRAMS_PER_KG) for container in feed_containers]
    )
    soon = _planned(daily, REORDER_DAYS)
    reorder_point = np.minimum(soon, (capacity * REORDER_SHARE).astype(np.int64)[:, None])
    covered = _planned(daily, HORIZON_DAYS)
    plan = OrderPlan(soon, reorder_point, covered)
    plan_for_outages(plan, outages, [one.id for one in feed_containers], daily, first_day)
    orders = np.zeros_like(soon)
    stock = np.zeros(daily.shape[1:], np.int64)
    coming = np.zeros_like(stock)
    for day in range(len(orders)):
        if day >= DELIVERY_DAYS:
            stock += orders[day - DELIVERY_DAYS]
            coming -= orders[day - DELIVERY_DAYS]
        position = stock + coming
        low = (position <= reorder_point[day]) & (soon[day] > 0)
        wanted = np.where(low, np.maximum(covered[day] - position, 0), 0)
        wanted = -(-wanted // ORDER_STEP) * ORDER_STEP
        room = np.maximum(capacity - position.sum(axis=1), 0)
        orders[day] = _fit(wanted, room)
        coming += orders[day]
        stock -= daily[day]
        if (stock < 0).any():
            raise _shortage(daily, stock, day, feed_containers, first_day)
    return orders


def _shortage(
    daily: NDArray[np.int64],
    stock: NDArray[np.int64],
    day: int,
    feed_containers: Sequence[FeedStore],
    first_day: int,
) -> FeedShortageError:
    row = int(np.argmax((stock < 0).any(axis=1)))
    needed = daily[day : day + DELIVERY_DAYS + 1, row].sum() / DECAGRAMS_PER_KG
    container = feed_containers[row]
    return FeedShortageError(container.name, first_day + day, container.capacity_kg, float(needed))


def _planned(daily: NDArray[np.int64], horizon: int) -> NDArray[np.int64]:
    """What is eaten until `horizon` days after a delivery ordered on each day up to today."""
    known = len(daily) - LOOK_AHEAD_DAYS
    reach = horizon + DELIVERY_DAYS
    eaten = np.cumsum(np.concatenate([np.zeros_like(daily[:1]), daily]), axis=0)
    return np.asarray(eaten[reach : reach + known] - eaten[:known], np.int64)


def _fit(wanted: NDArray[np.int64], room: NDArray[np.int64]) -> NDArray[np.int64]:
    """Orders that fit the room left: feed for the smallest fish first."""
    filled = np.minimum(np.cumsum(wanted, axis=1), room[:, None])
    return np.diff(filled, axis=1, prepend=0) // DECAGRAMS_PER_KG * DECAGRAMS_PER_KG


def _lots(
    orders: NDArray[np.int64],
    eaten: NDArray[np.int64],
    feed_containers: Sequence[FeedStore],
    feeds: Sequence[FeedProduct],
    first_day: int,
    seed: int,
) -> Lots:
    """The deliveries made by the last day, and what is left of each."""
    delivered_orders = orders[: len(orders) - DELIVERY_DAYS]
    row, feed, day = np.nonzero(delivered_orders.transpose(1, 2, 0))
    amount = delivered_orders[day, row, feed]
    bought = np.cumsum(amount)
    queue = row * len(feeds) + feed
    first_of_queue = np.searchsorted(queue, queue)
    bought_in_queue = bought - (bought - amount)[first_of_queue]
    left = np.clip(bought_in_queue - eaten[row, feed], 0, amount)
    ids = np.array([container.id for container in feed_containers], dtype=np.int64)
    ordered = first_day + day
    return Lots(
        feed_container=ids[row],
        feed=feed,
        ordered=ordered,
        delivered=ordered + DELIVERY_DAYS,
        amount=amount,
        price=_prices(feeds, feed, ordered, seed),
        left=left,
    )


def _prices(
    feeds: Sequence[FeedProduct], feed: NDArray[np.int64], ordered: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Cents a kg: the list price, moved a little from month to month."""
    list_price = np.array([round(item.price_per_kg * 100) for item in feeds])
    months = ordered.astype("datetime64[D]").astype("datetime64[M]")
    change = np.zeros(len(ordered))
    for month in np.unique(months):
        here = months == month
        change[here] = stream(seed, "feed price", str(month)).standard_normal()
    season = 1.0 + 0.01 * (month_index(ordered) - 5.5) / 5.5
    return np.rint(list_price[feed] * season * (1.0 + _PRICE_SD * change)).astype(np.int64)


def meal_costs(
    feed_container: int, feed: int, drawn: NDArray[np.int64], amount: NDArray[np.int64], lots: Lots
) -> NDArray[np.int64]:
    """Cents that meals cost: what the lots they are drawn from were bought for.

    Costs are differences of the rounded cumulative cost, so that the meals of a lot sum to its
    price to the cent.

    Args:
        feed_container: primary key.
        feed: position in the farm's list of feeds.
        drawn: decagrams drawn before each meal.
        amount: decagrams of each meal.
        lots: the lots to draw from.
    """
    mine = (lots.feed_container == feed_container) & (lots.feed == feed)
    bought = np.concatenate([[0], np.cumsum(lots.amount[mine])])
    price = lots.price[mine]
    spent = np.concatenate([[0], np.cumsum(lots.amount[mine] * price)])

    def cumulative_cents(drawn_to: NDArray[np.int64]) -> NDArray[np.int64]:
        lot = np.minimum(np.searchsorted(bought, drawn_to, side="right") - 1, len(price) - 1)
        cost = spent[lot] + (drawn_to - bought[lot]) * price[lot]
        return (cost + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG

    return np.asarray(cumulative_cents(drawn + amount) - cumulative_cents(drawn), np.int64)
