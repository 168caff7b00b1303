"""A shortage of feed: no deliveries for some days, so fish get a reduced ration or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import IncidentContext
from .effects import Effects
from .incident import Incident, IncidentImpact


@dataclass(frozen=True)
class FeedShortage(Incident):
    """A shortage of feed in the hall or area of the batch.

    No feed is delivered while it lasts. Without a ration the silos are empty when it begins; with
    a ration they have just enough feed for it until the next delivery.

    Attributes:
        days: duration in days: 1 to 60.
        ration: share of the normal ration that fish still get: 0 to 0.9.
    """

    days: int = 5
    ration: float = 0.0

    kind: ClassVar[str] = "feed shortage"
    needs_feeding: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("days", self.days, 1, 60)
        self._check_range("ration", self.ration, 0.0, 0.9)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the fasting or reduced growth, in all containers."""
        affected = context.positions(None)
        last = context.last_day(self.days)
        shortage = context.constant(affected, context.day, last, 1.0)
        return IncidentImpact(
            containers=affected,
            last_day=last,
            amount=1.0 - self.ration,
            unit="share of the ration missing",
            effects=Effects(
                growth=1.0 - (1.0 - self.ration) * shortage,
                fasts=(shortage > 0.0) & (self.ration == 0.0),
                no_delivery=((context.day, last),),
            ),
            journal=f"Short of feed: {self.ration:.0%} of the ration is given until feed comes",
        )
