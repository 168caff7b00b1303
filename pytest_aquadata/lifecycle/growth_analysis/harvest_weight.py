"""When a batch is to be harvested, and at which weight: by its plan, or as is usual."""

from __future__ import annotations

from ..biology import HARVEST_WEIGHT_G
from .live_projection import LiveProjection
from .observations import BatchFacts


def harvest_weight_g(batch: BatchFacts, forward: LiveProjection) -> float:
    """The mean weight at which an active batch is expected to be harvested.

    The one its plan names; else what it is expected to weigh on the day on which it is planned to
    end, so that it is harvested then; else, and when that day has gone by, `HARVEST_WEIGHT_G`.

    Args:
        batch: the batch.
        forward: its live projection.
    """
    if batch.harvest_weight_g is not None:
        return batch.harvest_weight_g
    if batch.expected_end_day is not None:
        ahead = batch.expected_end_day - int(forward.day[0])
        if 0 <= ahead < len(forward.day):
            return float(forward.weight_g[ahead])
    return float(HARVEST_WEIGHT_G)
