"""Fish lost at once, and the others' deaths day by day, so that every fish is counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .effects import Loss


@dataclass(frozen=True)
class CountedLoss:
    """A loss and how many fish it came to."""

    loss: Loss
    fish: int


def count_losses(
    losses: Sequence[Loss], fish: NDArray[np.int64], hazard: NDArray[np.float64]
) -> tuple[CountedLoss, ...]:
    """How many fish each loss comes to, in the order of their days; never more than there are.

    Args:
        losses: what is lost.
        fish: fish at the start, a container.
        hazard: death rate, a container and day; those of the day come before the loss.
    """
    survive = np.cumprod(1.0 - hazard, axis=1)
    as_if_from_start = np.zeros(len(fish))
    lost = []
    for loss in sorted(losses, key=lambda one: one.day):
        row, surviving = loss.container, survive[loss.container, loss.day]
        alive = float(surviving * (fish[row] - as_if_from_start[row]))
        wanted = round(alive * loss.share) if loss.fish is None else loss.fish
        taken = max(min(wanted, int(alive)), 0)
        as_if_from_start[row] += taken / surviving
        lost.append(CountedLoss(loss, taken))
    return tuple(lost)


def daily_losses(
    lost: Sequence[CountedLoss], shape: tuple[int, ...], *, deaths_only: bool = False
) -> NDArray[np.int64]:
    """Fish lost at once, a container and day."""
    total = np.zeros(shape, np.int64)
    for one in lost:
        if one.loss.is_death or not deaths_only:
            total[one.loss.container, one.loss.day] += one.fish
    return total


def deaths_with_losses(
    fish: NDArray[np.int64],
    hazard: NDArray[np.float64],
    rounding: NDArray[np.float64],
    lost: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Whole fish that die, a container and day, while others are lost at once.

    As `mortality.deaths`: expected survivors are followed exactly and rounded once.

    Args:
        fish: fish at the start, a container.
        hazard: death rate, a container and day.
        rounding: a number in [0, 1) a container, where its count is rounded up.
        lost: fish lost at once, a container and day.
    """
    survive = np.cumprod(1.0 - hazard, axis=1)
    alive = survive * (fish[:, None] - np.cumsum(lost / survive, axis=1))
    not_lost = fish[:, None] - np.cumsum(lost, axis=1)
    dead = np.minimum(np.maximum.accumulate(not_lost - alive, axis=1), not_lost)
    cumulative = np.floor(np.maximum(dead, 0.0) + rounding[:, None]).astype(np.int64)
    return np.diff(cumulative, axis=1, prepend=0)
