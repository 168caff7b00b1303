"""Lifecycle stages as a person calls them: by order, or by name."""

from __future__ import annotations

import re

from ..errors import HistoryError
from ..presets.farm import Farm
from ..text import nearest

StageName = int | str
"""Order of a stage, 1 to 6, or its name: `adult`, `Post-Smolt`, `egg & alevin`."""


def stage_order(farm: Farm, stage: StageName) -> int:
    """The order of a stage.

    Raises:
        HistoryError: when the farm has none of that order or name, with the nearest name.
    """
    names = {_plain(rule.name): rule.order for rule in farm.stages}
    if isinstance(stage, str):
        if _plain(stage) in names:
            return names[_plain(stage)]
        near = nearest(_plain(stage), names)
        meant = farm.stage(names[near]).name
        raise HistoryError(
            f"there is no stage {stage!r}; did you mean {meant!r}? The farm has "
            f"{', '.join(f'{rule.order} {rule.name}' for rule in farm.stages)}"
        )
    if not 1 <= stage <= len(farm.stages):
        raise HistoryError(f"there is no stage {stage}; the farm has 1 to {len(farm.stages)}")
    return stage


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
