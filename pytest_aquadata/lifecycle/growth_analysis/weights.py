"""Mean weights by assignment and day: measured on anchor days, calculated from growth between them.

The thermal growth coefficient (TGC) model: the cube root of the weight grows in proportion to
temperature, W^(1/3) = W0^(1/3) + TGC / 1000 * sum of daily temperatures. Because this is a sum, all
days are calculated at once: the root at the last anchor plus the growth since then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics import cube_root
from .anchors import NO_ANCHOR, Anchors
from .models import GrowthModels
from .observations import NO_ROW, Observations


def daily_weights(
    observations: Observations,
    models: GrowthModels,
    stage: NDArray[np.int64],
    temp_c: NDArray[np.float64],
    anchors: Anchors,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weight with which each assignment starts, and the weight in each evening, in g.

    Args:
        observations: recorded data of the batch.
        models: growth models.
        stage: position of the lifecycle stage of each assignment.
        temp_c: temperature by assignment and day; NaN on days without growth.
        anchors: measured weights.
    """
    degrees = np.where(np.isnan(temp_c), 0.0, np.maximum(temp_c, 0.0))
    growth = _RootGrowth(
        gain=np.cumsum(np.nan_to_num(models.coefficient[stage])[:, None] * degrees, axis=1),
        growth_days=np.cumsum(~np.isnan(temp_c), axis=1),
        anchors=anchors,
        cap_root=cube_root(models.cap_g)[stage],
    )
    assignments = observations.assignments
    start_g, source, transfer_day = _start_weights(observations, models, stage)
    weight_g = np.empty((len(assignments), assignments.days))
    # an assignment that starts with the last state of another is calculated after it
    is_waiting = source != NO_ROW
    rows = np.flatnonzero(~is_waiting)
    while True:
        weight_g[rows] = growth.weights(rows, start_g[rows])
        if not is_waiting.any():
            return start_g, weight_g
        is_ready = is_waiting & ~is_waiting[source]
        if is_ready.any():
            last_g = _last_state_g(observations, weight_g, source[is_ready], transfer_day[is_ready])
        else:  # transfers in a circle: use the recorded weights of the sources
            is_ready = is_waiting
            last_g = assignments.weight_g[source[is_ready]]
        start_g[is_ready] = np.where(last_g > 0, last_g, start_g[is_ready])
        rows = np.flatnonzero(is_ready)
        is_waiting = is_waiting & ~is_ready


@dataclass(frozen=True)
class _RootGrowth:
    """Growth of W^(1/3) by assignment and day since arrival.

    Attributes:
        gain: gain of W^(1/3) in g^(1/3), from arrival to the evening.
        growth_days: days with a temperature, from arrival to the evening.
        anchors: measured weights.
        cap_root: highest W^(1/3) of a calculated weight, by assignment.
    """

    gain: NDArray[np.float64]
    growth_days: NDArray[np.int64]
    anchors: Anchors
    cap_root: NDArray[np.float64]

    def weights(self, rows: NDArray[np.int64], start_g: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the daily weights of some assignments.

        Args:
            rows: rows of the assignments.
            start_g: weight with which each of them starts.
        """
        is_anchor = self.anchors.kind[rows] != NO_ANCHOR
        measured_g, gain = self.anchors.weight_g[rows], self.gain[rows]
        growth_days = self.growth_days[rows]
        days = is_anchor.shape[1]
        last_anchor = np.maximum.accumulate(np.where(is_anchor, np.arange(days), -1), axis=1)
        has_anchor = last_anchor >= 0
        position = (np.arange(len(rows))[:, None], np.maximum(last_anchor, 0))
        anchor_root = np.zeros(is_anchor.shape)
        anchor_root[is_anchor] = cube_root(measured_g[is_anchor])
        base = np.where(has_anchor, anchor_root[position], cube_root(start_g)[:, None])
        root = base + gain - np.where(has_anchor, gain[position], 0.0)
        has_grown = growth_days > np.where(has_anchor, growth_days[position], 0)
        root = np.where(has_grown, np.minimum(root, self.cap_root[rows][:, None]), root)
        return np.where(is_anchor, measured_g, root * root * root)


def _start_weights(
    observations: Observations, models: GrowthModels, stage: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return starting weights, and the source and day of transfers whose fish were not weighed.

    The starting weight is the first of these that is known: the weight measured at the first
    transfer into the assignment; the last state of that transfer's source (filled in later); the
    source's recorded weight; the assignment's own recorded weight; the stage's minimum.

    Returns:
        Starting weights without those of sources; the row of the source, `NO_ROW` if its state is
        not needed; the day of the transfer.
    """
    assignments, transfers = observations.assignments, observations.transfers
    minimum_g = models.limits.min_weight_g[stage]
    minimum_g = np.where(minimum_g > 0, minimum_g, models.stages.min_weight_g[stage])
    minimum_g = np.where(minimum_g > 0, minimum_g, 1.0)
    start_g = np.where(assignments.weight_g > 0, assignments.weight_g, minimum_g)
    source = np.full(len(assignments), NO_ROW)
    transfer_day = np.zeros(len(assignments), np.int64)
    into = np.flatnonzero(transfers.dest != NO_ROW)
    row, first = np.unique(transfers.dest[into], return_index=True)
    first = into[first]
    measured_g = transfers.weight_g[first]
    is_weighed = measured_g > 0
    start_g[row[is_weighed]] = measured_g[is_weighed]
    source[row[~is_weighed]] = transfers.source[first[~is_weighed]]
    transfer_day[row[~is_weighed]] = transfers.day[first[~is_weighed]]
    return start_g, source, transfer_day


def _last_state_g(
    observations: Observations,
    weight_g: NDArray[np.float64],
    source: NDArray[np.int64],
    day: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the last weight of each source on or before a day, else its recorded weight."""
    assignments = observations.assignments
    last = np.minimum(day, assignments.end_day[source] - 1) - assignments.first_day[source]
    state_g = weight_g[source, np.maximum(last, 0)]
    return np.where(last >= 0, state_g, assignments.weight_g[source])
