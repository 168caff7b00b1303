"""Feed purchases and stock from the feed ledger, written once for the whole farm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..columns import BatchTables, coded, integers, table
from ..days import instant
from ..feed import Lots
from ..feeding import FeedProduct
from ..ids import FirstIds
from .common import stamps

_SHELF_LIFE_DAYS = 365
_SUPPLIERS = ("Nordic Feed", "Atlantic Aqua Nutrition", "Havfodur")


def purchase_tables(lots: Lots, feeds: Sequence[FeedProduct], first_ids: FirstIds) -> BatchTables:
    """Return the rows of purchases and stock, one of each for every lot."""
    order = np.argsort(lots.ordered, kind="stable")
    count = len(lots)
    feed_ids = np.array([feed.id for feed in feeds])
    purchase_ids = first_ids["inventory_feedpurchase"] + np.arange(count)
    feed = lots.feed[order]
    ordered, delivered = lots.ordered[order], lots.delivered[order]
    purchases = table(
        count,
        id=integers(purchase_ids),
        purchase_date=integers(ordered),
        quantity_kg=integers(lots.amount[order]),
        cost_per_kg=integers(lots.price[order]),
        supplier=coded(feed % len(_SUPPLIERS), _SUPPLIERS),
        batch_number=coded(np.arange(count), [f"LOT-{key:06d}" for key in purchase_ids.tolist()]),
        expiry_date=integers(delivered + _SHELF_LIFE_DAYS),
        notes="",
        feed_id=integers(feed_ids[feed]),
        **stamps(instant(ordered, 9.0)),
    )
    stock = table(
        count,
        id=integers(first_ids["inventory_feedcontainerstock"] + np.arange(count)),
        quantity_kg=integers(lots.remaining[order]),
        entry_date=integers(instant(delivered, 5.0)),
        feed_container_id=integers(lots.feed_container[order]),
        feed_purchase_id=integers(purchase_ids),
        **stamps(instant(delivered, 5.0)),
    )
    return {"inventory_feedpurchase": purchases, "inventory_feedcontainerstock": stock}
