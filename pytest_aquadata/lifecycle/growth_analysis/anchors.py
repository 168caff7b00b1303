"""Anchors: days on which fish were weighed, so that their weight is known and not calculated.

Of several kinds on one day the first of `ANCHOR_TYPES` counts; of several of one kind, their mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .observations import LARGEST, NOWHERE, SMALLEST, Observations

ANCHOR_TYPES = ("growth_sample", "transfer", "vaccination")
"""What AquaMind calls them, highest first; the last is any treatment with weighing."""

GROWTH_SAMPLE, TRANSFER, WEIGHED_TREATMENT = range(len(ANCHOR_TYPES))
NO_ANCHOR = -1
CONFIDENCE = np.array([1.0, 0.95, 0.90])
"""Confidence in the weight of each kind."""

_OF_LARGEST, _OF_SMALLEST = 0.88, 1.12
"""What fish weigh on average against the largest, and against the smallest, of them."""


@dataclass(frozen=True)
class Anchors:
    """Weighings by assignment and day since arrival.

    Attributes:
        kind: position in `ANCHOR_TYPES`; `NO_ANCHOR` on other days.
        weight_g: mean weight; NaN on other days.
    """

    kind: NDArray[np.int64]
    weight_g: NDArray[np.float64]


def without_selection(
    weight_g: NDArray[np.float64], selection: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Mean weight of all fish of a container, from that of the ones taken out of it."""
    factor = np.select(
        (selection == LARGEST, selection == SMALLEST), (_OF_LARGEST, _OF_SMALLEST), 1.0
    )
    return weight_g * factor


def find_anchors(observations: Observations) -> Anchors:
    """All anchors of a batch up to today."""
    moves, weighings = observations.transfers, observations.daily.weighings
    assignments = observations.assignments
    known = moves.source != NOWHERE
    source_ids = assignments.ids[moves.source[known]]
    moved_g = without_selection(moves.weight_g, moves.selection)[known]
    found = (
        (observations.samples.assignment, observations.samples.day, observations.samples.value),
        (source_ids, moves.day[known], moved_g),
        (weighings.assignment, weighings.day, weighings.value),
    )
    kind = np.full((len(assignments), assignments.days), NO_ANCHOR)
    weight_g = np.full(kind.shape, np.nan)
    for number in reversed(range(len(ANCHOR_TYPES))):
        mean_g = _means(observations, *found[number])
        here = ~np.isnan(mean_g)
        kind[here], weight_g[here] = number, mean_g[here]
    return Anchors(kind, weight_g)


def _means(
    observations: Observations,
    assignment: NDArray[np.int64],
    day: NDArray[np.int64],
    weight_g: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean weight by assignment and day since arrival; NaN where nothing was weighed."""
    assignments = observations.assignments
    row, since = observations.locate(assignment, day)
    valid = (row != NOWHERE) & (weight_g > 0)
    cell = row[valid] * assignments.days + since[valid]
    cells = len(assignments) * assignments.days
    count = np.bincount(cell, minlength=cells)
    total = np.bincount(cell, weight_g[valid], cells)
    mean = np.full(cells, np.nan)
    held = count > 0
    mean[held] = total[held] / count[held]
    return mean.reshape(len(assignments), assignments.days)
