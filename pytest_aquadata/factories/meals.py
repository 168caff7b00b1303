"""Many meals at once, computed as columns: for `create_batch` and `bulk` of feeding events."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from factory import enums
from numpy.typing import NDArray

from ..lifecycle.columns import Columns, concatenate, constant, decimals, integers, table
from ..lifecycle.days import day_number, instant, time_of_day
from ..lifecycle.events.common import biomass
from ..lifecycle.feeding import DECAGRAMS_PER_KG, conversion_ratio, meals, pellet, ration
from ..schema import Batch, BatchContainerAssignment, Feed, FeedingEvent
from .arrivals import add_group
from .batch import DEFAULT_STAGE, BatchContainerAssignmentFactory
from .context import FactoryContext
from .feed_store import FeedQueue, buy, feed_queue_of, list_price
from .fish_groups import FishGroup, active_assignment, fed_group_of, user_named
from .model_info import table_of
from .plain_subclasses import is_plain_subclass
from .seeded_generators import is_users_declaration
from .sites import site_of
from .standard_farm import LAST_STAGE, stage_rule, standard_farm

if TYPE_CHECKING:
    from .base import AquadataFactory

_COLUMN_PARAMETERS = frozenset(
    {"assignment", "batch", "stage", "adult", "batch_assignment_id", "batch_id"}
)
"""Arguments with which meals can be computed as columns; any other pins single meals."""
_CENTS = 100


def create_meals(
    factory_class: type[AquadataFactory[Any]],
    context: FactoryContext,
    strategy: str,
    size: int,
    kwargs: dict[str, Any],
) -> list[Any] | None:
    """Return meals as model objects, or None if each needs a plan of its own.

    Args:
        factory_class: factory of the meals.
        context: context of the rows.
        strategy: factory_boy's strategy.
        size: number of meals.
        kwargs: arguments of the factory.
    """
    if strategy == enums.STUB_STRATEGY or not _fit_columns(factory_class, kwargs):
        return None
    shares = _shares_of_groups(context, size, kwargs)
    if shares is None:
        return None
    return context.writer.add_columns(FeedingEvent, _columns(context, shares))


def insert_meals(
    factory_class: type[AquadataFactory[Any]], size: int, kwargs: dict[str, Any]
) -> int:
    """Write meals without making objects where possible, and return their number.

    Args:
        factory_class: factory of the meals.
        size: number of meals.
        kwargs: arguments of the factory.
    """
    with factory_class._factory_call() as context:
        fit = _fit_columns(factory_class, kwargs)
        shares = _shares_of_groups(context, size, kwargs) if fit else None
        if shares is None:
            return len(factory_class.create_batch(size, **kwargs))
        context.writer.insert(FeedingEvent, _columns(context, shares))
    return size


def _fit_columns(factory_class: type[AquadataFactory[Any]], kwargs: dict[str, Any]) -> bool:
    """Return whether no column is pinned and the factory makes meals as the package's own does."""
    return (
        kwargs.keys() <= _COLUMN_PARAMETERS
        and not any(map(is_users_declaration, kwargs.values()))
        and factory_class._meta.model is FeedingEvent
        and not factory_class._meta.abstract
        and is_plain_subclass(factory_class)
    )


@dataclass(frozen=True)
class MealShare:
    """A number of meals of one fish group."""

    group: FishGroup
    size: int


def _columns(context: FactoryContext, shares: list[MealShare]) -> Columns:
    """Return meals as columns, with keys unless only the database knows them."""
    columns = concatenate([_meal_columns(context, share.group, share.size) for share in shares])
    keys = context.keys.take(table_of(FeedingEvent), len(columns))
    return columns if keys is None else columns.with_columns(id=integers(list(keys)))


def _shares_of_groups(
    context: FactoryContext, size: int, kwargs: dict[str, Any]
) -> list[MealShare] | None:
    """Return fish groups that have had enough meals by today, with the meals of each.

    None if the assignment that is asked for has had fewer.
    """
    assignment = _pinned_assignment(context, kwargs)
    if assignment is not None:
        group = fed_group_of(context, assignment)
        fits = group.is_ours and _meals_by_today(group) >= size
        return [MealShare(group, size)] if fits else None
    shares: list[MealShare] = []
    while size:
        if shares:
            group = add_group(context, shares[0].group.timeline)
        else:
            group = _first_group(context, kwargs, size)
        shares.append(MealShare(group, min(size, _meals_by_today(group))))
        size -= shares[-1].size
    return shares


def _meals_by_today(group: FishGroup) -> int:
    """Return the number of meals of a group by today that are not made yet."""
    per_day = len(group.stage.rule.meals)
    return max(((group.today - group.stage.arrives).days + 1) * per_day - group.meals, 0)


def _pinned_assignment(context: FactoryContext, kwargs: dict[str, Any]) -> Any:
    """Return the assignment that is asked for, itself or by its batch, or None."""
    if kwargs.get("assignment") is not None:
        return kwargs["assignment"]
    if kwargs.get("batch_assignment_id") is not None:
        return context.rows.get(BatchContainerAssignment, kwargs["batch_assignment_id"])
    batch = _pinned_batch(context, kwargs)
    return None if batch is None else active_assignment(context, batch, kwargs.get("stage"))


def _pinned_batch(context: FactoryContext, kwargs: dict[str, Any]) -> Any:
    if kwargs.get("batch_id") is not None:
        return context.rows.get(Batch, kwargs["batch_id"])
    return kwargs.get("batch")


