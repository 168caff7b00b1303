"""An accident in handling: fish crowded too hard, or a pump that hurts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..biology import TREATMENT_DEATH_DECAY_DAYS
from ..mortality import CAUSES, HANDLING
from .context import ContainerSelection, IncidentContext
from .effects import Effects, Loss
from .incident import Incident, IncidentImpact

_WOUNDED = 12.0
"""Times the normal death rate added on the day after, fading as wounds heal [U]."""
_OFF_FEED_DAYS = 4
_APPETITE_LEFT = 0.6


@dataclass(frozen=True)
class HandlingAccident(Incident):
    """An accident in handling.

    Fish die on the day, under the cause HANDLING, and more of their wounds in the days after; they
    are not fed on the day and eat little for four more.

    Attributes:
        containers: those struck; one if not given.
        killed: share of fish that die on the day.
    """

    containers: ContainerSelection = 1
    killed: float = 0.03

    kind: ClassVar[str] = "handling accident"

    def __post_init__(self) -> None:
        self._between("killed", self.killed, 0.0001, 0.95)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Fish that die at once, and others of their wounds."""
        where = context.positions(self.containers)
        cause = CAUSES[HANDLING]
        fasts = np.zeros((len(context.containers), context.days), np.bool_)
        fasts[where, context.day] = True
        weak = context.over(
            where, context.day + 1, context.day + _OFF_FEED_DAYS, 1.0 - _APPETITE_LEFT
        )
        return IncidentImpact(
            containers=where,
            last_day=context.day,
            amount=self.killed,
            unit="share of the fish",
            effects=Effects(
                handling=context.fading(
                    where, context.day + 1, _WOUNDED, float(TREATMENT_DEATH_DECAY_DAYS)
                ),
                growth=1.0 - weak,
                fasts=fasts,
                losses=tuple(
                    Loss(
                        one,
                        context.day,
                        None,
                        self.killed,
                        cause.code,
                        f"{cause.reason}: accident in crowding",
                    )
                    for one in where.tolist()
                ),
            ),
            journal=f"Accident in crowding the fish of {len(where)} containers; feeding stopped",
        )
