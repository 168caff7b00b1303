"""The feed ledger: purchases, lots, stock and cost, first in first out.

One ledger is kept for all batches, after planning and before the full simulation, because the feed
that one batch leaves in a silo feeds the next. Each feed container has a queue of lots for each
feed. Purchases and demand are cumulative sums; the lot of a meal, the stock and the cost are
differences of them, exact in whole decagrams and cents.
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
"""An order is placed when stock of a feed falls to this share of the container's capacity, or to
what is eaten until the delivery."""
_MARGIN_DAYS = 2
"""Days of feed that a small container still holds when a delivery arrives."""
ORDER_STEP = 100 * DECAGRAMS_PER_KG
LOOK_AHEAD_DAYS = HORIZON_DAYS + DELIVERY_DAYS
"""Days after the farm's today for which the ledger needs the demand of a batch."""
_PRICE_SD = 0.03
_CONTAINERS_AT_ONCE = 64


class FeedShortageError(Exception):
    """A feed container cannot hold enough for the fish that eat from it."""

    def __init__(self, container: str, day: int, capacity_kg: float, needed_kg: float) -> None:
        """Compose the message."""
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
        remaining: decagrams in stock at the end.
    """

    feed_container: NDArray[np.int64]
    feed: NDArray[np.int64]
    ordered: NDArray[np.int64]
    delivered: NDArray[np.int64]
    amount: NDArray[np.int64]
    price: NDArray[np.int64]
    remaining: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.amount)

    def where(self, mask: NDArray[np.bool_]) -> Lots:
        """Return the lots where a mask is True."""
        return Lots(*(getattr(self, field)[mask] for field in Lots.__dataclass_fields__))


@dataclass(frozen=True)
class FeedAccount:
    """Part of the ledger that prices the meals of one batch.

    Attributes:
        opening: for each row of its demand, decagrams drawn from the same queue before the batch's
            first meal of the day.
        lots: lots of its feed containers.
    """

    opening: NDArray[np.int64]
    lots: Lots


@dataclass(frozen=True)
class Ledger:
    """All lots of a farm, and the account of each batch."""

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
        demands: demand of each batch, in the order of the schedule, up to `LOOK_AHEAD_DAYS` after
            today.
        feed_containers: all feed containers of the farm.
        feeds: the farm's feeds.
        seed: seed of the build, for prices.
        as_of: the farm's today, as a day number.
        outages: days without deliveries; see `feed_outages`.

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
            lots, tuple(FeedAccount(np.zeros(len(demand), np.int64), lots) for demand in demands)
        )
    used = np.unique(np.concatenate([demand.feed_container for demand in eaters])).tolist()
    serving = [container for container in feed_containers if container.id in used]
    row_of = {container.id: row for row, container in enumerate(serving)}
    days = as_of - first_day + 1
    daily = np.zeros((days + LOOK_AHEAD_DAYS, len(serving), len(feeds)), np.int64)
    openings = _openings(demands, daily, row_of, first_day)
    orders = np.concatenate(
        [
            _orders(daily[:, part], serving[part], first_day, outages)
            for start in range(0, len(serving), _CONTAINERS_AT_ONCE)
            for part in [slice(start, start + _CONTAINERS_AT_ONCE)]
        ],
        axis=1,
    )
    lots = _lots(orders, daily[:days].sum(axis=0), serving, feeds, first_day, seed)
    accounts = []
    for demand, opening in zip(demands, openings, strict=True):
        is_own = np.isin(lots.feed_container, demand.feed_container)
        accounts.append(FeedAccount(opening, lots.where(is_own)))
    return Ledger(lots, tuple(accounts))


def _openings(
    demands: Sequence[FeedDemand],
    daily: NDArray[np.int64],
    row_of: Mapping[int, int],
    first_day: int,
) -> list[NDArray[np.int64]]:
    """Add all demands to `daily`; return the feed drawn before each row of each batch."""
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
    """Return decagrams ordered on each day up to today, by feed container and feed."""
    capacity = np.array(
        [round(container.capacity_kg * DECAGRAMS_PER_KG) for container in feed_containers]
    )
    soon = _planned(daily, REORDER_DAYS)
    until_delivery = _planned(daily, _MARGIN_DAYS)
    share = (capacity * REORDER_SHARE).astype(np.int64)[:, None]
    reorder_point = np.minimum(soon, np.maximum(share, until_delivery))
    covered = _planned(daily, HORIZON_DAYS)
    plan = OrderPlan(soon, reorder_point, covered)
    plan_for_outages(
        plan, outages, [container.id for container in feed_containers], daily, first_day
    )
    orders = np.zeros_like(soon)
    stock = np.zeros(daily.shape[1:], np.int64)
    coming = np.zeros_like(stock)
    for day in range(len(orders)):
        if day >= DELIVERY_DAYS:
            stock += orders[day - DELIVERY_DAYS]
            coming -= orders[day - DELIVERY_DAYS]
        position = stock + coming
        low = (position <= reorder_point[day]) & (soon[day] > 0)
        needed = np.where(low, np.maximum(covered[day] - position, 0), 0)
        needed = -(-needed // ORDER_STEP) * ORDER_STEP
        room = np.maximum(capacity - position.sum(axis=1), 0)
        orders[day] = _fit(needed, room)
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
    """Return the demand until `horizon` days after a delivery ordered on each day."""
    days = len(daily) - LOOK_AHEAD_DAYS
    reach = horizon + DELIVERY_DAYS
    eaten = np.cumsum(np.concatenate([np.zeros_like(daily[:1]), daily]), axis=0)
    return np.asarray(eaten[reach : reach + days] - eaten[:days], np.int64)


def _fit(needed: NDArray[np.int64], room: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return orders limited to the free room, feed for the smallest fish first."""
    filled = np.minimum(np.cumsum(needed, axis=1), room[:, None])
    return np.diff(filled, axis=1, prepend=0) // DECAGRAMS_PER_KG * DECAGRAMS_PER_KG


