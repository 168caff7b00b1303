"""A surge of sea lice: many more infective lice than normal settle on the fish of some rings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import ContainerSelection, IncidentContext
from .effects import Effects
from .incident import Incident, IncidentImpact


@dataclass(frozen=True)
class LiceSurge(Incident):
    """A surge of sea lice; at sea only.

    The lice settle as attached juveniles, which the next counts show; adult females follow after
    about a month, depending on temperature. Counts above the limit lead to delousing.

    Attributes:
        rings: rings affected; all if None.
        lice_per_fish: lice that settle on each fish in total, in addition to the normal ones: 0.1
            to 500.
        days: days over which they settle: 1 to 60.
    """

    rings: ContainerSelection = None
    lice_per_fish: float = 12.0
    days: int = 7

    kind: ClassVar[str] = "lice surge"
    sites: ClassVar[tuple[str, ...]] = ("area",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("lice_per_fish", self.lice_per_fish, 0.1, 500.0)
        self._check_range("days", self.days, 1, 60)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the lice that settle each day."""
        affected = context.positions(self.rings)
        last = context.last_day(self.days)
        daily = self.lice_per_fish / self.days
        return IncidentImpact(
            containers=affected,
            last_day=last,
            amount=self.lice_per_fish,
            unit="lice a fish",
            effects=Effects(lice=context.constant(affected, context.day, last, daily)),
        )
