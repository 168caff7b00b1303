"""Columns that all tables of master data have: primary keys and time stamps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...lifecycle.columns import Column, integers

Stamps = Mapping[str, int]
"""Instants of creation and last update of rows, by column."""


def row_keys(rows: int) -> Column:
    """Return the primary keys 1, 2, 3, …, one a row."""
    return integers(np.arange(1, rows + 1))
