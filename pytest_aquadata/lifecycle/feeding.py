"""Feeding: the daily ration, its pellet size, its meals, and days without feed.

Amounts are whole decagrams (10 g): the finest unit that AquaMind's stock, purchases and feeding
events can all hold, so feed is conserved exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import WINTER_FCR
from .days import month_index
from .stages import StageRule

DECAGRAMS_PER_KG = 100
_WINTER = np.array([1.0, 1.0, 0.6, 0.2, 0, 0, 0, 0, 0, 0.2, 0.6, 1.0])


@dataclass(frozen=True)
class FeedProduct:
    """A feed of one pellet size.

    Attributes:
        id: primary key.
        pellet_mm: pellet diameter.
        from_weight_g: mean weight from which fish get it.
        price_per_kg: list price in the farm's currency unit.
    """

    id: int
    pellet_mm: float
    from_weight_g: float
    price_per_kg: float


@dataclass(frozen=True)
class FeedDemand:
    """Feed that a batch eats, one row for each feed container, feed and day.

    Attributes:
        feed_container: primary keys of feed containers.
        feed: positions in the farm's list of feeds.
        day: day numbers.
        amount: decagrams.
    """

    feed_container: NDArray[np.int64]
    feed: NDArray[np.int64]
    day: NDArray[np.int64]
    amount: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.amount)


def conversion_ratio(
    weight_g: NDArray[np.float64], days: NDArray[np.int64], rule: StageRule
) -> NDArray[np.float64]:
    """Return the biological FCR by weight within the stage and by season.

    Args:
        weight_g: mean weight by container and day.
        days: day number of each day.
        rule: the stage's rule.
    """
    span = rule.weight_max_g - rule.weight_min_g
    progress = np.clip((weight_g - rule.weight_min_g) / span, 0.0, 1.0)
    ratio = rule.fcr + (rule.fcr_end - rule.fcr) * progress
    if rule.site == "area":
        ratio = ratio + WINTER_FCR * _WINTER[month_index(days)]
    return ratio


def ration(
    population: NDArray[np.int64],
    gain_g: NDArray[np.float64],
    ratio: NDArray[np.float64],
    waste_pct: float,
) -> NDArray[np.int64]:
    """Return the feed in decagrams by container and day: growth x FCR x (1 + waste)."""
    kg = population * np.maximum(gain_g, 0.0) / 1000.0 * ratio * (1.0 + waste_pct / 100.0)
    return np.rint(kg * DECAGRAMS_PER_KG).astype(np.int64)


def pellet(weight_g: NDArray[np.float64], feeds: tuple[FeedProduct, ...]) -> NDArray[np.int64]:
    """Return the position of the feed for each mean weight."""
    limits = np.array([feed.from_weight_g for feed in feeds[1:]])
    return np.searchsorted(limits, weight_g, side="right").astype(np.int64)


def meals(amount: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Split daily rations into equal meals of whole decagrams, along a new last axis."""
    portions = np.arange(count + 1)
    return np.diff(amount[..., None] * portions // count, axis=-1)


def fasting(last_day: NDArray[np.int64], days: int, before: float) -> NDArray[np.bool_]:
    """Return the days without feed before a transfer or harvest, by container and day.

    Args:
        last_day: day of departure of each container, counted from the start of the stage.
        days: number of days simulated.
        before: number of days without feed.
    """
    until_departure = last_day[:, None] - np.arange(days)
    return until_departure <= before
