"""How many rows a build will write, how large it will be, how long it will take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ..lifecycle.events.registry import EVENT_TABLES
from .build_spec import BuildSpec

_BYTES_A_ROW = {"environmental_environmentalreading": 115}
_OTHER_BYTES_A_ROW = 150
_ROWS_AN_AREA_DAY = 5
_MASTER_ROWS = 40_000
_ROWS_A_SECOND = 260_000
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


def estimate(build: BuildSpec) -> Estimate:
    """What to expect of a build, without simulating anything."""
    shares = {name: table.share_written for name, table in EVENT_TABLES.items()}
    expected: Counter[str] = Counter()
    for capacity in build.capacities:
        for table, rows in capacity.items():
            expected[table] += round(rows * shares.get(table, 1.0))
    expected["areas"] = _ROWS_AN_AREA_DAY * sum(area.days for area in build.areas_in_use)
    expected["farm"] = _MASTER_ROWS
    rows = expected.total()
    return Estimate(
        rows=rows,
        size_bytes=sum(
            count * _BYTES_A_ROW.get(table, _OTHER_BYTES_A_ROW) for table, count in expected.items()
        ),
        seconds=_SECONDS_TO_START + rows / _ROWS_A_SECOND,
    )
