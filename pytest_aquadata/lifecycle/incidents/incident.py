"""What all incidents have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ...errors import HistoryError
from .context import IncidentContext
from .effects import Effects


@dataclass(frozen=True)
class IncidentImpact:
    """What an incident struck and did, as the stage's days and containers tell it.

    Attributes:
        containers: positions of the containers.
        last_day: last day of the stage on which it is at work.
        amount: how much.
        unit: of what.
        parameter: what the sensors or the water concerned are read for; empty for none.
        effects: what it does.
        journal: what people at the site write of it; empty if they do not notice, or write of its
            consequences as they would anyhow.
    """

    containers: NDArray[np.int64]
    last_day: int
    amount: float
    unit: str
    effects: Effects
    parameter: str = ""
    journal: str = ""


@dataclass(frozen=True)
class Incident(ABC):
    """Something that happens to a batch, with real effects on its life.

    Attributes:
        day: when it begins: days since the eggs were delivered (that day is 0), or a date.
    """

    day: int | date

    kind: ClassVar[str]
    """What the ground truth calls it."""
    sites: ClassVar[tuple[str, ...]] = ("hall", "area")
    """Kinds of sites it can happen at."""
    needs_feeding: ClassVar[bool] = False
    """Whether it can only happen to fish that are fed."""

    @abstractmethod
    def impact(self, context: IncidentContext) -> IncidentImpact:
        """What it strikes and does.

        Raises:
            HistoryError: when it cannot happen there.
        """

    def _between(self, name: str, value: float, low: float, high: float) -> None:
        """Refuse a value that makes no sense.

        Raises:
            HistoryError: naming the incident, the value and its bounds.
        """
        if not low <= value <= high:
            raise HistoryError(
                f"{self.kind}: {name} must be between {low:g} and {high:g}, not {value:g}"
            )
