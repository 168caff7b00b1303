"""The feed ledger: feed is conserved, first in first out, exact to the gram and cent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.feed import (
    DELIVERY_DAYS,
    LOOK_AHEAD_DAYS,
    REORDER_SHARE,
    FeedShortageError,
    Ledger,
    keep_ledger,
    meal_costs,
)
from pytest_aquadata.lifecycle.feeding import DECAGRAMS_PER_KG, FeedDemand, FeedProduct
from pytest_aquadata.lifecycle.places import FeedStore

TODAY = day_number(date(2025, 11, 21))
CAPACITY_KG = 40_000.0
FEEDS = (
    FeedProduct(1, 2.0, 0, 2.35),
    FeedProduct(2, 4.0, 100, 1.95),
    FeedProduct(3, 9.0, 2000, 1.68),
)
SILOS = tuple(FeedStore(key, f"Silo-{key}", CAPACITY_KG) for key in (3, 7, 11))
Queue = tuple[int, int]


def demand_from(rows: dict[tuple[int, int, int], int]) -> FeedDemand:
    """Return demand from amounts by feed container, feed and day."""
    keys = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
    amounts = np.array([rows[key] for key in sorted(rows)], dtype=np.int64)
    return FeedDemand(keys[:, 0], keys[:, 1], keys[:, 2], amounts)


def steady(silo: int, feed: int, first_day: int, days: int, kg: int) -> FeedDemand:
    """Return demand of the same amount every day."""
    amount = kg * DECAGRAMS_PER_KG
    return demand_from({(silo, feed, first_day + day): amount for day in range(days)})


@st.composite
def meals_of_a_batch(draw: st.DrawFn) -> FeedDemand:
    """Draw the demand of a batch from one or two silos, until the last day of orders at most."""
    silos = draw(st.lists(st.sampled_from([3, 7, 11]), min_size=1, max_size=2, unique=True))
    first = draw(st.integers(TODAY - 120, TODAY))
    last = draw(st.integers(first, min(first + 100, TODAY + LOOK_AHEAD_DAYS)))
    changes = draw(st.integers(1, 60))
    largest = draw(st.integers(1, 60_000))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows = {}
    for silo in silos:
        for day in range(first, last + 1):
            if rng.random() < 0.9:
                feed = min((day - first) // changes, len(FEEDS) - 1)
                rows[silo, feed, day] = int(rng.integers(1, largest + 1))
    return demand_from(rows)


@dataclass(frozen=True)
class Book:
    """A ledger and the demands for which it was kept."""

    ledger: Ledger
    demands: list[FeedDemand]

    def queues(self) -> set[Queue]:
        lots = self.ledger.lots
        return set(zip(lots.feed_container.tolist(), lots.feed.tolist(), strict=True))

    def eaten_by(self, day: int) -> dict[Queue, int]:
        eaten: dict[Queue, int] = defaultdict(int)
        for demand in self.demands:
            for silo, feed, eaten_on, amount in zip(
                demand.feed_container.tolist(),
                demand.feed.tolist(),
                demand.day.tolist(),
                demand.amount.tolist(),
                strict=True,
            ):
                if eaten_on <= day:
                    eaten[silo, feed] += amount
        return eaten

    def lots_of(self, queue: Queue) -> np.ndarray:
        lots = self.ledger.lots
        return np.flatnonzero((lots.feed_container == queue[0]) & (lots.feed == queue[1]))


@st.composite
def books(draw: st.DrawFn) -> Book:
    demands = draw(st.lists(meals_of_a_batch(), min_size=1, max_size=4))
    return Book(keep_ledger(demands, SILOS, FEEDS, 1, TODAY), demands)


some = settings(max_examples=25, deadline=None)


@some
@given(books())
def test_purchases_equal_feed_eaten_and_in_stock(book: Book) -> None:
    lots, eaten = book.ledger.lots, book.eaten_by(TODAY)
    for queue in book.queues() | set(eaten):
        own = book.lots_of(queue)
        assert lots.amount[own].sum() == eaten[queue] + lots.remaining[own].sum()


@some
@given(books())
def test_feed_is_eaten_only_after_its_delivery(book: Book) -> None:
    lots = book.ledger.lots
    for queue in book.queues():
        own = book.lots_of(queue)
        for day in range(int(lots.delivered.min()), TODAY + 1):
            delivered = lots.amount[own][lots.delivered[own] <= day].sum()
            assert book.eaten_by(day)[queue] <= delivered


@some
@given(books())
def test_the_oldest_lot_is_used_first(book: Book) -> None:
    lots = book.ledger.lots
    for queue in book.queues():
        own = book.lots_of(queue)
        assert (np.diff(lots.delivered[own]) > 0).all()
        remaining, amount = lots.remaining[own], lots.amount[own]
        in_stock = np.flatnonzero(remaining > 0)
        if len(in_stock):
            oldest = in_stock[0]
            assert (remaining[:oldest] == 0).all()
            assert (remaining[oldest + 1 :] == amount[oldest + 1 :]).all()


@some
@given(books())
def test_batches_draw_from_a_queue_in_order_without_gaps(book: Book) -> None:
    drawn: dict[Queue, list[tuple[int, int, int]]] = defaultdict(list)
    for demand, account in zip(book.demands, book.ledger.accounts, strict=True):
        for row in range(len(demand)):
            queue = (int(demand.feed_container[row]), int(demand.feed[row]))
            start = int(account.opening[row])
            drawn[queue].append((start, start + int(demand.amount[row]), int(demand.day[row])))
    for spans in drawn.values():
        spans.sort()
        assert spans[0][0] == 0
        assert all(span[1] == following[0] for span, following in pairwise(spans))
        assert [day for _, _, day in spans] == sorted(day for _, _, day in spans)


@some
@given(books())
def test_a_meal_is_drawn_from_delivered_lots(book: Book) -> None:
    for demand, account in zip(book.demands, book.ledger.accounts, strict=True):
        lots = account.lots
        for row in np.flatnonzero(demand.day <= TODAY).tolist():
            own = (lots.feed_container == demand.feed_container[row]) & (
                lots.feed == demand.feed[row]
            )
            drawn_to = account.opening[row] + demand.amount[row]
            last = int(np.searchsorted(np.cumsum(lots.amount[own]), drawn_to))
            assert lots.delivered[own][last] <= demand.day[row]


@some
@given(books(), st.integers(1, 5))
def test_meals_cost_the_price_of_their_lots_to_the_cent(book: Book, meals: int) -> None:
    lots, spent = book.ledger.lots, defaultdict(int)
    for demand, account in zip(book.demands, book.ledger.accounts, strict=True):
        for row in np.flatnonzero(demand.day <= TODAY).tolist():
            queue = (int(demand.feed_container[row]), int(demand.feed[row]))
            portions = np.diff(int(demand.amount[row]) * np.arange(meals + 1) // meals)
            drawn = account.opening[row] + np.cumsum(portions) - portions
            cents = meal_costs(*queue, drawn, portions, account.lots)
            assert (cents >= 0).all()
            spent[queue] += int(cents.sum())
    for queue in book.queues():
        own = book.lots_of(queue)
        cost = int(((lots.amount - lots.remaining)[own] * lots.price[own]).sum())
        assert spent[queue] == (cost + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG


@some
@given(books())
def test_orders_are_placed_at_a_fifth_of_the_capacity_or_less(book: Book) -> None:
    lots = book.ledger.lots
    for lot in range(len(lots)):
        own = book.lots_of((int(lots.feed_container[lot]), int(lots.feed[lot])))
        ordered = int(lots.ordered[lot])
        earlier = lots.amount[own][lots.ordered[own] < ordered].sum()
        eaten = book.eaten_by(ordered - 1)[int(lots.feed_container[lot]), int(lots.feed[lot])]
        assert earlier - eaten <= REORDER_SHARE * CAPACITY_KG * DECAGRAMS_PER_KG


@some
@given(books())
def test_a_silo_is_never_overfilled(book: Book) -> None:
    lots = book.ledger.lots
    for silo in SILOS:
        own = lots.feed_container == silo.id
        for day in np.unique(lots.delivered[own]).tolist():
            bought = lots.amount[own & (lots.delivered <= day)].sum()
            eaten = sum(
                amount for (key, _), amount in book.eaten_by(day - 1).items() if key == silo.id
            )
            assert bought - eaten <= CAPACITY_KG * DECAGRAMS_PER_KG


@some
@given(books())
def test_orders_arrive_three_days_later_and_not_after_today(book: Book) -> None:
    lots = book.ledger.lots
    assert (lots.delivered - lots.ordered == DELIVERY_DAYS).all()
    assert (lots.delivered <= TODAY).all()
    assert (lots.amount > 0).all()


@some
@given(st.lists(meals_of_a_batch(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_lots_do_not_depend_on_the_order_of_the_batches(
    demands: list[FeedDemand], random: object
) -> None:
    shuffled = list(demands)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    lots = keep_ledger(demands, SILOS, FEEDS, 1, TODAY).lots
    of_shuffled = keep_ledger(shuffled, SILOS, FEEDS, 1, TODAY).lots
    for field in lots.__dataclass_fields__:
        assert (getattr(lots, field) == getattr(of_shuffled, field)).all()


def test_orders_of_a_silo_do_not_depend_on_other_silos() -> None:
    silos = [FeedStore(key, f"Silo-{key}", CAPACITY_KG) for key in range(1, 151)]
    demands = [steady(silo.id, silo.id % 3, TODAY - 60, 60, 100 + silo.id) for silo in silos]
    whole = keep_ledger(demands, silos, FEEDS, 1, TODAY).lots
    for silo in (1, 64, 65, 128, 129, 150):
        alone = keep_ledger([demands[silo - 1]], silos, FEEDS, 1, TODAY).lots
        own = whole.feed_container == silo
        assert whole.amount[own].tolist() == alone.amount.tolist()
        assert whole.remaining[own].tolist() == alone.remaining.tolist()
        assert whole.price[own].tolist() == alone.price.tolist()


@pytest.mark.parametrize("capacity_kg", range(1_500, 9_000, 250))
def test_a_small_silo_neither_runs_dry_nor_overflows(capacity_kg: int) -> None:
    silo = FeedStore(3, "Silo", float(capacity_kg))
    demand = steady(3, 1, TODAY - 80, 80 + LOOK_AHEAD_DAYS, 400)
    try:
        lots = keep_ledger([demand], [silo], FEEDS, 1, TODAY).lots
    except FeedShortageError:
        assert capacity_kg * REORDER_SHARE < 400 * (DELIVERY_DAYS + 2)
        return
    for day in range(TODAY - 85, TODAY + 1):
        eaten = int(demand.amount[demand.day < day].sum())
        in_silo = int(lots.amount[lots.delivered <= day].sum()) - eaten
        assert in_silo >= demand.amount[demand.day == day].sum()
        assert in_silo <= capacity_kg * DECAGRAMS_PER_KG


def test_feed_left_by_a_batch_is_eaten_by_the_next() -> None:
    first = steady(3, 0, TODAY - 90, 30, 500)
    second = steady(3, 0, TODAY - 50, 50, 500)
    ledger = keep_ledger([first, second], SILOS, FEEDS, 1, TODAY)
    last_of_first = keep_ledger([first], SILOS, FEEDS, 1, TODAY).lots
    assert int(ledger.accounts[1].opening[0]) == first.amount.sum()
    bought_for_both = ledger.lots.amount.sum()
    assert bought_for_both < last_of_first.amount.sum() + second.amount.sum() + CAPACITY_KG * 20


@pytest.mark.parametrize("capacity_kg", [300.0, 900.0])
def test_the_error_of_a_small_silo_names_it_and_the_day(capacity_kg: float) -> None:
    silo = FeedStore(3, "FI-FW-01-Hall-C-Silo", capacity_kg)
    with pytest.raises(FeedShortageError) as shortage:
        keep_ledger([steady(3, 1, TODAY - 40, 40, 400)], [silo], FEEDS, 1, TODAY)
    message = str(shortage.value)
    assert message.startswith("FI-FW-01-Hall-C-Silo runs out of feed on 2025-10-")
    assert f"holds {capacity_kg:,.0f} kg" in message
    assert "1,600 kg in the 4 days" in message


def test_nothing_is_bought_without_demand() -> None:
    nothing = demand_from({})
    ledger = keep_ledger([nothing, nothing], SILOS, FEEDS, 1, TODAY)
    assert len(ledger.lots) == 0
    assert [len(account.opening) for account in ledger.accounts] == [0, 0]


def test_demand_in_some_weeks_causes_no_order_today() -> None:
    """The rations of very few fish are at first too small to be written."""
    later = steady(3, 0, TODAY + 15, 10, 100)
    assert len(keep_ledger([later], SILOS, FEEDS, 1, TODAY).lots) == 0


def test_prices_change_by_month_and_stay_near_the_list_price() -> None:
    lots = keep_ledger([steady(3, 0, TODAY - 700, 700, 900)], SILOS, FEEDS, 1, TODAY).lots
    list_price = FEEDS[0].price_per_kg * 100
    assert np.abs(lots.price / list_price - 1.0).max() < 0.15
    assert len(np.unique(lots.price)) > 10
    month = lots.ordered.astype("datetime64[D]").astype("datetime64[M]")
    for value in np.unique(month):
        assert len(np.unique(lots.price[month == value])) == 1
