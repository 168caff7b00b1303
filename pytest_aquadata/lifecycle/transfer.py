"""Transfers of fish between containers; every fish is accounted for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Move:
    """Transfer actions: each moves fish from one container to another.

    Attributes:
        source: position of the source container.
        dest: position of the destination container.
        before: fish in the source before the action.
        moved: fish that arrive.
        dead: fish that die of the handling.
        weight_g: mean weight.
    """

    source: NDArray[np.int64]
    dest: NDArray[np.int64]
    before: NDArray[np.int64]
    moved: NDArray[np.int64]
    dead: NDArray[np.int64]
    weight_g: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.moved)

    def arrived(self, containers: int) -> NDArray[np.int64]:
        """Return the fish that arrive in each container."""
        return np.bincount(self.dest, self.moved, containers).astype(np.int64)

    def arrival_weight_g(self, containers: int) -> NDArray[np.float64]:
        """Return the mean weight of the fish that arrive in each container."""
        grams = np.bincount(self.dest, self.moved * self.weight_g, containers)
        return np.asarray(grams / np.maximum(self.arrived(containers), 1), np.float64)


def split(total: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Divide a whole number into whole parts in given proportions."""
    edges = np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum()
    return np.diff(np.rint(edges * total).astype(np.int64))


def move_fish(
    fish: NDArray[np.int64],
    weight_g: NDArray[np.float64],
    dead: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> Move:
    """Move the fish of all sources into the destinations, one after another.

    Each destination is filled before the next, so each source has as few destinations as possible.

    Args:
        fish: fish in each source.
        weight_g: mean weight in each source.
        dead: fish of each source that die of the handling.
        shares: relative size of each destination.
    """
    source_end = np.cumsum(fish - dead)
    dest_end = np.cumsum(split(int(source_end[-1]), shares))
    cuts = np.union1d(source_end, dest_end)
    cuts = cuts[cuts > 0]
    moved = np.diff(cuts, prepend=0)
    source = np.searchsorted(source_end, cuts)
    dest = np.searchsorted(dest_end, cuts)
    killed = _spread(dead, source, moved)
    taken = moved + killed
    already_taken = np.cumsum(taken) - taken
    before = fish[source] - (already_taken - already_taken[np.searchsorted(source, source)])
    return Move(source, dest, before, moved, killed, weight_g[source])


def _spread(
    dead: NDArray[np.int64], source: NDArray[np.int64], moved: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Spread the handling deaths of each source over its actions, in proportion to fish moved."""
    done = np.cumsum(moved)
    first = np.searchsorted(source, source)
    of_source = np.bincount(source, moved, len(dead)).astype(np.int64)
    before_source = (done - moved)[first]
    through = (done - before_source) * dead[source] // of_source[source]
    earlier = (done - moved - before_source) * dead[source] // of_source[source]
    return through - earlier
