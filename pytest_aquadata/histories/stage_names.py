"""Lifecycle stages given by order or by name."""

from __future__ import annotations

import re

from ..errors import HistoryError
from ..lifecycle.parameter_checks import shown
from ..presets.farm import Farm
from ..text import did_you_mean

StageName = int | str
"""Order of a stage, from 1, or its name in any spelling: `adult`, `Post-Smolt`, `egg & alevin`."""


def stage_order(farm: Farm, stage: StageName) -> int:
    """Return the order of a stage.

    Raises:
        HistoryError: if the farm has no such stage, naming those that it has.
    """
    orders = {_letters(rule.name): rule.order for rule in farm.stages}
    if isinstance(stage, str):
        if _letters(stage) in orders:
            return orders[_letters(stage)]
        suggestion = did_you_mean(stage, [rule.name for rule in farm.stages])
        raise HistoryError(
            f"there is no stage {stage!r}; {suggestion}the farm has "
            f"{', '.join(f'{rule.order} {rule.name}' for rule in farm.stages)}"
        )
    if isinstance(stage, bool) or not isinstance(stage, int):
        raise HistoryError(
            f"{shown(stage)} is no stage; give its order, 1 to {len(farm.stages)}, or its name"
        )
    if not 1 <= stage <= len(farm.stages):
        raise HistoryError(f"there is no stage {stage}; the farm has 1 to {len(farm.stages)}")
    return stage


def _letters(name: str) -> str:
    """Return the lower-case letters and digits of a name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
