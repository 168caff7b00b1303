"""What the tables of master data have in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...lifecycle.columns import Column, integers

Stamps = Mapping[str, int]
"""The instants at which rows were created and updated, by column."""


def row_keys(rows: int) -> Column:
    """Primary keys 1, 2, 3, …."""
    return integers(np.arange(1, rows + 1))
