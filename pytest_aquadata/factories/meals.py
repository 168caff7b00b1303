"""Many meals at once, as columns: what `create_batch` and `bulk` of feeding events are made of."""

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
from .base import Planned
from .batch import USUAL_ORDER, BatchContainerAssignmentFactory
from .bulk import write
from .company import Company
from .expected_life import standard_farm
from .feed_store import Queue, buy, list_price, queue_of
from .history import more_fish
from .places import site_of, stage_rule
from .stays import Stay, current_stay, fed_stay, person

_PLAIN = frozenset({"assignment", "batch", "stage", "adult", "batch_assignment_id", "batch_id"})
_CENTS = 100


if TYPE_CHECKING:
    from .base import AquadataFactory


@dataclass(frozen=True)
class _Meals:
    """Meals of one assignment, latest first.

    Attributes:
        day: days of the stage.
        number: positions among the meals of a day.
        decagrams: what they hold.
        mass: biomass fed, in kg at scale 2.
        feed: positions in the farm's list of feeds.
    """

    day: NDArray[np.int64]
    number: NDArray[np.int64]
    decagrams: NDArray[np.int64]
    mass: NDArray[np.int64]
    feed: NDArray[np.int64]


def room_for(stay: Stay) -> int:
    """Meals that fish have had by today and that are not in the book yet."""
    times = len(stay.stage.rule.meals)
    return max(((stay.today - stay.stage.arrives).days + 1) * times - stay.meals, 0)


def meals_of(at: Company, stay: Stay, size: int) -> Columns:
    """So many more meals of an assignment, paid for, as columns without keys."""
    given = _given(stay, size)
    stay.meals += size
    cents = np.zeros(size, np.int64)
    keys = np.zeros(size, np.int64)
    for position in np.unique(given.feed).tolist():
        mine = given.feed == position
        feed = at.entry(Feed, position)
        keys[mine] = feed.id
        queue = queue_of(at, site_of(stay.container), feed, stay.stage.arrives)
        cents[mine] = _drawn(at, queue, given.decagrams[mine])
    calendar = day_number(stay.stage.arrives) + given.day
    clocks = np.array([time_of_day(text) for text in stay.stage.rule.meals])
    now = int(instant(day_number(at.today), 18.0))
    return table(
        size,
        feeding_date=integers(calendar),
        feeding_time=integers(clocks[given.number]),
        amount_kg=integers(given.decagrams * 100),
        batch_biomass_kg=integers(given.mass),
        feeding_percentage=decimals(100.0 * given.decagrams / np.maximum(given.mass, 1), 6),
        method=constant("AUTOMATIC", size),
        notes=constant("", size),
        created_at=now,
        updated_at=now,
        batch_id=stay.batch.id,
        batch_assignment_id=stay.assignment.id,
        container_id=stay.container.id,
        feed_id=integers(keys),
        recorded_by_id=person(at, "operator").id,
        feed_cost=integers(cents),
    )


def _given(stay: Stay, size: int) -> _Meals:
    rule, stage = stay.stage.rule, stay.stage
    times = len(rule.meals)
    turn = stay.meals + np.arange(size)
    last = (stay.today - stage.arrives).days
    number, day = turn % times, last - turn // times
    days = np.arange(last + 1)
    usual = stage.weight_g * stay.weight_share
    dead = np.zeros(last + 2, np.int64)
    for when, fish in stay.deaths.items():
        dead[min(max((when - stage.arrives).days + 1, 0), last + 1)] += fish
    alive = stay.arrived - np.cumsum(dead)[: last + 1]
    calendar = day_number(stage.arrives) + days
    weight = usual[: last + 1]
    ratio = conversion_ratio(weight, calendar, rule)
    daily = ration(alive, np.diff(usual[: last + 2]), ratio, rule.waste_pct)
    portions = np.maximum(meals(daily, times), 1)
    stored = np.rint(weight * 100).astype(np.int64)
    feed = pellet(weight, standard_farm().feeds)
    return _Meals(
        day, number, portions[day, number], np.maximum(biomass(alive, stored)[day], 1), feed[day]
    )


