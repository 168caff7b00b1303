"""Mean weights by assignment and day: measured on anchor days, calculated from growth between them.

The thermal growth coefficient (TGC) model: the cube root of the weight grows in proportion to
temperature, W^(1/3) = W0^(1/3) + TGC / 1000 * temperature of the day. As in AquaMind's engine, each
day starts with the weight that the day before stored, which has two decimal places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics import cube_root
from .anchors import NO_ANCHOR, Anchors
from .models import GrowthModels
from .observations import NO_ROW, Observations

_STORED = 100.0
"""Steps a gram of a stored weight."""


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
    growth = _DailyGrowth(
        root_gain=np.nan_to_num(models.coefficient[stage])[:, None] * degrees,
        anchors=anchors,
        cap_g=models.cap_g[stage],
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
class _DailyGrowth:
    """Growth by assignment and day since arrival.

    Attributes:
        root_gain: gain of W^(1/3) on each day, in g^(1/3); 0 without a temperature.
        anchors: measured weights.
        cap_g: highest calculated weight, by assignment.
    """

    root_gain: NDArray[np.float64]
    anchors: Anchors
    cap_g: NDArray[np.float64]

    def weights(self, rows: NDArray[np.int64], start_g: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the daily weights of some assignments.

        Args:
            rows: rows of the assignments.
            start_g: weight with which each of them starts.
        """
        # days first, so that a day of all assignments is contiguous
        root_gain = np.ascontiguousarray(self.root_gain[rows].T)
        is_anchor = np.ascontiguousarray((self.anchors.kind[rows] != NO_ANCHOR).T)
        measured_g = np.ascontiguousarray(self.anchors.weight_g[rows].T)
        cap_g, weight_g = self.cap_g[rows], start_g
        by_day = np.empty(root_gain.shape)
        for day, gain in enumerate(root_gain):
            root = cube_root(weight_g) + gain
            grown_g = np.rint(np.minimum(root * root * root, cap_g) * _STORED) / _STORED
            grown_g = np.where(gain > 0, grown_g, weight_g)
            weight_g = by_day[day] = np.where(is_anchor[day], measured_g[day], grown_g)
        return by_day.T


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
