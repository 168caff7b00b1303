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
"""Oxygen in mg/L after hours without power, in tanks with some emergency oxygen [U]."""
_CO2_MG_L = 14.5


@dataclass(frozen=True)
class PowerFailure(Incident):
    """A power failure in the hall of the batch; it affects every container of the batch there.

    Attributes:
        hours: hours without power: 0.5 to 24.
        start_hour: hour of the day (UTC) at which it begins: 0 to 23.
        killed: share of fish that die on the day: 0 to 0.95; derived from the oxygen if None.
    """

    hours: float = 4.0
    start_hour: float = 9.0
    killed: float | None = None

    kind: ClassVar[str] = "power failure"
    sites: ClassVar[tuple[str, ...]] = ("hall",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("hours", self.hours, 0.5, 24.0)
        self._check_range("start_hour", self.start_hour, 0.0, 23.0)
        if self.killed is not None:
            self._check_range("killed", self.killed, 0.0, 0.95)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the poor water, which recovers as slowly as it declined, and its consequences."""
        affected = context.positions(None)
        lowest = _lowest_mg_l(self.hours)
        share = killed_share(lowest, self.hours) if self.killed is None else self.killed
        affected_h = 2.0 * self.hours
        effects = suffocation(
            context,
            affected,
            lowest_mg_l=lowest,
            begins_h=self.start_hour,
            hours=affected_h,
            share=share,
            reason="power failure",
        )
        begins_h = 24.0 * context.day + self.start_hour
        high_co2 = WaterChange("co2", affected, begins_h, affected_h, _CO2_MG_L)
        duration_days = int((self.start_hour + affected_h - 1e-9) // 24) + 1
        return IncidentImpact(
            containers=affected,
            last_day=context.last_day(duration_days),
            amount=self.hours,
            unit="hours",
            parameter="oxygen",
            effects=replace(effects, water=(*effects.water, high_co2)),
            journal=f"No power for {self.hours:g} hours; oxygen fell to {lowest:.1f} mg/L in all "
            f"{len(affected)} containers",
        )


def _lowest_mg_l(hours: float) -> float:
    durations, levels = zip(*_LOWEST_MG_L, strict=True)
    return float(np.interp(hours, durations, levels))
