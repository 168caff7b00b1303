"""Hard checks of feed: bought feed is eaten or in stock, first in first out, at its price.

A queue is the stock of one feed in one feed container. Feeding events name the container of the
fish, not the silo or barge, so purchases and meals are compared by hall or area, and by feed.
"""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    BatchContainerAssignment,
    Container,
    FeedContainer,
    FeedContainerStock,
    FeedingEvent,
    FeedPurchase,
    LifeCycleStage,
)
from ..context import Query
from ..dates import day_number
from .query import differ, hard, none_is_0, rounded

_SUBJECT = "feed"
_KG = 0.01
"""Smallest step of a purchase and of a stock."""
_CENT = 0.01
_PERCENT = 1e-6
"""Smallest step of a feeding percentage."""
_SITE = ("hall_id", "area_id", "feed_id")


def mass_balance() -> Query:
    """Select sites and feeds whose purchases less stock differ from the meals."""
    books = _books()
    return sa.select(*(books.c[name] for name in _SITE), books.c.used_kg, books.c.fed_kg).where(
        differ(books.c.used_kg, books.c.fed_kg, rounded(_KG))
    )


def cost_balance() -> Query:
    """Select sites and feeds whose meals cost more or less than the feed that was used.

    Every queue rounds its cost once, to the cent.
    """
    books = _books()
    off = sa.func.abs(books.c.used_cost - books.c.fed_cost)
    return sa.select(
        *(books.c[name] for name in _SITE), books.c.used_cost, books.c.fed_cost, books.c.queues
    ).where(off > books.c.queues * rounded(_CENT) + 1e-4)


def _books() -> sa.Subquery:
    """Select the feed used from stock and the feed in meals, by site and feed."""
    entries = sa.union_all(_used(), _fed()).subquery("entries")
    site = tuple(entries.c[name] for name in _SITE)
    amounts = ("used_kg", "used_cost", "fed_kg", "fed_cost", "queues")
    return (
        sa.select(*site, *(sa.func.sum(entries.c[name]).label(name) for name in amounts))
        .group_by(*site)
        .subquery("books")
    )


def _used() -> Query:
    """Select the feed no longer in stock, its cost, and the number of its feed containers."""
    used = FeedPurchase.quantity_kg - FeedContainerStock.quantity_kg
    site_and_feed = (FeedContainer.hall_id, FeedContainer.area_id, FeedPurchase.feed_id)
    nothing: sa.ColumnElement[int] = sa.literal_column("0")
    return (
        sa.select(
            *site_and_feed,
            sa.func.sum(used).label("used_kg"),
            sa.func.sum(used * FeedPurchase.cost_per_kg).label("used_cost"),
            nothing.label("fed_kg"),
            nothing.label("fed_cost"),
            sa.func.count(sa.distinct(FeedContainerStock.feed_container_id)).label("queues"),
        )
        .select_from(FeedContainerStock)
        .join(FeedPurchase, FeedPurchase.id == FeedContainerStock.feed_purchase_id)
        .join(FeedContainer, FeedContainer.id == FeedContainerStock.feed_container_id)
        .group_by(*site_and_feed)
    )


def _fed() -> Query:
    """Select the feed given in each container, and its cost."""
    nothing: sa.ColumnElement[int] = sa.literal_column("0")
    meals = (
        sa.select(
            FeedingEvent.container_id,
            FeedingEvent.feed_id,
            sa.func.sum(FeedingEvent.amount_kg).label("kg"),
            sa.func.sum(FeedingEvent.feed_cost).label("cost"),
        )
        .group_by(FeedingEvent.container_id, FeedingEvent.feed_id)
        .subquery("meals")
    )
    return sa.select(
        Container.hall_id,
        Container.area_id,
        meals.c.feed_id,
        nothing.label("used_kg"),
        nothing.label("used_cost"),
        meals.c.kg.label("fed_kg"),
        meals.c.cost.label("fed_cost"),
        nothing.label("queues"),
    ).join_from(meals, Container, Container.id == meals.c.container_id)


