"""A power failure in a hall: pumps and aeration stop, oxygen falls, carbon dioxide rises."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from .context import IncidentContext
from .effects import WaterChange
from .incident import Incident, IncidentImpact
from .suffocation import killed_share, suffocation

_LOWEST_MG_L = ((0.5, 6.0), (1.0, 4.5), (2.0, 3.4), (4.0, 2.4), (8.0, 1.6), (24.0, 1.0))
"""Oxygen after so many hours in tanks whose emergency oxygen lets some through [U]."""
_CO2_MG_L = 14.5


@dataclass(frozen=True)
class PowerFailure(Incident):
    """A power failure in the hall that holds the batch: every container of it is struck.

    Attributes:
        hours: hours without power.
        start_hour: hour of the day at which it begins, UTC.
        killed: share of fish that die on the day; as the oxygen says if None.
    """

    hours: float = 4.0
    start_hour: float = 9.0
    killed: float | None = None

    kind: ClassVar[str] = "power failure"
    sites: ClassVar[tuple[str, ...]] = ("hall",)

    def __post_init__(self) -> None:
        self._between("hours", self.hours, 0.5, 24.0)
        self._between("start_hour", self.start_hour, 0.0, 23.0)
        if self.killed is not None:
            self._between("killed", self.killed, 0.0, 0.95)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Water as after hours without pumps; it recovers as slowly as it fell."""
        where = context.positions(None)
        lowest = _lowest_mg_l(self.hours)
        share = killed_share(lowest, self.hours) if self.killed is None else self.killed
        shown_h = 2.0 * self.hours
        effects = suffocation(
            context,
            where,
            lowest_mg_l=lowest,
            begins_h=self.start_hour,
            hours=shown_h,
            share=share,
            reason="power failure",
        )
        begins_h = 24.0 * context.day + self.start_hour
        foul = WaterChange("co2", where, begins_h, shown_h, _CO2_MG_L)
        lasting = int((self.start_hour + shown_h - 1e-9) // 24) + 1
        return IncidentImpact(
            containers=where,
            last_day=context.last_day(lasting),
            amount=self.hours,
            unit="hours",
            parameter="oxygen",
            effects=replace(effects, water=(*effects.water, foul)),
            journal=f"No power for {self.hours:g} hours; oxygen fell to {lowest:.1f} mg/L in all "
            f"{len(where)} containers",
        )


def _lowest_mg_l(hours: float) -> float:
    after, lowest = zip(*_LOWEST_MG_L, strict=True)
    return float(np.interp(hours, after, lowest))
