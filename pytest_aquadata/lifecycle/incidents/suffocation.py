"""What too little oxygen does to salmon, and for how long they feel it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..mortality import CAUSES, ENVIRONMENT
from .context import IncidentContext
from .effects import Effects, Loss, WaterChange

_KILLED_IN_A_DAY = ((0.5, 0.90), (1.0, 0.70), (1.5, 0.45), (2.0, 0.22), (2.5, 0.09), (3.0, 0.03),
                    (3.5, 0.010), (4.0, 0.003), (5.0, 0.0))  # fmt: skip
"""Share of fish that die in a day at so many mg/L. Salmon no longer breathe as they need to below
some 3 to 4 mg/L at 6 to 12 °C (limiting saturation 30 to 40 %, Remen et al. 2013); shares [U]."""
_DEADLY_HOURS = 6.0
"""Hours after which most of those that will die have died [U]."""
_GILLS_HEAL_DAYS = 5.0
_WEAKENED = 4.0
"""Times the normal death rate added on the day after, fading as gills heal [U]."""
_OFF_FEED_DAYS = 4
_APPETITE_LOST = 0.4
_UNHARMED_MG_L, _SICK_MG_L = 6.0, 3.0
"""Between these fish lose more and more of their appetite for some days [U]."""


def killed_share(lowest_mg_l: float, hours: float) -> float:
    """Share of fish that die when oxygen falls that low for so many hours."""
    levels = [level for level, _ in _KILLED_IN_A_DAY]
    shares = [share for _, share in _KILLED_IN_A_DAY]
    whole_day = float(np.interp(lowest_mg_l, levels, shares))
    return whole_day * min(hours / _DEADLY_HOURS, 1.0)


def suffocation(
    context: IncidentContext,
    where: NDArray[np.int64],
    *,
    lowest_mg_l: float,
    begins_h: float,
    hours: float,
    share: float,
    reason: str,
) -> Effects:
    """Deaths at once and in the days after, fish off their feed, and water that shows it.

    Args:
        context: the stage.
        where: containers struck.
        lowest_mg_l: oxygen at its lowest.
        begins_h: hour of the day at which it begins to fall.
        hours: hours until it is as it was.
        share: share of fish that die on the day.
        reason: what is written of them.
    """
    cause = CAUSES[ENVIRONMENT]
    fasts = np.zeros((len(context.containers), context.days), np.bool_)
    fasts[where, context.day] = True
    harm = (_UNHARMED_MG_L - lowest_mg_l) / (_UNHARMED_MG_L - _SICK_MG_L)
    lost = _APPETITE_LOST * min(max(harm, 0.0), 1.0)
    weak = context.over(where, context.day + 1, context.day + _OFF_FEED_DAYS, lost)
    return Effects(
        environment=context.fading(
            where, context.day + 1, _WEAKENED * min(share / 0.05, 2.0), _GILLS_HEAL_DAYS
        ),
        growth=1.0 - weak,
        fasts=fasts,
        losses=tuple(
            Loss(one, context.day, None, share, cause.code, f"{cause.reason}: {reason}")
            for one in where.tolist()
        ),
        water=(WaterChange("oxygen", where, 24.0 * context.day + begins_h, hours, lowest_mg_l),),
    )