def stock_within_purchase() -> Query:
    """Select purchases without exactly one lot, or with a remainder not from 0 to the purchase."""
    stock = (
        sa.select(
            FeedContainerStock.feed_purchase_id.label("purchase_id"),
            sa.func.count().label("lots"),
            sa.func.min(FeedContainerStock.quantity_kg).label("least_kg"),
            sa.func.sum(FeedContainerStock.quantity_kg).label("left_kg"),
        )
        .group_by(FeedContainerStock.feed_purchase_id)
        .subquery()
    )
    return (
        sa.select(
            FeedPurchase.id.label("purchase"),
            FeedPurchase.quantity_kg.label("bought_kg"),
            stock.c.lots,
            stock.c.least_kg,
            stock.c.left_kg,
        )
        .select_from(FeedPurchase)
        .outerjoin(stock, stock.c.purchase_id == FeedPurchase.id)
        .where(
            sa.or_(
                none_is_0(stock.c.lots) != 1,
                stock.c.least_kg < 0,
                stock.c.left_kg > FeedPurchase.quantity_kg + rounded(_KG),
            )
        )
    )


def oldest_first() -> Query:
    """Select lots that were used while an older lot of the same queue was not empty."""
    queue = (FeedContainerStock.feed_container_id, FeedPurchase.feed_id)
    age = (FeedContainerStock.entry_date, FeedPurchase.purchase_date, FeedContainerStock.id)
    lots = (
        sa.select(
            FeedContainerStock.id.label("lot"),
            *queue,
            FeedPurchase.quantity_kg.label("bought_kg"),
            FeedContainerStock.quantity_kg.label("left_kg"),
            sa.func.max(FeedContainerStock.quantity_kg)
            .over(partition_by=queue, order_by=age, rows=(None, -1))
            .label("left_in_older_kg"),
        )
        .join_from(FeedContainerStock, FeedPurchase)
        .subquery()
    )
    drawn = lots.c.left_kg < lots.c.bought_kg - rounded(_KG)
    return sa.select(lots).where(lots.c.left_in_older_kg > rounded(_KG), drawn)


def eaten_after_delivery() -> Query:
    """Select days by whose end a site had fed more of a feed than was delivered."""
    deliveries = (
        sa.select(
            FeedContainer.hall_id,
            FeedContainer.area_id,
            FeedPurchase.feed_id,
            day_number(FeedContainerStock.entry_date).label("day"),
            FeedPurchase.quantity_kg.label("kg"),
        )
        .select_from(FeedContainerStock)
        .join(FeedPurchase, FeedPurchase.id == FeedContainerStock.feed_purchase_id)
        .join(FeedContainer, FeedContainer.id == FeedContainerStock.feed_container_id)
    )
    meals = (
        sa.select(
            FeedingEvent.container_id,
            FeedingEvent.feed_id,
            FeedingEvent.feeding_date,
            sa.func.sum(FeedingEvent.amount_kg).label("kg"),
        )
        .group_by(FeedingEvent.container_id, FeedingEvent.feed_id, FeedingEvent.feeding_date)
        .subquery("meals")
    )
    eaten = sa.select(
        Container.hall_id,
        Container.area_id,
        meals.c.feed_id,
        day_number(meals.c.feeding_date).label("day"),
        (-meals.c.kg).label("kg"),
    ).join_from(meals, Container, Container.id == meals.c.container_id)
    movements = sa.union_all(deliveries, eaten).subquery("moves")
    site = tuple(movements.c[name] for name in _SITE)
    days = (
        sa.select(*site, movements.c.day, sa.func.sum(movements.c.kg).label("kg"))
        .group_by(*site, movements.c.day)
        .subquery("days")
    )
    balance = sa.func.sum(days.c.kg).over(
        partition_by=tuple(days.c[name] for name in _SITE), order_by=days.c.day
    )
    balances = sa.select(
        *(days.c[name] for name in _SITE), days.c.day, balance.label("kg_there")
    ).subquery()
    return sa.select(balances).where(balances.c.kg_there < -rounded(_KG))


def stock_fits() -> Query:
    """Select feed containers with more feed than their capacity."""
    stock = (
        sa.select(
            FeedContainerStock.feed_container_id.label("id"),
            sa.func.sum(FeedContainerStock.quantity_kg).label("kg"),
        )
        .group_by(FeedContainerStock.feed_container_id)
        .subquery()
    )
    return (
        sa.select(FeedContainer.name, FeedContainer.capacity_kg, stock.c.kg.label("held_kg"))
        .join_from(FeedContainer, stock, stock.c.id == FeedContainer.id)
        .where(stock.c.kg > FeedContainer.capacity_kg + rounded(_KG))
    )


def ordered_before_delivery() -> Query:
    """Select lots that entered a silo before their purchase."""
    entered = day_number(FeedContainerStock.entry_date)
    return (
        sa.select(
            FeedContainerStock.id.label("lot"),
            FeedPurchase.purchase_date,
            FeedContainerStock.entry_date,
        )
        .join_from(FeedContainerStock, FeedPurchase)
        .where(entered < day_number(FeedPurchase.purchase_date))
    )


def percentages() -> Query:
    """Select meals whose percentage is not amount over biomass."""
    share = 100.0 * FeedingEvent.amount_kg / FeedingEvent.batch_biomass_kg
    return sa.select(
        FeedingEvent.id.label("feeding_event"),
        FeedingEvent.amount_kg,
        FeedingEvent.batch_biomass_kg,
        FeedingEvent.feeding_percentage,
        share.label("expected"),
    ).where(differ(FeedingEvent.feeding_percentage, share, _PERCENT))


def yolk_feeders_unfed() -> Query:
    """Select meals given to eggs and alevins."""
    young = (
        sa.select(BatchContainerAssignment.id).join(LifeCycleStage).where(LifeCycleStage.order == 1)
    )
    return sa.select(
        FeedingEvent.id.label("feeding_event"),
        FeedingEvent.batch_assignment_id.label("assignment"),
        FeedingEvent.feeding_date,
    ).where(FeedingEvent.batch_assignment_id.in_(young))


CHECKS = (
    hard(
        _SUBJECT,
        "feed-mass-balance",
        "Feed bought for a hall or area is fed there or still in stock, to 10 g.",
        mass_balance,
    ),
    hard(
        _SUBJECT,
        "feed-cost-balance",
        "The meals of a hall or area cost as much as their feed did, to the cent.",
        cost_balance,
    ),
    hard(
        _SUBJECT,
        "feed-stock-within-purchase",
        "A purchase has one lot, whose stock is between 0 and the amount bought.",
        stock_within_purchase,
    ),
    hard(
        _SUBJECT,
        "feed-first-in-first-out",
        "Feed is taken from the oldest lot: a lot is used only when all older lots are empty.",
        oldest_first,
    ),
    hard(
        _SUBJECT,
        "feed-eaten-after-delivery",
        "No feed is eaten before its delivery.",
        eaten_after_delivery,
    ),
    hard(
        _SUBJECT,
        "feed-ordered-before-delivery",
        "A lot is bought before it enters a silo or barge.",
        ordered_before_delivery,
    ),
    hard(
        _SUBJECT,
        "feed-stock-fits",
        "A silo or barge holds no more than its capacity.",
        stock_fits,
    ),
    hard(
        _SUBJECT,
        "feeding-percentage",
        "The percentage of a meal is its amount over its biomass.",
        percentages,
    ),
    hard(
        _SUBJECT,
        "yolk-feeders-unfed",
        "Eggs and alevins, which live on their yolk, get no feed.",
        yolk_feeders_unfed,
    ),
)
