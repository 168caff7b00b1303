"""A crash of oxygen: a bloom that dies at night, slack water, or aeration that fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import ContainerSelection, IncidentContext
from .incident import Incident, IncidentImpact
from .suffocation import killed_share, suffocation


@dataclass(frozen=True)
class OxygenCrash(Incident):
    """A crash of oxygen.

    Fish die on the day, under the cause ENVIRONMENTAL, and some more while gills heal; they are
    not fed on the day and eat little for four more. The sensors show the crash.

    Attributes:
        containers: those struck; all if None.
        lowest_mg_l: oxygen at its lowest.
        start_hour: hour of the day at which it begins to fall, UTC.
        hours: hours until it is as it was; it falls and rises over a quarter of them each.
        killed: share of fish that die on the day; as the oxygen says if None.
    """

    containers: ContainerSelection = None
    lowest_mg_l: float = 2.5
    start_hour: float = 0.0
    hours: float = 24.0
    killed: float | None = None

    kind: ClassVar[str] = "oxygen crash"

    def __post_init__(self) -> None:
        self._between("lowest_mg_l", self.lowest_mg_l, 1.0, 6.0)
        self._between("start_hour", self.start_hour, 0.0, 23.0)
        self._between("hours", self.hours, 1.0, 72.0)
        if self.killed is not None:
            self._between("killed", self.killed, 0.0, 0.95)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Water without oxygen, and fish that suffocate."""
        where = context.positions(self.containers)
        share = killed_share(self.lowest_mg_l, self.hours) if self.killed is None else self.killed
        lasting = int((self.start_hour + self.hours - 1e-9) // 24) + 1
        return IncidentImpact(
            containers=where,
            last_day=context.last_day(lasting),
            amount=self.lowest_mg_l,
            unit="mg/L at the lowest",
            parameter="oxygen",
            effects=suffocation(
                context,
                where,
                lowest_mg_l=self.lowest_mg_l,
                begins_h=self.start_hour,
                hours=self.hours,
                share=share,
                reason="oxygen crash",
            ),
            journal=f"Oxygen fell to {self.lowest_mg_l:g} mg/L in {len(where)} containers; "
            "feeding stopped",
        )
