"""An escape of fish through a hole in the net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..parameter_checks import require_whole
from .context import ContainerSelection, IncidentContext
from .effects import Effects, Loss
from .incident import Incident, IncidentImpact


@dataclass(frozen=True)
class Escape(Incident):
    """An escape of fish through a hole in the net; at sea only.

    AquaMind's schema has no table for escapes: they are recorded as mortality events of cause
    OTHER, described as escaped.

    Attributes:
        rings: rings with a hole; one, drawn at random, by default.
        fish: number of fish that escape from each ring, at most all of them; None for a share.
        share: share of a ring's fish that escape if `fish` is None: 0.0001 to 0.95.
    """

    rings: ContainerSelection = 1
    fish: int | None = None
    share: float = 0.10

    kind: ClassVar[str] = "escape"
    sites: ClassVar[tuple[str, ...]] = ("area",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("share", self.share, 0.0001, 0.95)
        if self.fish is not None:
            require_whole(f"{self.kind}: fish", self.fish, 1, 10_000_000)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the fish lost from each ring on the day."""
        affected = context.positions(self.rings)
        each = self.fish if self.fish is not None else self.share
        size = f"{self.fish:,} fish" if self.fish is not None else f"{self.share:.0%} of the fish"
        return IncidentImpact(
            containers=affected,
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
                    for ring in affected.tolist()
                )
            ),
            journal=f"Hole in the net of {len(affected)} rings: some {size} escaped; "
            "authorities told",
        )
