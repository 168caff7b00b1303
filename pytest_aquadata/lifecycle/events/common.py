"""Columns that several events share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..columns import Column, integers


def biomass_kg(fish: NDArray[np.int64], weight_g: NDArray[np.int64]) -> Column:
    """Return the column of biomass from a count and a mean weight in g at scale 2."""
    return integers(biomass(fish, weight_g))


def biomass(fish: NDArray[np.int64], weight_g: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return biomass in kg at scale 2 from a count and a mean weight in g at scale 2."""
    return (fish * weight_g + 500) // 1000


def stamps(
    created: NDArray[np.int64], updated: NDArray[np.int64] | None = None
) -> Mapping[str, Column]:
    """Return the columns `created_at` and `updated_at`, equal unless both are given."""
    return {
        "created_at": integers(created),
        "updated_at": integers(created if updated is None else updated),
    }
