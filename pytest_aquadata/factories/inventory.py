"""Factories for feed: purchases, stock, meals and summaries."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..schema import (
    BatchFeedingSummary,
    ContainerFeedingSummary,
    Feed,
    FeedContainerStock,
    FeedingEvent,
    FeedPurchase,
)
from .base import AquadataFactory, Chosen, Parent, PinnedValues, Same
from .batch import BatchFactory, fish_in_a_container
from .company import Company
from .feed_store import Queue, draw, draw_from, feed_for, purchase_values, queue_of
from .history import usual_fish
from .infrastructure import FeedContainerFactory
from .master import FeedFactory
from .meals import bulk_meals, plain_meals
from .places import decimal, site_of
from .stays import Stay, fed_mass, fed_stay, mass_kg, person, stay_of, timeline_of
from .times import at_time, clock

_MILLIONTH = Decimal("0.000001")


def _feed_of_the_smallest(at: Company, pins: PinnedValues) -> Any:
    return at.entry(Feed, at.number("feed bought") - 1)


class FeedPurchaseFactory(AquadataFactory[FeedPurchase]):
    """A delivery of feed, whole in a feed container.

    Parameters: `feed`, `feed_container`.
    """

    class Meta:
        model = FeedPurchase

    class Params:
        feed = Parent(FeedFactory, key="feed_id", found=_feed_of_the_smallest)
        feed_container = Parent(FeedContainerFactory)

    _shares = ("feed", "feed_container")

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        container = pins["feed_container"]
        return {
            **purchase_values(at, pins["feed"], at.today),
            "quantity_kg": decimal(float(container.capacity_kg) * 0.01),
            "container": container,
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        at.memory["lot", row.id] = at.add(
            FeedContainerStock,
            quantity_kg=row.quantity_kg,
            entry_date=at_time(row.purchase_date + timedelta(days=3), 6),
            feed_container_id=plan["container"].id,
            feed_purchase_id=row.id,
        )


class FeedContainerStockFactory(AquadataFactory[FeedContainerStock]):
    """What is left of a delivery: the stock of a new one, or of a given `feed_purchase`."""

    class Meta:
        model = FeedContainerStock

    class Params:
        feed_container = Parent(FeedContainerFactory, key="feed_container_id")
        feed_purchase = Parent(
            FeedPurchaseFactory,
            key="feed_purchase_id",
            feed_container=Same("feed_container"),
        )

    _adds_rows: ClassVar[bool] = False
    _shares = ("feed_container",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"lot": pins["feed_purchase"], "left": pins.get("quantity_kg")}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        purchase = plan["lot"]
        known = at.memory.get(("lot", purchase.id))
        return known or at.find(FeedContainerStock, feed_purchase_id=purchase.id)


class FeedingEventFactory(AquadataFactory[FeedingEvent]):
    """A meal: its feed suits the fish, its amount their appetite, and its stock pays for it.

    Parameters: `assignment`, or `batch` or `container` to find it by; `stage`; `feed`; `stock`,
    a lot to draw from rather than have feed bought. `amount_kg` may be pinned.
    """

    class Meta:
        model = FeedingEvent

    class Params:
        adult = False
        stage = Chosen(None, adult=6)
        batch = None
        stock = None
        assignment = fish_in_a_container(key="batch_assignment_id")
        feed = None

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = fed_stay(at, pins["assignment"])
        when, number = _mealtime(stay, pins)
        weight = stay.weight_g(when)
        mass = pins.get("batch_biomass_kg", fed_mass(at, stay, when))
        amount = pins.get("amount_kg")
        if amount is None:
            ten_grams = stay.stage.meal_decagrams(
                stay.stage.day(when), number, stay.alive(when), stay.weight_share
            )
        else:
            ten_grams = round(float(amount) * DECAGRAMS_PER_KG)
        amount = Decimal(ten_grams) / DECAGRAMS_PER_KG if amount is None else Decimal(str(amount))
        feed, cents = _paid(at, pins, stay, float(weight), ten_grams)
        return {
            "feeding_date": when,
            "feeding_time": at_clock(stay, number),
            "amount_kg": amount,
            "batch_biomass_kg": mass,
            "feeding_percentage": (100 * amount / Decimal(mass)).quantize(_MILLIONTH),
            "method": "AUTOMATIC",
            "batch_id": stay.batch.id,
            "batch_assignment_id": stay.assignment.id,
            "container_id": stay.container.id,
            "feed_id": feed.id,
            "recorded_by_id": person(at, "operator").id,
            "feed_cost": Decimal(cents) / 100,
        }

    @classmethod
    def _rows(cls, company: Company, strategy: str, size: int, kwargs: dict[str, Any]) -> list[Any]:
        """Meals by columns, where nothing is pinned that would make one unlike the next."""
        rows = plain_meals(cls, company, strategy, size, kwargs)
        return super()._rows(company, strategy, size, kwargs) if rows is None else rows

    @classmethod
    def bulk(cls, size: int, **kwargs: Any) -> int:
        """Write so many meals without making objects; returns how many were written.

        They are given to as many groups of fish as have so many meals by today, all of one batch.

        Args:
            size: how many.
            kwargs: `stage`, `batch`, `assignment` or `geography`.
        """
        return bulk_meals(cls, size, kwargs)


def _mealtime(stay: Stay, pins: PinnedValues) -> tuple[date, int]:
    """The next meal of an assignment: today's, then yesterday's and so on, back to arrival."""
    times = len(stay.stage.rule.meals)
    when = pins.get("feeding_date")
    if when is None and not stay.assignment.is_active:
        when = stay.today
    turn = stay.meals
    stay.meals += 1
    if when is not None:
        return when, turn % times
    days = (stay.today - stay.stage.arrives).days + 1
    return stay.today - timedelta(days=turn // times % days), turn % times


def at_clock(stay: Stay, number: int) -> Any:
    """When a meal is given."""
    return clock(stay.stage.rule.meals[number])


def _paid(
    at: Company, pins: PinnedValues, stay: Stay, weight_g: float, ten_grams: int
) -> tuple[Any, int]:
    """The feed of a meal and what it costs in cents."""
    stock = pins["stock"]
    if stock is not None:
        purchase = at.get(FeedPurchase, stock.feed_purchase_id)
        return at.get(Feed, purchase.feed_id), draw_from(at, stock, ten_grams)
    feed = pins["feed"]
    if feed is None:
        feed_id = pins.get("feed_id")
        feed = feed_for(at, weight_g) if feed_id is None else at.get(Feed, feed_id)
    return feed, draw(at, meal_queue(at, stay, feed), ten_grams)


def meal_queue(at: Company, stay: Stay, feed: Any) -> Queue:
    """The queue that fish eat a feed from."""
    return queue_of(at, site_of(stay.container), feed, stay.stage.arrives)


class BatchFeedingSummaryFactory(AquadataFactory[BatchFeedingSummary]):
    """Feed, growth and feed conversion of a batch over a period, by its expected life.

    It sums no rows of containers: `container_count` is 0.
    """

    class Meta:
        model = BatchFeedingSummary

    class Params:
        stage = None
        batch = Parent(BatchFactory, key="batch_id", stage=Same("stage"))

    _shares = ("batch",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        track = timeline_of(at, pins["batch"])
        fish = sum(stay.arrived for stay in track.stays) or usual_fish(track.order)
        number = at.number(f"feeding summary {track.batch.id}") - 1
        first, last = _week(track.stage.arrives, track.today, number, pins)
        told = _summary(track.stage, fish, first, last)
        return {
            "period_start": first,
            "period_end": last,
            "total_feed_kg": told["fed"],
            "total_feed_consumed_kg": told["fed"],
            "total_starting_biomass_kg": told["from"],
            "total_ending_biomass_kg": told["to"],
            "total_growth_kg": told["grown"],
            "total_biomass_gain_kg": told["grown"],
            "average_biomass_kg": ((told["from"] + told["to"]) / 2).quantize(Decimal("0.01")),
            "average_feeding_percentage": told["percent"],
            "fcr": told["fcr"],
            "weighted_avg_fcr": told["fcr"],
            "estimation_method": "INTERPOLATED",
            "batch_id": track.batch.id,
        }


class ContainerFeedingSummaryFactory(AquadataFactory[ContainerFeedingSummary]):
    """Feed, growth and feed conversion of an assignment over a period, by its expected life.

    It sums no feeding events: `data_points` is 0.
    """

    class Meta:
        model = ContainerFeedingSummary

    class Params:
        stage = None
        batch = None
        container_assignment = fish_in_a_container(key="container_assignment_id")

    _shares = ("container_assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["container_assignment"])
        number = at.number(f"container feeding summary {stay.assignment.id}") - 1
        first, last = _week(stay.stage.arrives, stay.today, number, pins)
        told = _summary(stay.stage, stay.alive(first), first, last)
        return {
            "period_start": first,
            "period_end": last,
            "total_feed_kg": told["fed"],
            "starting_biomass_kg": told["from"],
            "ending_biomass_kg": told["to"],
            "growth_kg": told["grown"],
            "fcr": told["fcr"],
            "estimation_method": "INTERPOLATED",
            "batch_id": stay.batch.id,
            "container_assignment_id": stay.assignment.id,
        }


def _week(arrives: date, today: date, number: int, pins: PinnedValues) -> tuple[date, date]:
    """The last week, or as many weeks before, as the stage has; later ones in shorter periods."""
    last = pins.get("period_end", max(today - timedelta(days=7 * number), arrives))
    first = pins.get("period_start", max(last - timedelta(days=6), arrives))
    return first, last


def _summary(stage: Any, fish: int, first: date, last: date) -> dict[str, Decimal]:
    days = range(stage.day(first), stage.day(last) + 1)
    fed = sum(stage.decagrams(day, fish) for day in days) if stage.rule.is_fed else 0
    begin, end = (
        mass_kg(fish, decimal(float(stage.weight_g[day]))) for day in (days[0], days[-1] + 1)
    )
    grown, fed_kg = end - begin, Decimal(fed) / DECAGRAMS_PER_KG
    ratio = fed_kg / grown if grown > 0 else Decimal(0)
    mean_mass = (begin + end) / 2
    return {
        "fed": fed_kg,
        "from": begin,
        "to": end,
        "grown": grown,
        "fcr": ratio.quantize(Decimal("0.001")),
        "percent": (100 * fed_kg / len(days) / mean_mass).quantize(Decimal("0.01")),
    }
