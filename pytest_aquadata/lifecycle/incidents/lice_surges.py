"""A surge of lice: far more infective lice than usual settle on the fish of some rings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import ContainerSelection, IncidentContext
from .effects import Effects
from .incident import Incident, IncidentImpact


@dataclass(frozen=True)
class LiceSurge(Incident):
    """A surge of lice.

    They settle as attached lice, seen at once as juveniles; adult females follow after a month or
    so, by the temperature of the water. Counts above the limit are answered by delousing.

    Attributes:
        rings: those struck; all if None.
        lice_per_fish: lice that settle on a fish in all.
        days: days over which they come.
    """

    rings: ContainerSelection = None
    lice_per_fish: float = 12.0
    days: int = 7

    kind: ClassVar[str] = "lice surge"
    sites: ClassVar[tuple[str, ...]] = ("area",)

    def __post_init__(self) -> None:
        self._between("lice_per_fish", self.lice_per_fish, 0.1, 500.0)
        self._between("days", self.days, 1, 60)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Lice that come from outside, on top of the usual ones."""
        where = context.positions(self.rings)
        last = context.last_day(self.days)
        daily = self.lice_per_fish / self.days
        return IncidentImpact(
            containers=where,
            last_day=last,
            amount=self.lice_per_fish,
            unit="lice a fish",
            effects=Effects(lice=context.over(where, context.day, last, daily)),
        )
