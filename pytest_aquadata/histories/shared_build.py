"""What histories have in common that were built together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..generation.build_spec import BuildSpec
from ..lifecycle.feed import Lots


@dataclass(frozen=True)
class SharedBuild:
    """What histories have in common that were built together.

    Attributes:
        build: their plan, farm, seed and today.
        lots: the feed bought for them.
        eaters: the batches that eat from each feed container, by its primary key.
    """

    build: BuildSpec
    lots: Lots
    eaters: Mapping[int, frozenset[str]]
