"""Numbers of fish lost at once, and the daily deaths of the others; every fish is counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .effects import Loss


@dataclass(frozen=True)
class CountedLoss:
    """A loss and its number of fish."""

    loss: Loss
    fish: int


def count_losses(
    losses: Sequence[Loss], fish: NDArray[np.int64], hazard: NDArray[np.float64]
) -> tuple[CountedLoss, ...]:
    """Return the number of fish of each loss, ordered by day; at most the fish alive.

    Args:
        losses: losses in any order.
        fish: fish at the start, by container.
        hazard: daily death rate by container and day; the deaths of a day precede its losses.
    """
    survival = np.cumprod(1.0 - hazard, axis=1)
    removed_at_start = np.zeros(len(fish))  # earlier losses, in fish of the first day
    counted = []
    for loss in sorted(losses, key=lambda loss: loss.day):
        row, surviving = loss.container, survival[loss.container, loss.day]
        alive = float(surviving * (fish[row] - removed_at_start[row]))
        requested = round(alive * loss.share) if loss.fish is None else loss.fish
        count = max(min(requested, int(alive)), 0)
        removed_at_start[row] += count / surviving
        counted.append(CountedLoss(loss, count))
    return tuple(counted)


def daily_losses(
    losses: Sequence[CountedLoss], shape: tuple[int, ...], *, deaths_only: bool = False
) -> NDArray[np.int64]:
    """Return the fish lost at once, by container and day."""
    total = np.zeros(shape, np.int64)
    for counted in losses:
        if counted.loss.is_death or not deaths_only:
            total[counted.loss.container, counted.loss.day] += counted.fish
    return total


def deaths_with_losses(
    fish: NDArray[np.int64],
    hazard: NDArray[np.float64],
    rounding: NDArray[np.float64],
    losses: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the daily deaths in whole fish, by container and day, of containers with losses.

    Like `mortality.deaths`: expected survivors are followed exactly and rounded once.

    Args:
        fish: fish at the start, by container.
        hazard: daily death rate by container and day.
        rounding: a number in [0, 1) for each container, added before its deaths are rounded down.
        losses: fish lost at once, by container and day.
    """
    survival = np.cumprod(1.0 - hazard, axis=1)
    alive = survival * (fish[:, None] - np.cumsum(losses / survival, axis=1))
    not_lost = fish[:, None] - np.cumsum(losses, axis=1)
    dead = np.minimum(np.maximum.accumulate(not_lost - alive, axis=1), not_lost)
    cumulative = np.floor(np.maximum(dead, 0.0) + rounding[:, None]).astype(np.int64)
    return np.diff(cumulative, axis=1, prepend=0)