def _first_group(context: FactoryContext, kwargs: dict[str, Any], size: int) -> FishGroup:
    """Return a new fish group of the batch that is asked for, or of a new one.

    A new batch is in the middle of its stage if that gives enough meals, else at the end, so that
    few containers are needed.
    """
    batch = _pinned_batch(context, kwargs)
    if batch is not None:
        return fed_group_of(context, BatchContainerAssignmentFactory(batch=batch))
    order = LAST_STAGE if kwargs.get("adult") else kwargs.get("stage") or DEFAULT_STAGE
    rule = stage_rule(order)
    needs_end = (rule.days // 2 + 1) * len(rule.meals) < size
    day = rule.days - 1 if needs_end else rule.days // 2
    return fed_group_of(context, BatchContainerAssignmentFactory(stage=order, day=day))


@dataclass(frozen=True)
class PlannedMeals:
    """Meals of one fish group, latest first; one value per meal.

    Attributes:
        day: day of the stage.
        number: number among the meals of the day.
        decagrams: amount in units of 10 g.
        biomass: biomass fed, in units of 10 g.
        feed: position in the farm's list of feeds.
    """

    day: NDArray[np.int64]
    number: NDArray[np.int64]
    decagrams: NDArray[np.int64]
    biomass: NDArray[np.int64]
    feed: NDArray[np.int64]


def _meal_columns(context: FactoryContext, group: FishGroup, size: int) -> Columns:
    """Return the next meals of a fish group as columns without keys, and draw their feed."""
    planned = _plan_meals(group, size)
    group.meals += size
    cents = np.zeros(size, np.int64)
    feed_ids = np.zeros(size, np.int64)
    for position in np.unique(planned.feed).tolist():
        of_feed = planned.feed == position
        feed = context.catalogue.row(Feed, position)
        feed_ids[of_feed] = feed.id
        queue = feed_queue_of(context, site_of(group.container), feed, group.stage.arrives)
        cents[of_feed] = _draw_meals(context, queue, planned.decagrams[of_feed])
    calendar = day_number(group.stage.arrives) + planned.day
    times = np.array([time_of_day(text) for text in group.stage.rule.meals])
    now = int(instant(day_number(context.today), 18.0))
    percentage = 100.0 * planned.decagrams / np.maximum(planned.biomass, 1)
    return table(
        size,
        feeding_date=integers(calendar),
        feeding_time=integers(times[planned.number]),
        amount_kg=integers(planned.decagrams * 100),
        batch_biomass_kg=integers(planned.biomass),
        feeding_percentage=decimals(percentage, 6),
        method=constant("AUTOMATIC", size),
        notes=constant("", size),
        created_at=now,
        updated_at=now,
        batch_id=group.batch.id,
        batch_assignment_id=group.assignment.id,
        container_id=group.container.id,
        feed_id=integers(feed_ids),
        recorded_by_id=user_named(context, "operator").id,
        feed_cost=integers(cents),
    )


def _plan_meals(group: FishGroup, size: int) -> PlannedMeals:
    rule, stage = group.stage.rule, group.stage
    per_day = len(rule.meals)
    last = (group.today - stage.arrives).days
    meal = group.meals + np.arange(size)
    number, day = meal % per_day, last - meal // per_day
    weight = stage.weight_g[: last + 2] * group.weight_share
    morning = weight[: last + 1]
    alive = _alive_by_day(group, last)
    calendar = day_number(stage.arrives) + np.arange(last + 1)
    ratio = conversion_ratio(morning, calendar, rule)
    daily = ration(alive, np.diff(weight), ratio, rule.waste_pct)
    portions = np.maximum(meals(daily, per_day), 1)
    stored_weight = np.rint(morning * 100).astype(np.int64)
    return PlannedMeals(
        day=day,
        number=number,
        decagrams=portions[day, number],
        biomass=np.maximum(biomass(alive, stored_weight)[day], 1),
        feed=pellet(morning, standard_farm().feeds)[day],
    )


def _alive_by_day(group: FishGroup, last: int) -> NDArray[np.int64]:
    """Return the number of fish alive on each morning of the stage, up to a last day."""
    dead = np.zeros(last + 2, np.int64)
    for when, fish in group.deaths.items():
        dead[min(max((when - group.stage.arrives).days + 1, 0), last + 1)] += fish
    return group.arrived - np.cumsum(dead)[: last + 1]


def _draw_meals(
    context: FactoryContext, queue: FeedQueue, decagrams: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Draw meals one after another, buying lots as needed, and return their costs in cents."""
    price = round(list_price(queue.feed) * _CENTS)
    in_stock, drawn = 0, 0
    if queue.lots:
        lot = queue.lots[-1]
        price = round(lot.purchase.cost_per_kg * _CENTS)
        in_stock = int(lot.stock.quantity_kg * DECAGRAMS_PER_KG)
        drawn = int(lot.purchase.quantity_kg * DECAGRAMS_PER_KG) - in_stock
    _draw_total(context, queue, int(decagrams.sum()), in_stock)
    cumulative = np.concatenate([[drawn], drawn + np.cumsum(decagrams)])
    return np.diff((cumulative * price + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG)


def _draw_total(context: FactoryContext, queue: FeedQueue, needed: int, in_stock: int) -> None:
    """Draw an amount of feed from a queue, buying lots as needed.

    Args:
        context: context of the rows.
        queue: queue of lots.
        needed: feed that is drawn, in units of 10 g.
        in_stock: feed in the last lot, in units of 10 g.
    """
    while needed:
        if not in_stock:
            in_stock = int(buy(context, queue, needed).quantity_kg * DECAGRAMS_PER_KG)
        drawn = min(in_stock, needed)
        in_stock, needed = in_stock - drawn, needed - drawn
        queue.lots[-1].stock.quantity_kg = Decimal(in_stock) / DECAGRAMS_PER_KG
