"""The feed ledger around days without deliveries."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.feed import FeedShortageError, Ledger, keep_ledger
from pytest_aquadata.lifecycle.feed_outages import Outage
from pytest_aquadata.lifecycle.feeding import FeedDemand, FeedProduct
from pytest_aquadata.lifecycle.places import FeedStore

FEEDS = (FeedProduct(1, 3.0, 0.0, 2.1), FeedProduct(2, 4.0, 100.0, 1.95))
SILO = FeedStore(5, "silo", 60_000.0)
OTHER = FeedStore(6, "other silo", 60_000.0)
TODAY = 20_200
FIRST = 20_000


def demand(daily: np.ndarray, container: int = 5) -> FeedDemand:
    """Return demand of the first feed in decagrams a day, from the first day on."""
    day = FIRST + np.flatnonzero(daily)
    return FeedDemand(
        np.full(len(day), container), np.zeros(len(day), np.int64), day, daily[daily > 0]
    )


def fed(daily: int, outage: Outage, ration: float = 0.0) -> np.ndarray:
    """Return a constant daily demand that falls to a share of it during an outage."""
    amounts = np.full(TODAY + 31 - FIRST, daily)
    amounts[outage.first_day - FIRST : outage.last_day + 1 - FIRST] = round(daily * ration)
    return amounts


def stock_kg(ledger: Ledger, daily: np.ndarray, day: int) -> float:
    """Return the stock of the silo on the morning of a day."""
    delivered = ledger.lots.amount[
        (ledger.lots.delivered < day) & (ledger.lots.feed_container == SILO.id)
    ].sum()
    return float(delivered - daily[: day - FIRST].sum()) / 100.0


@given(
    first=st.integers(FIRST + 20, TODAY - 20),
    days=st.integers(1, 20),
    daily=st.integers(1_000, 200_000),
    ration=st.sampled_from([0.0, 0.3, 0.7]),
)
def test_an_outage_has_no_deliveries_and_ends_with_an_empty_silo(
    first: int, days: int, daily: int, ration: float
) -> None:
    outage = Outage(SILO.id, first, first + days - 1)
    amounts = fed(daily, outage, ration)
    ledger = keep_ledger([demand(amounts)], [SILO], FEEDS, 1, TODAY, [outage])
    lots = ledger.lots
    assert not ((lots.delivered >= first) & (lots.delivered <= outage.last_day)).any()
    assert -0.01 <= stock_kg(ledger, amounts, outage.last_day + 1) <= 2 * 100.0
    eaten = amounts[: TODAY + 1 - FIRST].sum()
    assert lots.amount.sum() - lots.remaining.sum() == eaten


def test_an_outage_changes_no_orders_of_other_silos() -> None:
    outage = Outage(SILO.id, FIRST + 60, FIRST + 70)
    steady = np.full(TODAY + 31 - FIRST, 50_000)
    demands = [demand(fed(50_000, outage)), demand(steady, OTHER.id)]
    with_outage = keep_ledger(demands, [SILO, OTHER], FEEDS, 1, TODAY, [outage]).lots
    without = keep_ledger(demands, [SILO, OTHER], FEEDS, 1, TODAY).lots
    of_other = with_outage.where(with_outage.feed_container == OTHER.id)
    expected = without.where(without.feed_container == OTHER.id)
    assert len(expected) > 0
    for name in ("ordered", "amount", "remaining", "price"):
        assert getattr(of_other, name).tolist() == getattr(expected, name).tolist()


def test_the_error_names_a_silo_too_small_for_an_outage() -> None:
    outage = Outage(SILO.id, FIRST + 60, FIRST + 110)
    amounts = fed(300_000, outage, 0.9)
    with pytest.raises(FeedShortageError, match="silo runs out of feed"):
        keep_ledger([demand(amounts)], [SILO], FEEDS, 1, TODAY, [outage])


@pytest.mark.parametrize("second", [(65, 75), (71, 75), (73, 90)])
def test_adjacent_and_overlapping_outages_have_no_deliveries(second: tuple[int, int]) -> None:
    outages = [
        Outage(SILO.id, FIRST + 60, FIRST + 70),
        Outage(SILO.id, *(FIRST + d for d in second)),
    ]
    amounts = np.minimum(fed(40_000, outages[0], 0.5), fed(40_000, outages[1], 0.5))
    lots = keep_ledger([demand(amounts)], [SILO], FEEDS, 1, TODAY, outages).lots
    for outage in outages:
        assert not (
            (lots.delivered >= outage.first_day) & (lots.delivered <= outage.last_day)
        ).any()
