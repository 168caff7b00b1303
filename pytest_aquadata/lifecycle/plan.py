"""Plan of one batch, complete before anything is simulated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class PlannedStay:
    """A planned stay of a batch in one hall or area.

    Attributes:
        stage: order of the lifecycle stage.
        site: name of the hall or area.
        arrives: day of arrival.
        leaves: day on which the last fish leave.
        places: names of its containers, each with the feed container that its fish eat from.
    """

    stage: int
    site: str
    arrives: date
    leaves: date
    places: Mapping[str, str]


@dataclass(frozen=True)
class BatchPlan:
    """The whole plan of one batch.

    Attributes:
        number: batch number such as `FAR-2020-001`.
        geography: name of the geography.
        eggs: eggs ordered.
        harvest_weight_g: planned mean live weight at harvest.
        harvest_starts: day on which the first ring is harvested; the last is on the last day.
        stays: one for each stage, in order.
    """

    number: str
    geography: str
    eggs: int
    harvest_weight_g: int
    harvest_starts: date
    stays: tuple[PlannedStay, ...]

    @property
    def starts(self) -> date:
        """Day on which the eggs are delivered."""
        return self.stays[0].arrives

    @property
    def ends(self) -> date:
        """Day of the last harvest."""
        return self.stays[-1].leaves

    @property
    def note(self) -> str:
        """Plan in words, for the notes of the batch's row; see `noted_harvest_weight_g`."""
        return f"{self.eggs:,} eggs, to be harvested at {self.harvest_weight_g:,} g"


_NOTED_WEIGHT = re.compile(r"to be harvested at ([\d,]+) g")


def noted_harvest_weight_g(note: str) -> float | None:
    """Return the planned harvest weight from a batch's notes, or None.

    The schema has no column for it.
    """
    match = _NOTED_WEIGHT.search(note)
    return float(match[1].replace(",", "")) if match else None
