"""A handling accident: fish crowded too tightly, or injured by a pump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..biology import TREATMENT_DEATH_DECAY_DAYS
from ..mortality import CAUSES, HANDLING
from .context import ContainerSelection, IncidentContext
from .effects import Effects, Loss
from .incident import Incident, IncidentImpact

_WOUND_DEATHS = 12.0
"""Death rate added on the day after, in multiples of the normal rate, decaying as wounds heal
[U]."""
_REDUCED_APPETITE_DAYS = 4
_REDUCED_APPETITE = 0.6
"""Share of normal growth on these days."""


@dataclass(frozen=True)
class HandlingAccident(Incident):
    """A handling accident.

    Fish die on the day, with cause HANDLING, and more die of wounds in the following days. They are
    not fed on the day and eat little on the next four.

    Attributes:
        containers: containers affected; one, drawn at random, by default.
        killed: share of fish that die on the day: 0.0001 to 0.95.
    """

    containers: ContainerSelection = 1
    killed: float = 0.03

    kind: ClassVar[str] = "handling accident"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("killed", self.killed, 0.0001, 0.95)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the deaths on the day, those of wounds later, and the lost growth."""
        affected = context.positions(self.containers)
        cause = CAUSES[HANDLING]
        fasts = np.zeros((len(context.containers), context.days), np.bool_)
        fasts[affected, context.day] = True
        next_day = context.day + 1
        lost_growth = context.constant(
            affected, next_day, context.day + _REDUCED_APPETITE_DAYS, 1.0 - _REDUCED_APPETITE
        )
        return IncidentImpact(
            containers=affected,
            last_day=context.day,
            amount=self.killed,
            unit="share of the fish",
            effects=Effects(
                handling=context.decaying(
                    affected, next_day, _WOUND_DEATHS, float(TREATMENT_DEATH_DECAY_DAYS)
                ),
                growth=1.0 - lost_growth,
                fasts=fasts,
                losses=tuple(
                    Loss(
                        container,
                        context.day,
                        None,
                        self.killed,
                        cause.code,
                        f"{cause.reason}: accident in crowding",
                    )
                    for container in affected.tolist()
                ),
            ),
            journal=f"Accident in crowding the fish of {len(affected)} containers; feeding stopped",
        )
