"""Where an incident happens: the stage a batch is in, and the containers that are struck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import HistoryError
from ...text import nearest
from ..numerics import exp
from ..places import Container
from ..randomness import stream
from ..stages import StageRule

ContainerSelection = int | str | Sequence[str] | None
"""Containers struck: so many of them, one or several by name, or all (None)."""


@dataclass(frozen=True)
class IncidentContext:
    """A stage as an incident finds it.

    Attributes:
        title: the incident and its day, as messages name it.
        seed: seed of the build.
        batch: batch number.
        number: position of the incident among those of the batch.
        rule: the stage's rule.
        containers: those taken, in the order of the plan.
        day: day of the stage on which it begins.
        days: planned days of the stage.
    """

    title: str
    seed: int
    batch: str
    number: int
    rule: StageRule
    containers: tuple[Container, ...]
    day: int
    days: int

    @property
    def at_sea(self) -> bool:
        """Whether the stage is kept in a sea area."""
        return self.rule.site == "area"

    def last_day(self, lasting: int) -> int:
        """The last day of the stage on which something of so many days shows."""
        return min(self.day + lasting, self.days) - 1

    def stream(self, subject: str) -> np.random.Generator:
        """A random stream of this incident."""
        return stream(self.seed, self.batch, "incident", self.number, subject)

    def positions(self, where: ContainerSelection) -> NDArray[np.int64]:
        """Positions of the containers struck, in their order.

        Raises:
            HistoryError: when there are fewer, or none of a name.
        """
        held = len(self.containers)
        if where is None:
            return np.arange(held)
        if isinstance(where, int):
            if not 1 <= where <= held:
                raise HistoryError(
                    f"{self.title} asks for {where} containers; {self.batch} is in {held} of them "
                    f"then: give 1 to {held}"
                )
            return np.sort(self.stream("where").permutation(held)[:where])
        names = [container.name for container in self.containers]
        wanted = [where] if isinstance(where, str) else list(where)
        for name in wanted:
            if name not in names:
                near = nearest(name, names)
                raise HistoryError(
                    f"{self.title}: {self.batch} is not in a container {name!r} then; "
                    f"did you mean {near!r}?"
                )
        return np.array(sorted({names.index(name) for name in wanted}), dtype=np.int64)

    def over(
        self, where: NDArray[np.int64], first_day: int, last_day: int, value: float
    ) -> NDArray[np.float64]:
        """A value in the containers struck, from one day to another; 0 elsewhere."""
        array = np.zeros((len(self.containers), self.days))
        array[where, first_day : last_day + 1] = value
        return array

    def fading(
        self, where: NDArray[np.int64], first_day: int, value: float, decay_days: float
    ) -> NDArray[np.float64]:
        """A value in the containers struck that fades from a day on; 0 elsewhere."""
        array = np.zeros((len(self.containers), self.days))
        if first_day < self.days:
            since = np.arange(self.days - first_day)
            array[where, first_day:] = value * exp(-since / decay_days)
        return array
