"""Moving fish between containers so that every one of them is accounted for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Move:
    """Transfer actions: each takes fish from one container to another.

    Attributes:
        source: position of the container left.
        dest: position of the container entered.
        before: fish in the source before the action.
        moved: fish that arrive.
        dead: fish that die of the handling.
        weight_g: their mean weight.
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
        """Fish that arrive in each container."""
        return np.bincount(self.dest, self.moved, containers).astype(np.int64)

    def arrival_weight_g(self, containers: int) -> NDArray[np.float64]:
        """Mean weight of the fish that arrive in each container."""
        grams = np.bincount(self.dest, self.moved * self.weight_g, containers)
        return np.asarray(grams / np.maximum(self.arrived(containers), 1), np.float64)


def split(total: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """A whole number divided in given proportions, to the last fish."""
    edges = np.concatenate([[0.0], np.cumsum(shares)]) / shares.sum()
    return np.diff(np.rint(edges * total).astype(np.int64))


def move_fish(
    fish: NDArray[np.int64],
    weight_g: NDArray[np.float64],
    dead: NDArray[np.int64],
    shares: NDArray[np.float64],
) -> Move:
    """Empty all sources into the destinations, one after another.

    The surviving fish of all sources stand in one line, which is cut at the destinations'
    shares: so each source fills as few destinations as possible.

    Args:
        fish: fish in each source.
        weight_g: their mean weight.
        dead: how many of them the handling kills.
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
    gone = np.cumsum(taken) - taken
    before = fish[source] - (gone - gone[np.searchsorted(source, source)])
    return Move(source, dest, before, moved, killed, weight_g[source])


def _spread(
    dead: NDArray[np.int64], source: NDArray[np.int64], moved: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Handling deaths of each source spread over its actions by the fish moved."""
    done = np.cumsum(moved)
    first = np.searchsorted(source, source)
    of_source = np.bincount(source, moved, len(dead)).astype(np.int64)
    before_source = (done - moved)[first]
    through = (done - before_source) * dead[source] // of_source[source]
    earlier = (done - moved - before_source) * dead[source] // of_source[source]
    return through - earlier
