"""The contract of an event: the tables it writes, their capacity, and how their rows are made.

A kind of event is one module of this package. It defines `EVENT` and is listed in `registry`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from ..columns import BatchTables
from ..feed import FeedAccount
from ..inputs import BatchInputs
from ..plan import BatchPlan
from ..stages import StageRule
from ..state import Life

_Result = TypeVar("_Result")
_SHORTEST_MONTH_DAYS = 28
MOST_VACCINATIONS = 20
MOST_OUTBREAKS = 60
"""Upper bounds for one batch; they only widen its ranges of primary keys."""


@dataclass(frozen=True)
class StayCapacity:
    """Size of one stay up to today.

    Attributes:
        containers: number of containers.
        days: days from arrival, today included.
        sensors: sensors in all containers.
        rule: rule of the stage.
    """

    containers: int
    days: int
    sensors: int
    rule: StageRule


@dataclass(frozen=True)
class CapacityContext:
    """Plan of a batch up to today, from which capacities are computed.

    Attributes:
        plan: plan of the batch.
        stays: size of each stay that has begun.
        readings_per_day: readings of each sensor a day.
    """

    plan: BatchPlan
    stays: tuple[StayCapacity, ...]
    readings_per_day: int

    def total(self, rows: Callable[[StayCapacity], int]) -> int:
        """Return the sum of a number of rows over all stays."""
        return sum(rows(stay) for stay in self.stays)

    @property
    def transfers(self) -> int:
        """Transfers between stages."""
        return len(self.stays) - 1

    @property
    def rings(self) -> int:
        """Sea rings of the last stage; 0 before it begins."""
        return self.stays[-1].containers if len(self.stays) == len(self.plan.stays) else 0

    @property
    def sea_days(self) -> int:
        """Days of the last stage; 0 before it begins."""
        return self.stays[-1].days if self.rings else 0

    @property
    def months(self) -> int:
        """Months of 28 days, a part of one counted as a whole, summed over all stays."""
        return self.total(lambda stay: stay.days // _SHORTEST_MONTH_DAYS + 1)


@dataclass(frozen=True)
class EventContext:
    """Simulated batch, from which the rows of its events are made.

    Attributes:
        inputs: inputs of the simulation.
        life: its simulated life.
        account: its account in the feed ledger.
        written: rows of the events that come earlier in the registry, by table.
    """

    inputs: BatchInputs
    life: Life
    account: FeedAccount
    written: BatchTables
    _results: dict[object, object] = field(default_factory=dict, init=False, repr=False)

    def shared(self, compute: Callable[[BatchInputs, Life], _Result]) -> _Result:
        """Return the result of a function that several events use; it is called once."""
        if compute not in self._results:
            self._results[compute] = compute(self.inputs, self.life)
        return cast(_Result, self._results[compute])


@dataclass(frozen=True)
class ImperfectColumns:
    """The columns that imperfections may change, in a table that no other row refers to.

    Attributes:
        numbers: columns that can be mistyped, with their scale.
        timestamps: columns that say when the row was written, the creation first.
        can_be_duplicated: False if the schema forbids two rows of the same content.
    """

    numbers: Mapping[str, int]
    timestamps: tuple[str, ...] = ("created_at", "updated_at")
    can_be_duplicated: bool = True


@dataclass(frozen=True)
class EventTable:
    """A table that an event writes.

    Attributes:
        name: name of the table.
        capacity: returns the most rows that a batch can have up to today.
        share_written: share of the capacity that is usually written, for estimates; measured
            with the full preset.
        imperfect: the columns that imperfections may change; None if they leave the table alone.
    """

    name: str
    capacity: Callable[[CapacityContext], int]
    share_written: float = 1.0
    imperfect: ImperfectColumns | None = None


@dataclass(frozen=True)
class Event:
    """A kind of event.

    Attributes:
        tables: the tables it writes, all of whose rows are its own.
        rows: returns the rows of a batch by table. A table without rows may be left out. It may
            also return a table of an earlier event with columns added.
    """

    tables: tuple[EventTable, ...]
    rows: Callable[[EventContext], BatchTables]
