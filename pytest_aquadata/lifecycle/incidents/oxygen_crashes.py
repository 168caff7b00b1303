"""An oxygen crash: an algal bloom that dies at night, slack water, or failed aeration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import ContainerSelection, IncidentContext
from .incident import Incident, IncidentImpact
from .suffocation import killed_share, suffocation


@dataclass(frozen=True)
class OxygenCrash(Incident):
    """An oxygen crash.

    Fish die on the day, with cause ENVIRONMENTAL, and more die while gills heal. They are not fed
    on the day and eat little on the next four. Oxygen readings show the crash.

    Attributes:
        containers: containers affected; all if None.
        lowest_mg_l: lowest oxygen level in mg/L: 1 to 6.
        start_hour: hour of the day (UTC) at which oxygen begins to fall: 0 to 23.
        hours: hours until oxygen is normal again: 1 to 72. It falls during the first quarter and
            rises during the last.
        killed: share of fish that die on the day: 0 to 0.95; derived from the oxygen if None.
    """

    containers: ContainerSelection = None
    lowest_mg_l: float = 2.5
    start_hour: float = 0.0
    hours: float = 24.0
    killed: float | None = None

    kind: ClassVar[str] = "oxygen crash"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("lowest_mg_l", self.lowest_mg_l, 1.0, 6.0)
        self._check_range("start_hour", self.start_hour, 0.0, 23.0)
        self._check_range("hours", self.hours, 1.0, 72.0)
        if self.killed is not None:
            self._check_range("killed", self.killed, 0.0, 0.95)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the low oxygen and its consequences for the fish."""
        affected = context.positions(self.containers)
        share = killed_share(self.lowest_mg_l, self.hours) if self.killed is None else self.killed
        duration_days = int((self.start_hour + self.hours - 1e-9) // 24) + 1
        return IncidentImpact(
            containers=affected,
            last_day=context.last_day(duration_days),
            amount=self.lowest_mg_l,
            unit="mg/L at the lowest",
            parameter="oxygen",
            effects=suffocation(
                context,
                affected,
                lowest_mg_l=self.lowest_mg_l,
                begins_h=self.start_hour,
                hours=self.hours,
                share=share,
                reason="oxygen crash",
            ),
            journal=f"Oxygen fell to {self.lowest_mg_l:g} mg/L in {len(affected)} containers; "
            "feeding stopped",
        )
