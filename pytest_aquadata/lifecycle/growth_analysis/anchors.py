"""Anchors: days on which the mean weight of an assignment was measured.

Anchor types have a precedence: of several on one day the first in `ANCHOR_TYPES` is used; of
several of the same type, their mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .observations import LARGEST, NO_ROW, SMALLEST, Observations

ANCHOR_TYPES = ("growth_sample", "transfer", "vaccination")
"""AquaMind's names, highest precedence first; the last covers every treatment with weighing."""

NO_ANCHOR = -1
CONFIDENCE = np.array([1.0, 0.95, 0.90])
"""Confidence in a measured weight, by anchor type."""

_MEAN_TO_LARGEST, _MEAN_TO_SMALLEST = 0.88, 1.12
"""Ratio of the mean weight of a container to that of its largest, and of its smallest, fish."""


@dataclass(frozen=True)
class Anchors:
    """Measured weights by assignment and day since arrival.

    Attributes:
        kind: position in `ANCHOR_TYPES`; `NO_ANCHOR` on other days.
        weight_g: mean weight; NaN on other days.
    """

    kind: NDArray[np.int64]
    weight_g: NDArray[np.float64]


def container_mean_g(
    weight_g: NDArray[np.float64], selection: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the mean weight of a container from that of the fish selected for a transfer."""
    factor = np.select(
        (selection == LARGEST, selection == SMALLEST), (_MEAN_TO_LARGEST, _MEAN_TO_SMALLEST), 1.0
    )
    return weight_g * factor


def find_anchors(observations: Observations) -> Anchors:
    """Return all anchors of a batch up to today.

    A weighed transfer is an anchor of its source.
    """
    transfers, weighings = observations.transfers, observations.daily.weighings
    assignments, samples = observations.assignments, observations.samples
    has_source = transfers.source != NO_ROW
    source_ids = assignments.ids[transfers.source[has_source]]
    transfer_g = container_mean_g(transfers.weight_g, transfers.selection)[has_source]
    measured = (
        (samples.assignment, samples.day, samples.value),
        (source_ids, transfers.day[has_source], transfer_g),
        (weighings.assignment, weighings.day, weighings.value),
    )
    kind = np.full((len(assignments), assignments.days), NO_ANCHOR)
    weight_g = np.full(kind.shape, np.nan)
    for anchor_type in reversed(range(len(ANCHOR_TYPES))):
        mean_g = _daily_means(observations, *measured[anchor_type])
        is_anchor = ~np.isnan(mean_g)
        kind[is_anchor], weight_g[is_anchor] = anchor_type, mean_g[is_anchor]
    return Anchors(kind, weight_g)


def _daily_means(
    observations: Observations,
    assignment: NDArray[np.int64],
    day: NDArray[np.int64],
    weight_g: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return mean weights by assignment and day since arrival; NaN without a measurement."""
    assignments = observations.assignments
    row, since = observations.locate(assignment, day)
    is_valid = (row != NO_ROW) & (weight_g > 0)
    cell = row[is_valid] * assignments.days + since[is_valid]
    cells = len(assignments) * assignments.days
    count = np.bincount(cell, minlength=cells)
    total = np.bincount(cell, weight_g[is_valid], cells)
    mean = np.full(cells, np.nan)
    has_value = count > 0
    mean[has_value] = total[has_value] / count[has_value]
    return mean.reshape(len(assignments), assignments.days)
