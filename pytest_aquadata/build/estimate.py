"""How many rows a build will write, how large it will be, how long it will take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .inputs import Build

_SHARE_WRITTEN = {
    "batch_mortalityevent": 0.89,
    "inventory_feedingevent": 0.96,
    "environmental_environmentalreading": 0.97,
}
"""Rows written of those a batch could write: deaths, meals and ring-days vary."""
_BYTES_A_ROW = {"environmental_environmentalreading": 119}
_OTHER_BYTES_A_ROW = 190
_SHARED_ROWS = 45_000
_ROWS_A_SECOND = 300_000
"""Measured on two cores with the full preset; see benchmarks."""
_SECONDS_TO_START = 1.5


@dataclass(frozen=True)
class Estimate:
    """What to expect of a build.

    Attributes:
        rows: in all tables.
        size_bytes: of the SQLite file.
        seconds: on two cores.
    """

    rows: int
    size_bytes: int
    seconds: float


def estimate(build: Build) -> Estimate:
    """What to expect of a build, without simulating anything."""
    expected: Counter[str] = Counter()
    for capacity in build.capacities:
        for table, rows in capacity.items():
            expected[table] += round(rows * _SHARE_WRITTEN.get(table, 1.0))
    rows = expected.total() + _SHARED_ROWS
    size = sum(
        count * _BYTES_A_ROW.get(table, _OTHER_BYTES_A_ROW) for table, count in expected.items()
    )
    return Estimate(
        rows=rows,
        size_bytes=size + _SHARED_ROWS * _OTHER_BYTES_A_ROW,
        seconds=_SECONDS_TO_START + rows / _ROWS_A_SECOND,
    )
