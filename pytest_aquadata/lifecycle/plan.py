"""What the planner has settled for one batch, before anything is simulated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PlannedStay:
    """A batch's time in one hall or area.

    Attributes:
        stage: order of the lifecycle stage.
        site: name of the hall or area.
        arrives: the day the fish come.
        leaves: the day the last of them go.
        places: the containers taken, each with the feed container its fish eat from.
    """

    stage: int
    site: str
    arrives: date
    leaves: date
    places: Mapping[str, str]


@dataclass(frozen=True)
class BatchPlan:
    """One batch's whole plan.

    Attributes:
        number: batch number such as `FAR-2020-001`.
        geography: name of the geography.
        eggs: eggs ordered.
        harvest_weight_g: mean live weight aimed at.
        harvest_starts: the day the first ring is harvested; the last goes when its stay ends.
        stays: one a stage, in order.
    """

    number: str
    geography: str
    eggs: int
    harvest_weight_g: int
    harvest_starts: date
    stays: tuple[PlannedStay, ...]

    @property
    def starts(self) -> date:
        """The day the eggs are delivered."""
        return self.stays[0].arrives

    @property
    def ends(self) -> date:
        """The day of the last harvest."""
        return self.stays[-1].leaves

    @property
    def note(self) -> str:
        """What the batch's row says of the plan, in words; see `noted_harvest_weight_g`."""
        return f"{self.eggs:,} eggs, to be harvested at {self.harvest_weight_g:,} g"


_NOTED_WEIGHT = re.compile(r"to be harvested at ([\d,]+) g")


def noted_harvest_weight_g(note: str) -> float | None:
    """The harvest weight that a batch's note tells of; None without one.

    No column of the schema holds it.
    """
    found = _NOTED_WEIGHT.search(note)
    return float(found[1].replace(",", "")) if found else None
