"""The weight at which an active batch is expected to be harvested."""

from __future__ import annotations

from ..biology import HARVEST_WEIGHT_G
from .live_projection import LiveProjection
from .observations import BatchFacts


def harvest_weight_g(batch: BatchFacts, projection: LiveProjection) -> float:
    """Return the mean weight at which an active batch is expected to be harvested.

    The planned harvest weight; else the projected weight on the planned last day, if that is still
    to come; else `HARVEST_WEIGHT_G`.

    Args:
        batch: the batch.
        projection: its live projection.
    """
    if batch.harvest_weight_g is not None:
        return batch.harvest_weight_g
    if batch.expected_end_day is not None:
        ahead = batch.expected_end_day - int(projection.day[0])
        if 0 <= ahead < len(projection.day):
            return float(projection.weight_g[ahead])
    return float(HARVEST_WEIGHT_G)
