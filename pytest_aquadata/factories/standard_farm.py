"""The standard farm, whose rules all factories follow: geographies, stages, parameters, feeds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..lifecycle.feeding import pellet
from ..lifecycle.stages import StageRule
from ..presets.farm import Farm, FarmGeography, load_farm
from ..presets.reference_data import PARAMETERS, ParameterDefinition
from ..text import did_you_mean
from .errors import FactoryError

LAST_STAGE = 6
"""Order of the adult stage, the only one at sea."""


@lru_cache(maxsize=1)
def standard_farm() -> Farm:
    """Return the farm whose rules the factories follow."""
    return load_farm()


def geography_named(name: str) -> FarmGeography:
    """Return the geography that a name begins with; the first one for any other name."""
    geographies = standard_farm().geographies
    return next((place for place in geographies if name.startswith(place.name)), geographies[0])


def stage_rule(order: int) -> StageRule:
    """Return the rule of a stage.

    Raises:
        FactoryError: if the farm has no such stage.
    """
    stages = standard_farm().stages
    if not isinstance(order, int) or not 1 <= order <= len(stages):
        raise FactoryError(
            f"there is no stage {order!r}: give 1 (egg and alevin) to {len(stages)} (adult)"
        )
    return stages[order - 1]


def is_sea(order: int) -> bool:
    """Return whether fish of a stage live at sea."""
    return stage_rule(order).site == "area"


def parameter_with_key(key: str) -> ParameterDefinition:
    """Return the environmental parameter with a key, such as `oxygen`.

    Raises:
        FactoryError: if no parameter has it.
    """
    for parameter in PARAMETERS:
        if parameter.key == key:
            return parameter
    keys = [parameter.key for parameter in PARAMETERS]
    hint = did_you_mean(key, keys)
    raise FactoryError(f"there is no parameter {key!r}: {hint}choose one of {', '.join(keys)}")


def harvest_weight_g(geography: FarmGeography) -> float:
    """Return the mean weight at which a geography harvests, in g."""
    low, high = geography.harvest_weight_g
    return (low + high) / 2.0


def suited_feed(weight_g: float) -> int:
    """Return the position, in the farm's list of feeds, of the feed for a mean weight."""
    return int(pellet(np.array([weight_g]), standard_farm().feeds)[0])