def _drawn(at: Company, queue: Queue, decagrams: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cents that meals cost which are drawn one after another, from lots bought as needed."""
    price = round(list_price(queue.feed) * _CENTS)
    left, opened = 0, 0
    if queue.lots:
        purchase, stock = queue.lots[-1]
        price = round(purchase.cost_per_kg * _CENTS)
        left = int(stock.quantity_kg * DECAGRAMS_PER_KG)
        opened = int(purchase.quantity_kg * DECAGRAMS_PER_KG) - left
    ends = opened + np.cumsum(decagrams)
    _stock_up(at, queue, int(decagrams.sum()), left)
    spent = (np.concatenate([[opened], ends]) * price + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG
    return np.diff(spent)


def _stock_up(at: Company, queue: Queue, wanted: int, left: int) -> None:
    """Take feed from a queue, buying what is missing."""
    while wanted:
        if not left:
            left = int(buy(at, queue, wanted).quantity_kg * DECAGRAMS_PER_KG)
        taken = min(left, wanted)
        _, stock = queue.lots[-1]
        left, wanted = left - taken, wanted - taken
        stock.quantity_kg = Decimal(left) / DECAGRAMS_PER_KG


def plain_meals(
    maker: type[AquadataFactory[Any]],
    at: Company,
    strategy: str,
    size: int,
    asked: dict[str, Any],
) -> list[Any] | None:
    """So many meals as models, made by columns; None where each needs a plan of its own."""
    if strategy == enums.STUB_STRATEGY or not _are_alike(maker, asked):
        return None
    groups = _fish_for(at, size, asked)
    if groups is None:
        return None
    columns = _with_keys(at, concatenate([meals_of(at, stay, some) for stay, some in groups]))
    return at.keep_columns(FeedingEvent, columns)


def bulk_meals(maker: type[AquadataFactory[Any]], size: int, asked: dict[str, Any]) -> int:
    """Write so many meals by columns; returns how many were written."""
    if size <= 0:
        return 0
    with maker._working() as at:
        groups = _fish_for(at, size, asked) if _are_alike(maker, asked) else None
        if groups is None:
            return len(maker.create_batch(size, **asked))
        columns = concatenate([meals_of(at, stay, some) for stay, some in groups])
        at.flush()
        write(at.session, FeedingEvent, _with_keys(at, columns))
    return size


def _are_alike(maker: type[AquadataFactory[Any]], asked: dict[str, Any]) -> bool:
    """Whether nothing is pinned that would make one meal unlike the next."""
    declared = maker._meta.pre_declarations
    columns = FeedingEvent.__table__.columns.keys()
    return (
        asked.keys() <= _PLAIN
        and not list(maker._meta.post_declarations)
        and maker._meta.model is FeedingEvent
        and all(isinstance(declared[name].declaration, Planned) for name in columns)
    )


def _with_keys(at: Company, columns: Columns) -> Columns:
    keys = at.take_keys(FeedingEvent, len(columns))
    return columns if keys is None else columns.with_columns(id=integers(keys))


def _fish_for(at: Company, size: int, asked: dict[str, Any]) -> list[tuple[Stay, int]] | None:
    """Fish that have had so many meals by today, and how many of them each group is given.

    None where the fish that are asked for have had fewer.
    """
    assignment = _given_fish(at, asked)
    if assignment is not None:
        stay = fed_stay(at, assignment)
        return [(stay, size)] if stay.is_ours and room_for(stay) >= size else None
    groups: list[tuple[Stay, int]] = []
    while size:
        stay = more_fish(at, groups[0][0].track) if groups else _first_fish(at, asked, size)
        some = min(size, room_for(stay))
        groups.append((stay, some))
        size -= some
    return groups


def _given_fish(at: Company, asked: dict[str, Any]) -> Any:
    """The assignment that is given or found by its batch."""
    if asked.get("assignment") is not None:
        return asked["assignment"]
    if asked.get("batch_assignment_id") is not None:
        return at.get(BatchContainerAssignment, asked["batch_assignment_id"])
    batch = _given_batch(at, asked)
    return None if batch is None else current_stay(at, batch, asked.get("stage"))


def _given_batch(at: Company, asked: dict[str, Any]) -> Any:
    if asked.get("batch_id") is not None:
        return at.get(Batch, asked["batch_id"])
    return asked.get("batch")


def _first_fish(at: Company, asked: dict[str, Any], size: int) -> Stay:
    """The fish of a given batch, or of a new one.

    The new batch is at the middle of its stage if it has had enough meals by then, else at the
    end, so that no more containers are filled than there must be.
    """
    batch = _given_batch(at, asked)
    if batch is not None:
        return fed_stay(at, BatchContainerAssignmentFactory(batch=batch))
    order = 6 if asked.get("adult") else asked.get("stage") or USUAL_ORDER
    rule = stage_rule(order)
    is_short = (rule.days // 2 + 1) * len(rule.meals) < size
    day = rule.days - 1 if is_short else rule.days // 2
    return fed_stay(at, BatchContainerAssignmentFactory(stage=order, day=day))
