"""The stage in which an incident begins, and the choice of the containers it affects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import HistoryError
from ...text import nearest
from ..numerics import exp
from ..places import FishContainer
from ..randomness import stream
from ..stages import StageRule

ContainerSelection = int | str | Sequence[str] | None
"""Containers affected: a number of them drawn at random, one or several by name, or all (None)."""


@dataclass(frozen=True)
class IncidentContext:
    """The stage in which an incident begins.

    Attributes:
        title: the incident and its day, as messages name it.
        seed: seed of the build.
        batch: batch number.
        number: position of the incident among those of the batch.
        rule: the stage's rule.
        containers: containers of the batch in this stage, in the order of the plan.
        day: day of the stage on which the incident begins, from 0.
        days: planned days of the stage.
    """

    title: str
    seed: int
    batch: str
    number: int
    rule: StageRule
    containers: tuple[FishContainer, ...]
    day: int
    days: int

    @property
    def at_sea(self) -> bool:
        """True if the stage is kept in a sea area."""
        return self.rule.site == "area"

    def last_day(self, duration_days: int) -> int:
        """Return the last day of an effect of this duration; no later than the stage's last day."""
        return min(self.day + duration_days, self.days) - 1

    def stream(self, subject: str) -> np.random.Generator:
        """Return a random stream of this incident."""
        return stream(self.seed, self.batch, "incident", self.number, subject)

    def positions(self, selection: ContainerSelection) -> NDArray[np.int64]:
        """Return the positions of the selected containers, ascending.

        Raises:
            HistoryError: if the batch is in fewer containers, or in none of a name.
        """
        count = len(self.containers)
        if selection is None:
            return np.arange(count)
        if isinstance(selection, int):
            if not 1 <= selection <= count:
                raise HistoryError(
                    f"{self.title} asks for {selection} containers; {self.batch} is in {count} of "
                    f"them on that day: give 1 to {count}"
                )
            return np.sort(self.stream("where").permutation(count)[:selection])
        names = [container.name for container in self.containers]
        selected = [selection] if isinstance(selection, str) else list(selection)
        for name in selected:
            if name not in names:
                raise HistoryError(
                    f"{self.title}: {self.batch} is not in a container {name!r} on that day; "
                    f"did you mean {nearest(name, names)!r}?"
                )
        return np.array(sorted({names.index(name) for name in selected}), dtype=np.int64)

    def constant(
        self, positions: NDArray[np.int64], first_day: int, last_day: int, value: float
    ) -> NDArray[np.float64]:
        """Return an array over containers and days: `value` in some of both, 0 elsewhere."""
        array = np.zeros((len(self.containers), self.days))
        array[positions, first_day : last_day + 1] = value
        return array

    def decaying(
        self, positions: NDArray[np.int64], first_day: int, value: float, decay_days: float
    ) -> NDArray[np.float64]:
        """Return an array over containers and days: `value`, decaying exponentially; else 0.

        Args:
            positions: containers affected.
            first_day: day with the full value; 0 before it.
            value: value on the first day.
            decay_days: days until 1/e of it is left.
        """
        array = np.zeros((len(self.containers), self.days))
        if first_day < self.days:
            days_since = np.arange(self.days - first_day)
            array[positions, first_day:] = value * exp(-days_since / decay_days)
        return array
