"""The base class of all incidents, and the impact that one has on a stage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from datetime import date
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..parameter_checks import (
    require_containers,
    require_day,
    require_number,
    require_text,
    require_whole,
)
from .context import IncidentContext
from .effects import Effects

_LARGEST = 10**9
_LONGEST_TEXT = 100


@dataclass(frozen=True)
class IncidentImpact:
    """The containers that an incident affects and its effects there.

    Attributes:
        containers: positions of the containers affected.
        last_day: last day of the stage with an effect.
        amount: size of the incident, in `unit`.
        unit: unit of the amount, for the ground truth.
        effects: changes to fish, water, sensors and deliveries.
        parameter: water parameter whose readings show the incident directly; empty for none.
        journal: text of the site's journal entry; empty if the staff do not notice the incident or
            only record its consequences.
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
    """An event with real effects on the life of a batch.

    Attributes:
        day: first day: days since the eggs were delivered (that day is 0), or a date.
    """

    day: int | date

    kind: ClassVar[str]
    """Name of the kind of incident in the ground truth and in messages."""
    sites: ClassVar[tuple[str, ...]] = ("hall", "area")
    """Kinds of sites at which it can happen."""
    needs_feeding: ClassVar[bool] = False
    """True if it can only happen to fish that are fed."""

    def __post_init__(self) -> None:
        """Require that the day and every parameter are of their kinds."""
        require_day(f"{self.kind}: day", self.day)
        for parameter in fields(self):
            name = f"{self.kind}: {parameter.name}"
            value: object = getattr(self, parameter.name)
            if parameter.type == "ContainerSelection":
                require_containers(name, value)
            elif parameter.type == "int":
                require_whole(name, value, -_LARGEST, _LARGEST)
            elif parameter.type == "str" or (parameter.type == "str | None" and value is not None):
                require_text(name, value, _LONGEST_TEXT)

    @abstractmethod
    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the containers affected and the effects.

        Args:
            context: the stage in which the incident begins.

        Raises:
            HistoryError: if the incident cannot happen in that stage.
        """

    def _check_range(self, name: str, value: float, low: float, high: float) -> None:
        """Raise HistoryError unless it is a number with `low <= value <= high`."""
        require_number(f"{self.kind}: {name}", value, low, high)