def _lots(
    orders: NDArray[np.int64],
    eaten: NDArray[np.int64],
    feed_containers: Sequence[FeedStore],
    feeds: Sequence[FeedProduct],
    first_day: int,
    seed: int,
) -> Lots:
    """Return the deliveries made by the last day, with their remaining stock."""
    delivered_orders = orders[: len(orders) - DELIVERY_DAYS]
    row, feed, day = np.nonzero(delivered_orders.transpose(1, 2, 0))
    amount = delivered_orders[day, row, feed]
    bought = np.cumsum(amount)
    queue = row * len(feeds) + feed
    first_of_queue = np.searchsorted(queue, queue)
    bought_in_queue = bought - (bought - amount)[first_of_queue]
    remaining = np.clip(bought_in_queue - eaten[row, feed], 0, amount)
    ids = np.array([container.id for container in feed_containers], dtype=np.int64)
    ordered = first_day + day
    return Lots(
        feed_container=ids[row],
        feed=feed,
        ordered=ordered,
        delivered=ordered + DELIVERY_DAYS,
        amount=amount,
        price=_prices(feeds, feed, ordered, seed),
        remaining=remaining,
    )


def _prices(
    feeds: Sequence[FeedProduct], feed: NDArray[np.int64], ordered: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Return prices in cents a kg, which vary around the list price from month to month."""
    list_price = np.array([round(item.price_per_kg * 100) for item in feeds])
    months = ordered.astype("datetime64[D]").astype("datetime64[M]")
    change = np.zeros(len(ordered))
    for month in np.unique(months):
        change[months == month] = stream(seed, "feed price", str(month)).standard_normal()
    season = 1.0 + 0.01 * (month_index(ordered) - 5.5) / 5.5
    return np.rint(list_price[feed] * season * (1.0 + _PRICE_SD * change)).astype(np.int64)


def meal_costs(
    feed_container: int, feed: int, drawn: NDArray[np.int64], amount: NDArray[np.int64], lots: Lots
) -> NDArray[np.int64]:
    """Return the cost of meals in cents, at the prices of the lots that they are drawn from.

    Costs are differences of the rounded cumulative cost, so the meals of a lot sum to its price to
    the cent.

    Args:
        feed_container: primary key.
        feed: position in the farm's list of feeds.
        drawn: decagrams drawn before each meal.
        amount: decagrams of each meal.
        lots: the lots, of any queue.
    """
    in_queue = (lots.feed_container == feed_container) & (lots.feed == feed)
    bought = np.concatenate([[0], np.cumsum(lots.amount[in_queue])])
    price = lots.price[in_queue]
    spent = np.concatenate([[0], np.cumsum(lots.amount[in_queue] * price)])

    def cumulative_cents(drawn_to: NDArray[np.int64]) -> NDArray[np.int64]:
        lot = np.minimum(np.searchsorted(bought, drawn_to, side="right") - 1, len(price) - 1)
        cost = spent[lot] + (drawn_to - bought[lot]) * price[lot]
        return (cost + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG

    return np.asarray(cumulative_cents(drawn + amount) - cumulative_cents(drawn), np.int64)
