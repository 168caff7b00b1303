"""Days on which no feed is delivered, and how orders are placed around them.

Before an outage feed is bought that lasts to its end, and hardly longer: so silos are empty when
deliveries begin again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DELIVERY_DAYS = 3
REORDER_DAYS = 7
"""A feed that is eaten slowly is ordered later: when stock covers no more than these days."""
HORIZON_DAYS = 28
"""An order covers what the planned fish eat in this time, if there is room for it."""


@dataclass(frozen=True)
class Outage:
    """Days on which no feed is delivered to a feed container.

    Attributes:
        feed_container: primary key.
        first_day: day number of the first day without deliveries.
        last_day: that of the last one.
    """

    feed_container: int
    first_day: int
    last_day: int


@dataclass(frozen=True)
class OrderPlan:
    """What decides on orders, a day, feed container and feed, in decagrams.

    Attributes:
        soon: eaten until an order is worth it; none is placed while it is 0.
        reorder_point: an order is placed when feed in stock and coming falls to it.
        covered: what stock and an order are to cover.
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
    """Change a plan of orders so that nothing is delivered in outages, and fish are fed in them.

    Args:
        plan: the plan, which is changed.
        outages: the outages, of any feed container.
        feed_containers: primary keys of those planned for, in their order.
        daily: what is eaten, a day, feed container and feed.
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
    """First and last days of the outages of a feed container, with no two that touch."""
    spans: list[tuple[int, int]] = []
    mine = sorted((one.first_day, one.last_day) for one in outages if one.feed_container == key)
    for began, ended in mine:
        first, last = began - first_day, ended - first_day
        if spans and first <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
    return spans


def _cover(plan: OrderPlan, row: int, eaten: NDArray[np.int64], first: int, last: int) -> None:
    """Order before an outage what lasts through it, and no more."""
    through = eaten[min(last + 1, len(eaten) - 1)]
    earliest = max(first - HORIZON_DAYS - DELIVERY_DAYS, 0)
    for day in range(earliest, min(max(first - DELIVERY_DAYS, 0), len(plan.soon))):
        until_end = through - eaten[day]
        plan.covered[day, row] = np.minimum(plan.covered[day, row], until_end)
        if day + DELIVERY_DAYS + REORDER_DAYS >= first:
            plan.soon[day, row] = plan.reorder_point[day, row] = plan.covered[day, row] = until_end
