"""An escape: a hole in the net, and fish that are gone without being dead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import ContainerSelection, IncidentContext
from .effects import Effects, Loss
from .incident import Incident, IncidentImpact


@dataclass(frozen=True)
class Escape(Incident):
    """An escape.

    Fish leave the book as a mortality event of cause OTHER, described as escaped: the schema has
    no other way out.

    Attributes:
        rings: those with a hole; one if not given.
        fish: fish that escape from each ring; a share if None. No more can go than there are.
        share: share of the fish that escape.
    """

    rings: ContainerSelection = 1
    fish: int | None = None
    share: float = 0.10

    kind: ClassVar[str] = "escape"
    sites: ClassVar[tuple[str, ...]] = ("area",)

    def __post_init__(self) -> None:
        self._between("share", self.share, 0.0001, 0.95)
        if self.fish is not None:
            self._between("fish", self.fish, 1, 10_000_000)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Fish that are gone the same day."""
        where = context.positions(self.rings)
        each = self.fish if self.fish is not None else self.share
        told = f"{self.fish:,} fish" if self.fish is not None else f"{self.share:.0%} of the fish"
        return IncidentImpact(
            containers=where,
            last_day=context.day,
            amount=float(each),
            unit="share of the fish" if self.fish is None else "fish a ring",
            effects=Effects(
                losses=tuple(
                    Loss(
                        ring,
                        context.day,
                        self.fish,
                        self.share,
                        "OTHER",
                        "Escaped through a hole in the net",
                        is_death=False,
                    )
                    for ring in where.tolist()
                )
            ),
            journal=f"Hole in the net of {len(where)} rings: some {told} escaped; authorities told",
        )
