"""Factories for feed: purchases, stock, meals and summaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from ..lifecycle.feed_outages import DELIVERY_DAYS
from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..schema import (
    BatchFeedingSummary,
    ContainerFeedingSummary,
    Feed,
    FeedContainerStock,
    FeedingEvent,
    FeedPurchase,
)
from .arrivals import expected_fish
from .base import AquadataFactory
from .batch import BatchFactory, assignment_parent
from .column_values import biomass_kg, decimal, parse_time
from .context import FactoryContext
from .declarations import ChildAttribute, FlagChoice, Parent, Pins
from .expected_life import ExpectedStage
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
from .fish_groups import FishGroup, fed_group_of, fish_group_of, timeline_of, user_named
from .infrastructure import FeedContainerFactory
from .master import FeedFactory
from .meals import create_meals, insert_meals
from .sites import site_of
from .standard_farm import LAST_STAGE

_HUNDREDTH, _THOUSANDTH, _MILLIONTH = Decimal("0.01"), Decimal("0.001"), Decimal("0.000001")
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
        feed, cents = _feed_and_cost(context, pins, group, float(weight), decagrams)
        return {
            "feeding_date": when,
            "feeding_time": _meal_time(group, number),
            "amount_kg": amount,
            "batch_biomass_kg": biomass,
            "feeding_percentage": (100 * amount / Decimal(biomass)).quantize(_MILLIONTH),
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
    def bulk(cls, size: int, **kwargs: Any) -> int:
        """Write many meals without making objects, and return their number.

        They are meals of one batch, in as many containers as have had so many meals by today. If
        `kwargs` pins a column, objects are made after all.

        Args:
            size: number of meals.
            kwargs: `stage`, `batch`, `assignment` or `adult`.
        """
        return insert_meals(cls, size, kwargs)


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


class BatchFeedingSummaryFactory(AquadataFactory[BatchFeedingSummary]):
    """Expected feed, growth and feed conversion of a batch in a week.

    It sums no rows of containers, so `container_count` is 0.

    Each call goes back by one week, from today. Pin `period_start` or `period_end` for another
    period.

    Parameters:
        batch (Batch): batch; default a new one.
        stage (int): stage of a new batch, 1 to 6.

    Example:
        >>> BatchFeedingSummaryFactory(stage=4).fcr > 0
        True
    """

    class Meta:
        model = BatchFeedingSummary

    class Params:
        stage = None
        batch = Parent(BatchFactory, key="batch_id", stage=ChildAttribute("stage"))

    _shared_parents = ("batch",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        timeline = timeline_of(context, pins["batch"])
        fish = sum(group.arrived for group in timeline.groups) or expected_fish(timeline.order)
        number = context.next_number(f"feeding summary {timeline.batch.id}") - 1
        first, last = _period(timeline.stage.arrives, timeline.today, number, pins)
        totals = _feeding_totals(timeline.stage, fish, first, last)
        return {
            "period_start": first,
            "period_end": last,
            "total_feed_kg": totals.fed_kg,
            "total_feed_consumed_kg": totals.fed_kg,
            "total_starting_biomass_kg": totals.starting_kg,
            "total_ending_biomass_kg": totals.ending_kg,
            "total_growth_kg": totals.growth_kg,
            "total_biomass_gain_kg": totals.growth_kg,
            "average_biomass_kg": totals.mean_kg.quantize(_HUNDREDTH),
            "average_feeding_percentage": totals.daily_percentage,
            "fcr": totals.fcr,
            "weighted_avg_fcr": totals.fcr,
            "estimation_method": "INTERPOLATED",
            "batch_id": timeline.batch.id,
        }


class ContainerFeedingSummaryFactory(AquadataFactory[ContainerFeedingSummary]):
    """Expected feed, growth and feed conversion of an assignment in a week.

    It sums no feeding events, so `data_points` is 0.

    Each call goes back by one week, from today. Pin `period_start` or `period_end` for another
    period.

    Parameters:
        container_assignment (BatchContainerAssignment): assignment; default one of `batch`, or
            new.
        batch (Batch): batch of the fish.
        stage (int): stage of a new assignment, 1 to 6.

    Example:
        >>> ContainerFeedingSummaryFactory(stage=4).fcr > 0
        True
    """

    class Meta:
        model = ContainerFeedingSummary

    class Params:
        stage = None
        batch = None
        container_assignment = assignment_parent(key="container_assignment_id")

    _shared_parents = ("container_assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["container_assignment"])
        subject = f"container feeding summary {group.assignment.id}"
        number = context.next_number(subject) - 1
        first, last = _period(group.stage.arrives, group.today, number, pins)
        totals = _feeding_totals(group.stage, group.alive(first), first, last)
        return {
            "period_start": first,
            "period_end": last,
            "total_feed_kg": totals.fed_kg,
            "starting_biomass_kg": totals.starting_kg,
            "ending_biomass_kg": totals.ending_kg,
            "growth_kg": totals.growth_kg,
            "fcr": totals.fcr,
            "estimation_method": "INTERPOLATED",
            "batch_id": group.batch.id,
            "container_assignment_id": group.assignment.id,
        }


def _period(arrives: date, today: date, weeks_back: int, pins: Pins) -> tuple[date, date]:
    """Return the first and last day of a week before today, clipped to the stage."""
    last = pins.get("period_end", max(today - timedelta(days=7 * weeks_back), arrives))
    first = pins.get("period_start", max(last - timedelta(days=6), arrives))
    return first, last


@dataclass(frozen=True)
class FeedingTotals:
    """Feed and growth over a period.

    Attributes:
        fed_kg: feed, in kg.
        starting_kg: biomass on the first morning, in kg.
        ending_kg: biomass after the last day, in kg.
        days: number of days.
    """

    fed_kg: Decimal
    starting_kg: Decimal
    ending_kg: Decimal
    days: int

    @property
    def growth_kg(self) -> Decimal:
        """Growth in kg."""
        return self.ending_kg - self.starting_kg

    @property
    def mean_kg(self) -> Decimal:
        """Mean of the biomass at the start and at the end, in kg."""
        return (self.starting_kg + self.ending_kg) / 2

    @property
    def fcr(self) -> Decimal:
        """Feed conversion ratio; 0 without growth."""
        ratio = self.fed_kg / self.growth_kg if self.growth_kg > 0 else Decimal(0)
        return ratio.quantize(_THOUSANDTH)

    @property
    def daily_percentage(self) -> Decimal:
        """Feed per day in percent of the mean biomass."""
        return (100 * self.fed_kg / self.days / self.mean_kg).quantize(_HUNDREDTH)


def _feeding_totals(stage: ExpectedStage, fish: int, first: date, last: date) -> FeedingTotals:
    days = range(stage.day(first), stage.day(last) + 1)
    fed = sum(stage.decagrams(day, fish) for day in days) if stage.rule.is_fed else 0
    starting, ending = (
        biomass_kg(fish, decimal(float(stage.weight_g[day]))) for day in (days[0], days[-1] + 1)
    )
    return FeedingTotals(Decimal(fed) / DECAGRAMS_PER_KG, starting, ending, len(days))
