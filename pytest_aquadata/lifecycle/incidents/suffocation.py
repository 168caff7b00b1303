"""Effects of low oxygen on salmon: deaths, gill damage and loss of appetite."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mortality import CAUSES, ENVIRONMENT
from .context import IncidentContext
from .effects import Effects, Loss, WaterChange

_KILLED_IN_A_DAY = ((0.5, 0.90), (1.0, 0.70), (1.5, 0.45), (2.0, 0.22), (2.5, 0.09), (3.0, 0.03),
                    (3.5, 0.010), (4.0, 0.003), (5.0, 0.0))  # fmt: skip
"""Share of fish that die in a day, by oxygen in mg/L. Salmon cannot meet their oxygen demand below
about 3 to 4 mg/L at 6 to 12 °C (limiting saturation 30 to 40 %, Remen et al. 2013); shares [U]."""
_DEADLY_HOURS = 6.0
"""Hours of low oxygen after which all deaths of a day have happened [U]."""
_GILL_HEALING_DAYS = 5.0
_GILL_DEATHS = 4.0
"""Death rate added on the day after, in multiples of the normal rate; it decays as gills heal
[U]."""
_REDUCED_APPETITE_DAYS = 4
_LOST_APPETITE = 0.4
"""Largest share of normal growth lost on these days [U]."""
_NO_LOSS_MG_L, _FULL_LOSS_MG_L = 6.0, 3.0
"""Oxygen levels between which the loss of appetite rises from none to the largest [U]."""


def killed_share(lowest_mg_l: float, hours: float) -> float:
    """Return the share of fish that die when oxygen is this low for a number of hours."""
    levels = [level for level, _ in _KILLED_IN_A_DAY]
    shares = [share for _, share in _KILLED_IN_A_DAY]
    whole_day = float(np.interp(lowest_mg_l, levels, shares))
    return whole_day * min(hours / _DEADLY_HOURS, 1.0)


def suffocation(
    context: IncidentContext,
    affected: NDArray[np.int64],
    *,
    lowest_mg_l: float,
    begins_h: float,
    hours: float,
    share: float,
    reason: str,
) -> Effects:
    """Return the effects of low oxygen: deaths, lost growth, fasting and changed water.

    Args:
        context: the stage.
        affected: positions of the containers.
        lowest_mg_l: lowest oxygen level.
        begins_h: hour of the day at which oxygen begins to fall.
        hours: hours until it is normal again.
        share: share of fish that die on the day.
        reason: description of these deaths in the mortality events.
    """
    cause = CAUSES[ENVIRONMENT]
    fasts = np.zeros((len(context.containers), context.days), np.bool_)
    fasts[affected, context.day] = True
    severity = (_NO_LOSS_MG_L - lowest_mg_l) / (_NO_LOSS_MG_L - _FULL_LOSS_MG_L)
    lost_growth = context.constant(
        affected,
        context.day + 1,
        context.day + _REDUCED_APPETITE_DAYS,
        _LOST_APPETITE * min(max(severity, 0.0), 1.0),
    )
    return Effects(
        environment=context.decaying(
            affected, context.day + 1, _GILL_DEATHS * min(share / 0.05, 2.0), _GILL_HEALING_DAYS
        ),
        growth=1.0 - lost_growth,
        fasts=fasts,
        losses=tuple(
            Loss(container, context.day, None, share, cause.code, f"{cause.reason}: {reason}")
            for container in affected.tolist()
        ),
        water=(WaterChange("oxygen", affected, 24.0 * context.day + begins_h, hours, lowest_mg_l),),
    )
