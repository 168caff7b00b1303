"""A shortage of feed: a delivery does not come, silos run empty and fish get little or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .context import IncidentContext
from .effects import Effects
from .incident import Incident, IncidentImpact


@dataclass(frozen=True)
class FeedShortage(Incident):
    """A shortage of feed in the hall or area that holds the batch.

    No feed is delivered while it lasts. Silos are empty when it begins; or, if some is still
    given, are as full as it takes to stretch what there is until the next delivery.

    Attributes:
        days: how long.
        ration: share of the normal ration that is still given.
    """

    days: int = 5
    ration: float = 0.0

    kind: ClassVar[str] = "feed shortage"
    needs_feeding: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._between("days", self.days, 1, 60)
        self._between("ration", self.ration, 0.0, 0.9)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Fish that fast, or grow as little as they are given."""
        where = context.positions(None)
        last = context.last_day(self.days)
        short = context.over(where, context.day, last, 1.0)
        return IncidentImpact(
            containers=where,
            last_day=last,
            amount=1.0 - self.ration,
            unit="share of the ration missing",
            effects=Effects(
                growth=1.0 - (1.0 - self.ration) * short,
                fasts=(short > 0.0) & (self.ration == 0.0),
                no_delivery=((context.day, last),),
            ),
            journal=f"Short of feed: {self.ration:.0%} of the ration is given until feed comes",
        )
