"""Sensors that are stuck, drift or fall silent: the water is as ever, the readings are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...errors import HistoryError
from ...text import nearest
from .context import ContainerSelection, IncidentContext
from .effects import Effects, SensorFault
from .incident import Incident, IncidentImpact

_DRIFT_PER_DAY = {
    "temperature": 0.15, "oxygen": -0.20, "ph": -0.05, "co2": 0.5, "no2": 0.003, "no3": 3.0,
    "nh4": 0.05, "salinity": -0.30,
}  # fmt: skip
"""In the parameter's unit: several times what fouled or ageing probes lose in a day, so that a
week of it shows [U]."""


@dataclass(frozen=True)
class _Fault(Incident):
    """A fault of one kind of sensor.

    Attributes:
        parameter: what the sensors measure: `oxygen`, `temperature`, ...
        containers: those whose sensors are at fault; all if None.
        days: how long.
    """

    parameter: str = "oxygen"
    containers: ContainerSelection = 1
    days: int = 7

    how: ClassVar[str]

    def __post_init__(self) -> None:
        self._between("days", self.days, 1, 365)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Readings that tell something else than the water, or none at all."""
        measured = [sensor.parameter for sensor in context.containers[0].sensors]
        if self.parameter not in measured:
            near = nearest(self.parameter, measured)
            instead = f"did you mean {near!r}? " if near else ""
            raise HistoryError(
                f"{context.title}: no sensor there measures {self.parameter!r}: {instead}"
                f"there are {', '.join(measured) or 'none'}"
            )
        where = context.positions(self.containers)
        last = context.last_day(self.days)
        drift = self._drift_per_day()
        fault = SensorFault(self.how, self.parameter, where, context.day, last, drift)
        return IncidentImpact(
            containers=where,
            last_day=last,
            amount=drift or float(last - context.day + 1),
            unit="a day" if drift else "days",
            parameter=self.parameter,
            effects=Effects(faults=(fault,)),
        )

    def _drift_per_day(self) -> float:
        return 0.0


@dataclass(frozen=True)
class SensorStuck(_Fault):
    """Sensors that go on telling what they told last.

    Attributes:
        parameter: what the sensors measure: `oxygen`, `temperature`, ...
        containers: those whose sensors are at fault; all if None.
        days: how long.
    """

    kind: ClassVar[str] = "sensor stuck"
    how: ClassVar[str] = "stuck"


@dataclass(frozen=True)
class SensorSilent(_Fault):
    """Sensors that tell nothing.

    Attributes:
        parameter: what the sensors measure: `oxygen`, `temperature`, ...
        containers: those whose sensors are at fault; all if None.
        days: how long.
    """

    kind: ClassVar[str] = "sensor silent"
    how: ClassVar[str] = "silent"


@dataclass(frozen=True)
class SensorDrifting(_Fault):
    """Sensors that stray further from the water every day, until they are calibrated.

    Attributes:
        parameter: what the sensors measure: `oxygen`, `temperature`, ...
        containers: those whose sensors are at fault; all if None.
        days: how long.
        per_day: what is added a day, in the parameter's unit; usual for the parameter if None.
    """

    per_day: float | None = None

    kind: ClassVar[str] = "sensor drifting"
    how: ClassVar[str] = "drifting"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.per_day is not None and not self.per_day:
            raise HistoryError(f"{self.kind}: per_day must not be 0; leave it out for a usual one")

    def _drift_per_day(self) -> float:
        return _DRIFT_PER_DAY[self.parameter] if self.per_day is None else self.per_day
