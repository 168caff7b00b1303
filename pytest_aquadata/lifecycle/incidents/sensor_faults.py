"""Faults of sensors: stuck, drifting or silent. The water itself does not change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...errors import HistoryError
from ...text import did_you_mean
from .context import ContainerSelection, IncidentContext
from .effects import Effects, FaultKind, SensorFault
from .incident import Incident, IncidentImpact

_DRIFT_PER_DAY = {
    "temperature": 0.15, "oxygen": -0.20, "ph": -0.05, "co2": 0.5, "no2": 0.003, "no3": 3.0,
    "nh4": 0.05, "salinity": -0.30,
}  # fmt: skip
"""Default drift in the parameter's unit: several times that of fouled or ageing probes, so that a
week of it is visible [U]."""


@dataclass(frozen=True)
class _SensorIncident(Incident):
    """A fault of the sensors of one parameter.

    Attributes:
        parameter: parameter that the sensors measure: `oxygen`, `temperature`, ...
        containers: containers with faulty sensors; one, drawn at random, by default; all if None.
        days: duration in days: 1 to 365.
    """

    parameter: str = "oxygen"
    containers: ContainerSelection = 1
    days: int = 7

    fault_kind: ClassVar[FaultKind]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("days", self.days, 1, 365)
        if self.parameter not in _DRIFT_PER_DAY:
            hint = did_you_mean(self.parameter, _DRIFT_PER_DAY)
            raise HistoryError(
                f"{self.kind}: no sensor measures {self.parameter!r}; {hint}the parameters are "
                f"{', '.join(_DRIFT_PER_DAY)}"
            )

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return the fault of the sensors; the fish are not affected."""
        measured = [sensor.parameter for sensor in context.containers[0].sensors]
        if self.parameter not in measured:
            hint = did_you_mean(self.parameter, measured)
            raise HistoryError(
                f"{context.title}: no sensor in this stage measures {self.parameter!r}: {hint}"
                f"the sensors measure {', '.join(measured) or 'nothing'}"
            )
        affected = context.positions(self.containers)
        last = context.last_day(self.days)
        drift = self._drift_per_day()
        fault = SensorFault(self.fault_kind, self.parameter, affected, context.day, last, drift)
        return IncidentImpact(
            containers=affected,
            last_day=last,
            amount=drift or float(last - context.day + 1),
            unit="a day" if drift else "days",
            parameter=self.parameter,
            effects=Effects(faults=(fault,)),
        )

    def _drift_per_day(self) -> float:
        return 0.0


@dataclass(frozen=True)
class SensorStuck(_SensorIncident):
    """Sensors that repeat their last reading.

    Attributes:
        parameter: parameter that the sensors measure: `oxygen`, `temperature`, ...
        containers: containers with faulty sensors; one, drawn at random, by default; all if None.
        days: duration in days: 1 to 365.
    """

    kind: ClassVar[str] = "sensor stuck"
    fault_kind: ClassVar[FaultKind] = "stuck"


@dataclass(frozen=True)
class SensorSilent(_SensorIncident):
    """Sensors that send no readings.

    Attributes:
        parameter: parameter that the sensors measure: `oxygen`, `temperature`, ...
        containers: containers with faulty sensors; one, drawn at random, by default; all if None.
        days: duration in days: 1 to 365.
    """

    kind: ClassVar[str] = "sensor silent"
    fault_kind: ClassVar[FaultKind] = "silent"


@dataclass(frozen=True)
class SensorDrifting(_SensorIncident):
    """Sensors whose error grows every day, until they are calibrated after the last day.

    Attributes:
        parameter: parameter that the sensors measure: `oxygen`, `temperature`, ...
        containers: containers with faulty sensors; one, drawn at random, by default; all if None.
        days: duration in days: 1 to 365.
        per_day: error gained a day, in the parameter's unit, not 0; a default for the parameter if
            None.
    """

    per_day: float | None = None

    kind: ClassVar[str] = "sensor drifting"
    fault_kind: ClassVar[FaultKind] = "drifting"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.per_day is None:
            return
        self._check_range("per_day", self.per_day, -1_000, 1_000)
        if not self.per_day:
            raise HistoryError(
                f"{self.kind}: per_day must not be 0; leave it out for the parameter's default"
            )

    def _drift_per_day(self) -> float:
        return _DRIFT_PER_DAY[self.parameter] if self.per_day is None else self.per_day
