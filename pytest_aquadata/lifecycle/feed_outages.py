"""Orders of feed around days without deliveries.

Feed bought before an outage lasts until its end and hardly longer, so silos are empty when
deliveries begin again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DELIVERY_DAYS = 3
REORDER_DAYS = 7
"""Stock of a feed that is eaten slowly is renewed when it covers no more than these days."""
HORIZON_DAYS = 28
"""An order covers what the planned fish eat in this time, if it fits."""


@dataclass(frozen=True)
class Outage:
    """Days on which no feed is delivered to a feed container.

    Attributes:
        feed_container: primary key.
        first_day: day number of the first day without deliveries.
        last_day: day number of the last one.
    """

    feed_container: int
    first_day: int
    last_day: int


@dataclass(frozen=True)
class OrderPlan:
    """Rules for orders by day, feed container and feed, in decagrams.

    Attributes:
        soon: demand of the next `REORDER_DAYS`; nothing is ordered while it is 0.
        reorder_point: stock and open orders at which an order is placed.
        covered: demand that stock and orders cover after an order.
    """

    soon: NDArray[np.int64]
    reorder_point: NDArray[np.int64]
    covered: NDArray[np.int64]


def plan_for_outages(
    plan: OrderPlan,
    outages: Sequence[Outage],
    feed_containers: Sequence[int],
    daily: NDArray[np.int64],
    first_day: int,
) -> None:
    """Change an order plan in place: no deliveries during outages, and enough feed before them.

    Args:
        plan: the plan, changed in place.
        outages: outages of any feed container.
        feed_containers: primary keys of the planned feed containers, in order.
        daily: demand by day, feed container and feed.
        first_day: day number of the first day.
    """
    if not outages:
        return
    eaten = np.cumsum(np.concatenate([np.zeros_like(daily[:1]), daily]), axis=0)
    for row, key in enumerate(feed_containers):
        spans = _merged(outages, key, first_day)
        for first, last in spans:
            _cover(plan, row, eaten[:, row], first, last)
        for first, last in spans:
            blocked = slice(max(first - DELIVERY_DAYS, 0), max(last + 1 - DELIVERY_DAYS, 0))
            for of_day in (plan.soon, plan.reorder_point, plan.covered):
                of_day[blocked, row] = 0


def _merged(outages: Sequence[Outage], key: int, first_day: int) -> list[tuple[int, int]]:
    """Return first and last days of a feed container's outages, adjacent ones merged."""
    spans: list[tuple[int, int]] = []
    days = sorted(
        (outage.first_day, outage.last_day) for outage in outages if outage.feed_container == key
    )
    for began, ended in days:
        first, last = began - first_day, ended - first_day
        if spans and first <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return spans


def _cover(plan: OrderPlan, row: int, eaten: NDArray[np.int64], first: int, last: int) -> None:
    """Make orders before an outage last exactly until its end."""
    through = eaten[min(last + 1, len(eaten) - 1)]
    earliest = max(first - HORIZON_DAYS - DELIVERY_DAYS, 0)
    for day in range(earliest, min(max(first - DELIVERY_DAYS, 0), len(plan.soon))):
        until_end = through - eaten[day]
        plan.covered[day, row] = np.minimum(plan.covered[day, row], until_end)
        if day + DELIVERY_DAYS + REORDER_DAYS >= first:
            plan.soon[day, row] = plan.reorder_point[day, row] = plan.covered[day, row] = until_end
