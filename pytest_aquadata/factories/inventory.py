"""Factories for feed: purchases, stock and meals."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from ..lifecycle.feed_outages import DELIVERY_DAYS
from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..schema import Feed, FeedContainerStock, FeedingEvent, FeedPurchase
from .base import AquadataFactory
from .batch import assignment_parent
from .column_values import decimal, parse_time
from .context import FactoryContext
from .declarations import ChildAttribute, FlagChoice, Parent, Pins
from .feed_store import (
    add_stock,
    draw,
    draw_from_stock,
    feed_for,
    feed_queue_of,
    purchase_values,
    stock_of,
)
from .fish_counts import fed_biomass_kg
from .fish_groups import FishGroup, fed_group_of, user_named
from .infrastructure import FeedContainerFactory
from .master import FeedFactory
from .meals import create_meals, insert_meals
from .sites import site_of
from .standard_farm import LAST_STAGE
from .value_checks import refusal

_MILLIONTH = Decimal("0.000001")
_PERCENT = 100
_PURCHASE_SHARE = 0.01
"""Share of a feed container that a purchase fills by default."""


def _next_feed(context: FactoryContext, pins: Pins) -> Feed:
    return context.catalogue.row(Feed, context.next_number("feed bought") - 1)


class FeedPurchaseFactory(AquadataFactory[FeedPurchase]):
    """A purchase of feed, with its stock in a feed container.

    Parameters:
        feed (Feed): feed; by default each call takes the next one, smallest pellets first.
        feed_container (FeedContainer): where it is stored; default a new silo.

    Example:
        >>> FeedPurchaseFactory(feed=FeedFactory(weight_g=3_500), quantity_kg=900).quantity_kg
        900
    """

    class Meta:
        model = FeedPurchase

    class Params:
        feed = Parent(FeedFactory, key="feed_id", lookup=_next_feed)
        feed_container = Parent(FeedContainerFactory)

    _shared_parents = ("feed", "feed_container")

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        container = pins["feed_container"]
        return {
            **purchase_values(context, pins["feed"], context.today),
            "quantity_kg": decimal(float(container.capacity_kg) * _PURCHASE_SHARE),
            "container": container,
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        delivered = row.purchase_date + timedelta(days=DELIVERY_DAYS)
        add_stock(context, row, plan["container"], delivered)


class FeedContainerStockFactory(AquadataFactory[FeedContainerStock]):
    """The stock of a purchase in a feed container.

    Parameters:
        feed_purchase (FeedPurchase): purchase; default a new one.
        feed_container (FeedContainer): where a new purchase is stored; default a new silo.

    Example:
        >>> stock = FeedContainerStockFactory(feed_purchase__quantity_kg=900)
        >>> stock.quantity_kg
        900
    """

    class Meta:
        model = FeedContainerStock

    class Params:
        feed_container = Parent(FeedContainerFactory, key="feed_container_id")
        feed_purchase = Parent(
            FeedPurchaseFactory,
            key="feed_purchase_id",
            feed_container=ChildAttribute("feed_container"),
        )

    _creates_rows: ClassVar[bool] = False
    _shared_parents = ("feed_container",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"purchase": pins["feed_purchase"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        return stock_of(context, plan["purchase"])


class FeedingEventFactory(AquadataFactory[FeedingEvent]):
    """A meal: its feed suits the fish, its amount is their ration, its cost is that of its stock.

    Each call gives the meal before the last one, from today back to the day of arrival. Pin
    `amount_kg`, and percentage, stock and cost follow; pin `feeding_date` for another day.

    Parameters:
        assignment (BatchContainerAssignment): fish that are fed; default one of `batch`, or new.
        batch (Batch): batch that is fed.
        stage (int): stage of a new assignment, 2 to 6.
        feed (Feed): feed; default the one that suits the fish.
        stock (FeedContainerStock): stock that the meal is drawn from; by default feed is bought
            when it runs out.

    Traits:
        adult: of stage 6.

    Example:
        >>> FeedingEventFactory(amount_kg=50).amount_kg
        50
    """

    class Meta:
        model = FeedingEvent

    class Params:
        adult = False
        stage = FlagChoice(None, adult=LAST_STAGE)
        batch = None
        stock = None
        assignment = assignment_parent(key="batch_assignment_id")
        feed = None

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fed_group_of(context, pins["assignment"])
        when, number = _next_meal(group, pins)
        weight = group.weight_g(when)
        biomass = pins.get("batch_biomass_kg", fed_biomass_kg(context, group, when))
        amount = pins.get("amount_kg")
        if amount is None:
            decagrams = group.stage.meal_decagrams(
                group.stage.day(when), number, group.alive(when), group.weight_share
            )
            amount = Decimal(decagrams) / DECAGRAMS_PER_KG
        else:
            decagrams = round(float(amount) * DECAGRAMS_PER_KG)
            amount = Decimal(str(amount))
            _require_less_than_fish(pins, amount, biomass)
        feed, cents = _feed_and_cost(context, pins, group, float(weight), decagrams)
        return {
            "feeding_date": when,
            "feeding_time": _meal_time(group, number),
            "amount_kg": amount,
            "batch_biomass_kg": biomass,
            "feeding_percentage": _share_of_biomass(amount, Decimal(biomass)),
            "method": "AUTOMATIC",
            "batch_id": group.batch.id,
            "batch_assignment_id": group.assignment.id,
            "container_id": group.container.id,
            "feed_id": feed.id,
            "recorded_by_id": user_named(context, "operator").id,
            "feed_cost": Decimal(cents) / 100,
        }

    @classmethod
    def _make_rows(
        cls, context: FactoryContext, strategy: str, size: int, kwargs: dict[str, Any]
    ) -> list[Any]:
        """Make meals as columns where possible, else one by one."""
        rows = create_meals(cls, context, strategy, size, kwargs)
        return super()._make_rows(context, strategy, size, kwargs) if rows is None else rows

    @classmethod
    def _insert_rows(cls, size: int, kwargs: dict[str, Any]) -> int:
        """Write many meals without making objects where possible, and return their number.

        They are meals of one batch, in as many containers as have had so many meals by today. If
        `kwargs` pins a column, objects are made after all.
        """
        return insert_meals(cls, size, kwargs)


def _require_less_than_fish(pins: Pins, amount_kg: Decimal, biomass_kg: Any) -> None:
    if amount_kg > biomass_kg:
        raise refusal(
            f"{pins.factory}: amount_kg",
            amount_kg,
            f"is more than the fish weigh: {biomass_kg} kg",
            "give a smaller amount, or more fish",
        )


def _next_meal(group: FishGroup, pins: Pins) -> tuple[date, int]:
    """Return the day of the next meal of a group, and its number among the meals of the day."""
    per_day = len(group.stage.rule.meals)
    when = pins.get("feeding_date")
    if when is None and not group.assignment.is_active:
        when = group.today
    meal = group.meals
    group.meals += 1
    if when is not None:
        return when, meal % per_day
    days = (group.today - group.stage.arrives).days + 1
    return group.today - timedelta(days=meal // per_day % days), meal % per_day


def _meal_time(group: FishGroup, number: int) -> time:
    return parse_time(group.stage.rule.meals[number])


def _share_of_biomass(amount: Decimal, biomass: Decimal) -> Decimal | None:
    """Return feed in percent of the biomass; None if it is more than the column holds."""
    share = (100 * amount / biomass).quantize(_MILLIONTH)
    return share if share < _PERCENT else None


def _feed_and_cost(
    context: FactoryContext, pins: Pins, group: FishGroup, weight_g: float, decagrams: int
) -> tuple[Any, int]:
    """Draw the feed of a meal from its stock, and return it with its cost in cents."""
    stock = pins["stock"]
    if stock is not None:
        purchase = context.rows.get(FeedPurchase, stock.feed_purchase_id)
        feed = context.rows.get(Feed, purchase.feed_id)
        return feed, draw_from_stock(context, stock, decagrams)
    feed, feed_id = pins["feed"], pins.get("feed_id")
    if feed is None:
        feed = feed_for(context, weight_g) if feed_id is None else context.rows.get(Feed, feed_id)
    queue = feed_queue_of(context, site_of(group.container), feed, group.stage.arrives)
    return feed, draw(context, queue, decagrams)
