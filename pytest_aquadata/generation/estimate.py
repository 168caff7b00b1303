"""Estimate of the rows of a build, its size, and the time it takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..lifecycle.events.registry import EVENT_TABLES
from .build_spec import BuildSpec

_BYTES_PER_ROW = {"environmental_environmentalreading": 115}
_OTHER_BYTES_PER_ROW = 150
_ROWS_PER_AREA_DAY = 5
_MASTER_ROWS = 40_000
_ROWS_PER_SECOND = 260_000
"""Measured on two cores with the full preset; see benchmarks."""
_SECONDS_TO_START = 1.5


@dataclass(frozen=True)
class Estimate:
    """Expected result of a build.

    Attributes:
        rows: rows in all tables.
        size_bytes: size of the SQLite file.
        seconds: time on two cores.
    """

    rows: int
    size_bytes: int
    seconds: float


def estimate(build: BuildSpec) -> Estimate:
    """Estimate a build from the capacities of its plan, without simulating it."""
    shares = {name: table.share_written for name, table in EVENT_TABLES.items()}
    expected: Counter[str] = Counter()
    for capacity in build.capacities:
        for table, rows in capacity.items():
            expected[table] += round(rows * shares.get(table, 1.0))
    expected["areas"] = _ROWS_PER_AREA_DAY * sum(area.days for area in build.areas_in_use)
    expected["farm"] = _MASTER_ROWS
    rows = expected.total()
    return Estimate(
        rows=rows,
        size_bytes=sum(
            count * _BYTES_PER_ROW.get(table, _OTHER_BYTES_PER_ROW)
            for table, count in expected.items()
        ),
        seconds=_SECONDS_TO_START + rows / _ROWS_PER_SECOND,
    )
