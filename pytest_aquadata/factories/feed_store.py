"""Feed in silos and barges: bought, kept, and drawn from, oldest lot first.

Every site and feed has its queue of lots. A lot is bought when a meal needs more than is left,
enters on the day the fish came, and costs what the meals drawn from it cost, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from ..lifecycle.feed import ORDER_STEP
from ..lifecycle.feed_outages import DELIVERY_DAYS
from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..schema import Feed, FeedContainer, FeedContainerStock, FeedPurchase
from .company import Company, FactoryError
from .expected_life import standard_farm, suited_feed
from .places import feed_container_values

_LOT_SHARE = 0.10
"""Share of a feed container that an order fills, so that every feed of the farm finds room."""
_EXPIRES_AFTER = timedelta(days=365)
_OTHER_PRICE = Decimal("2.00")
"""For a feed that the standard farm does not buy."""


@dataclass(eq=False, repr=False)
class Queue:
    """Lots of one feed in one feed container, of which all but the last are empty."""

    container: Any
    feed: Any
    opened: date
    lots: list[Any] = field(default_factory=list)


def feed_for(at: Company, weight_g: float) -> Feed:
    """The feed that suits fish of a mean weight."""
    return at.entry(Feed, suited_feed(weight_g))


def list_price(feed: Any) -> Decimal:
    """What a kilogram of a feed costs."""
    for one in standard_farm().feeds:
        if feed.pellet_size_mm is not None and float(feed.pellet_size_mm) == one.pellet_mm:
            return Decimal(str(one.price_per_kg)).quantize(Decimal("0.01"))
    return _OTHER_PRICE


def queue_of(at: Company, site: tuple[Any, Any], feed: Any, opened: date) -> Queue:
    """The queue that fish who came to a site on a day eat a feed from."""
    known: Queue | None = at.memory.get(("queue", site, feed.id, opened))
    if known is None:
        container = at.memory.get(("feed container", site, opened))
        if container is None:
            container = at.add(FeedContainer, **feed_container_values(at, site))
            at.memory["feed container", site, opened] = container
        known = at.memory["queue", site, feed.id, opened] = Queue(container, feed, opened)
    return known


def buy(at: Company, queue: Queue, decagrams: int) -> Any:
    """Buy a lot of feed for a queue; returns the stock."""
    values = purchase_values(at, queue.feed, queue.opened)
    whole_steps = -(-decagrams // ORDER_STEP) * ORDER_STEP
    quantity = min(max(whole_steps, _order(queue)), _room(queue))
    values["quantity_kg"] = Decimal(quantity) / DECAGRAMS_PER_KG
    purchase = at.add(FeedPurchase, **values)
    stock = at.add(
        FeedContainerStock,
        quantity_kg=purchase.quantity_kg,
        entry_date=datetime.combine(queue.opened, time(6), UTC),
        feed_container_id=queue.container.id,
        feed_purchase_id=purchase.id,
    )
    at.memory["lot", purchase.id] = stock
    queue.lots.append((purchase, stock))
    return stock


def _room(queue: Queue) -> int:
    """Decagrams that a feed container can hold."""
    return int(queue.container.capacity_kg * DECAGRAMS_PER_KG)


def _order(queue: Queue) -> int:
    """Decagrams that are usually ordered."""
    return max(int(_room(queue) * _LOT_SHARE) // ORDER_STEP * ORDER_STEP, ORDER_STEP)


def purchase_values(at: Company, feed: Any, day: date) -> dict[str, Any]:
    """A purchase of a feed that is delivered on a day."""
    ordered = day - timedelta(days=DELIVERY_DAYS)
    return {
        "purchase_date": ordered,
        "cost_per_kg": list_price(feed),
        "supplier": feed.brand or "Fjordfôr",
        "batch_number": f"LOT-{ordered:%y%m}-{at.number('feed lot'):04d}",
        "expiry_date": ordered + _EXPIRES_AFTER,
        "feed_id": feed.id,
    }


def draw(at: Company, queue: Queue, decagrams: int) -> int:
    """Take feed from a queue, ordering what is missing; returns its cost in cents."""
    cents, wanted = 0, decagrams
    while wanted:
        if not queue.lots or not queue.lots[-1][1].quantity_kg:
            buy(at, queue, wanted)
        purchase, stock = queue.lots[-1]
        taken = min(wanted, int(stock.quantity_kg * DECAGRAMS_PER_KG))
        cents += take(purchase, stock, taken)
        wanted -= taken
    return cents


def draw_from(at: Company, stock: Any, decagrams: int) -> int:
    """Take feed from a given lot; returns its cost in cents.

    Raises:
        FactoryError: when it holds less.
    """
    if stock.quantity_kg * DECAGRAMS_PER_KG < decagrams:
        raise FactoryError(
            f"stock {stock.id} holds {stock.quantity_kg} kg and the meal needs "
            f"{decagrams / DECAGRAMS_PER_KG:g}: give a fuller lot, or leave stock out and have "
            "feed bought"
        )
    return take(at.get(FeedPurchase, stock.feed_purchase_id), stock, decagrams)


def take(purchase: Any, stock: Any, decagrams: int) -> int:
    """Take feed from a lot; costs are differences of the lot's rounded cumulative cost."""
    drawn = int((purchase.quantity_kg - stock.quantity_kg) * DECAGRAMS_PER_KG)
    stock.quantity_kg -= Decimal(decagrams) / DECAGRAMS_PER_KG
    return _spent(purchase, drawn + decagrams) - _spent(purchase, drawn)


def _spent(purchase: Any, decagrams: int) -> int:
    """Cents that so much of a lot costs."""
    price = int(purchase.cost_per_kg * 100)
    return (decagrams * price + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG
