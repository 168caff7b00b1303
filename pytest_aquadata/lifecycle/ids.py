"""Primary keys, given out before anything is simulated.

Each batch has its own range in each table, as wide as its capacity. Foreign keys are therefore
known at once, and batches can be simulated in any order. The unused rest of a range is a gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

FirstIds = Mapping[str, int]
"""First primary key of a batch's range, by table."""


def first_ids(capacities: Sequence[Mapping[str, int]], above: FirstIds) -> list[FirstIds]:
    """Return the first primary key of each batch's ranges, which follow one another.

    Args:
        capacities: rows that each batch can write, by table, in the order of the schedule.
        above: highest primary key in use, by table; 0 for a table left out.
    """
    next_id: dict[str, int] = {}
    ranges: list[FirstIds] = []
    for capacity in capacities:
        ranges.append({table: next_id.get(table, above.get(table, 0) + 1) for table in capacity})
        for table, rows in capacity.items():
            next_id[table] = ranges[-1][table] + rows
    return ranges


def take_ids(first: FirstIds, table: str, rows: int) -> NDArray[np.int64]:
    """Return the first `rows` primary keys of a batch's range."""
    return first[table] + np.arange(rows, dtype=np.int64)
