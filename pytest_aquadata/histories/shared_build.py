"""Data shared by histories that are built together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..generation.build_spec import BuildSpec
from ..lifecycle.feed import Lots


@dataclass(frozen=True)
class SharedBuild:
    """Data shared by histories that are built together.

    Attributes:
        build: their schedule, farm, seed and last day.
        lots: feed bought for them.
        eaters: numbers of the batches that eat from each feed container, by its primary key.
    """

    build: BuildSpec
    lots: Lots
    eaters: Mapping[int, frozenset[str]]
