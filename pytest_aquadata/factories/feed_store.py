"""Feed in silos and barges: bought in lots and drawn first in, first out.

Fish that arrived at a site on the same day eat each feed from one queue of lots. A lot is bought
when a meal needs more feed than is in stock, and enters on the day the fish arrived. The costs of
the meals drawn from a lot sum up to its price, to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..lifecycle.feed import ORDER_STEP
from ..lifecycle.feed_outages import DELIVERY_DAYS
from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..schema import Feed, FeedContainer, FeedContainerStock, FeedPurchase
from .column_values import at_time
from .context import FactoryContext
from .errors import FactoryError
from .sites import SiteKey, feed_container_values
from .standard_farm import standard_farm, suited_feed

_LOT_SHARE = 0.10
"""Share of a feed container that one order fills, so that all feeds of the farm have room."""
_EXPIRES_AFTER = timedelta(days=365)
_DEFAULT_PRICE = Decimal("2.00")
"""Price per kg of a feed that the standard farm does not buy."""
_DEFAULT_SUPPLIER = "Fjordfôr"


@dataclass(frozen=True)
class FeedLot:
    """A purchase of feed and the row of its stock."""

    purchase: Any
    stock: Any


@dataclass(eq=False, repr=False)
class FeedQueue:
    """Lots of one feed in one feed container; all but the last are empty.

    Attributes:
        container: row of the feed container.
        feed: row of the feed.
        opened: day on which the fish arrived that eat from it.
        lots: lots in order of purchase.
    """

    container: Any
    feed: Any
    opened: date
    lots: list[FeedLot] = field(default_factory=list)


@dataclass
class FeedStores:
    """Registry of feed containers, their queues and the stock of each purchase.

    Attributes:
        containers: feed containers by site and the day that their fish arrived.
        queues: queues by site, feed id and the day that their fish arrived.
        stocks: stock rows by purchase id.
    """

    containers: dict[tuple[SiteKey, date], FeedContainer] = field(default_factory=dict)
    queues: dict[tuple[SiteKey, int, date], FeedQueue] = field(default_factory=dict)
    stocks: dict[int, FeedContainerStock] = field(default_factory=dict)


def feed_for(context: FactoryContext, weight_g: float) -> Feed:
    """Return the row of the feed that suits fish of a mean weight in g."""
    return context.catalogue.row(Feed, suited_feed(weight_g))


def list_price(feed: Any) -> Decimal:
    """Return the price of a kilogram of a feed."""
    for product in standard_farm().feeds:
        if feed.pellet_size_mm is not None and float(feed.pellet_size_mm) == product.pellet_mm:
            return Decimal(str(product.price_per_kg)).quantize(Decimal("0.01"))
    return _DEFAULT_PRICE


def feed_queue_of(context: FactoryContext, site: SiteKey, feed: Any, opened: date) -> FeedQueue:
    """Return the queue from which fish that arrived at a site on a day eat a feed."""
    stores = context.registry(FeedStores)
    queue = stores.queues.get((site, feed.id, opened))
    if queue is None:
        container = stores.containers.get((site, opened))
        if container is None:
            container = context.add(FeedContainer, **feed_container_values(context, site))
            stores.containers[site, opened] = container
        queue = stores.queues[site, feed.id, opened] = FeedQueue(container, feed, opened)
    return queue


def buy(context: FactoryContext, queue: FeedQueue, decagrams: int) -> FeedContainerStock:
    """Buy a lot for a queue and return its stock: enough, up to a full feed container."""
    values = purchase_values(context, queue.feed, queue.opened)
    needed = -(-decagrams // ORDER_STEP) * ORDER_STEP
    quantity = min(max(needed, _order_size(queue)), _capacity(queue))
    values["quantity_kg"] = Decimal(quantity) / DECAGRAMS_PER_KG
    purchase = context.add(FeedPurchase, **values)
    stock = add_stock(context, purchase, queue.container, queue.opened)
    queue.lots.append(FeedLot(purchase, stock))
    return stock


def add_stock(
    context: FactoryContext, purchase: Any, feed_container: Any, entry_date: date
) -> FeedContainerStock:
    """Add the stock of a purchase: all of it, in a feed container from a day on."""
    stock = context.add(
        FeedContainerStock,
        quantity_kg=purchase.quantity_kg,
        entry_date=at_time(entry_date, 6),
        feed_container_id=feed_container.id,
        feed_purchase_id=purchase.id,
    )
    context.registry(FeedStores).stocks[purchase.id] = stock
    return stock


def stock_of(context: FactoryContext, purchase: Any) -> FeedContainerStock | None:
    """Return the stock of a purchase, or None if it has none."""
    stock = context.registry(FeedStores).stocks.get(purchase.id)
    return stock or context.rows.find(FeedContainerStock, feed_purchase_id=purchase.id)


def _capacity(queue: FeedQueue) -> int:
    """Return what a feed container holds, in units of 10 g."""
    return int(queue.container.capacity_kg * DECAGRAMS_PER_KG)


def _order_size(queue: FeedQueue) -> int:
    """Return the usual size of an order, in units of 10 g."""
    return max(int(_capacity(queue) * _LOT_SHARE) // ORDER_STEP * ORDER_STEP, ORDER_STEP)


def purchase_values(context: FactoryContext, feed: Any, delivered: date) -> dict[str, Any]:
    """Return the columns of a purchase that is delivered on a day, without its quantity."""
    ordered = delivered - timedelta(days=DELIVERY_DAYS)
    return {
        "purchase_date": ordered,
        "cost_per_kg": list_price(feed),
        "supplier": feed.brand or _DEFAULT_SUPPLIER,
        "batch_number": f"LOT-{ordered:%y%m}-{context.next_number('feed lot'):04d}",
        "expiry_date": ordered + _EXPIRES_AFTER,
        "feed_id": feed.id,
    }


def draw(context: FactoryContext, queue: FeedQueue, decagrams: int) -> int:
    """Draw feed from a queue, buying what is missing, and return its cost in cents."""
    cents, missing = 0, decagrams
    while missing:
        if not queue.lots or not queue.lots[-1].stock.quantity_kg:
            buy(context, queue, missing)
        lot = queue.lots[-1]
        drawn = min(missing, int(lot.stock.quantity_kg * DECAGRAMS_PER_KG))
        cents += _draw_from_lot(lot, drawn)
        missing -= drawn
    return cents


def draw_from_stock(context: FactoryContext, stock: Any, decagrams: int) -> int:
    """Draw feed from one lot and return its cost in cents.

    Raises:
        FactoryError: if the lot holds less.
    """
    if stock.quantity_kg * DECAGRAMS_PER_KG < decagrams:
        raise FactoryError(
            f"stock {stock.id} holds {stock.quantity_kg} kg and the meal needs "
            f"{decagrams / DECAGRAMS_PER_KG:g}: give a stock with more, or leave stock out to "
            "have feed bought"
        )
    purchase = context.rows.get(FeedPurchase, stock.feed_purchase_id)
    return _draw_from_lot(FeedLot(purchase, stock), decagrams)


def _draw_from_lot(lot: FeedLot, decagrams: int) -> int:
    """Draw feed from a lot; costs are differences of its rounded cumulative cost."""
    drawn = int((lot.purchase.quantity_kg - lot.stock.quantity_kg) * DECAGRAMS_PER_KG)
    lot.stock.quantity_kg -= Decimal(decagrams) / DECAGRAMS_PER_KG
    return _cost_cents(lot.purchase, drawn + decagrams) - _cost_cents(lot.purchase, drawn)


def _cost_cents(purchase: Any, decagrams: int) -> int:
    cents_per_kg = int(purchase.cost_per_kg * 100)
    return (decagrams * cents_per_kg + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG
