"""Effects of incidents on a stage: on fish, water, sensors and feed deliveries.

Effects are arrays over containers and days, and lists of losses, water changes and sensor faults.
Those of several incidents are combined: rates and lists are added, growth shares multiplied. An
effect that does not occur is a 1 x 1 array of zeros (added) or ones (multiplied): it broadcasts and
leaves every bit of the other operand unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..disease import Outbreak

FaultKind = Literal["stuck", "drifting", "silent"]
"""Kinds of sensor faults."""


def _zeros() -> NDArray[np.float64]:
    return np.zeros((1, 1))


def _ones() -> NDArray[np.float64]:
    return np.ones((1, 1))


def _all_false() -> NDArray[np.bool_]:
    return np.zeros((1, 1), np.bool_)


@dataclass(frozen=True)
class Loss:
    """Fish that a container loses at once, in addition to the daily deaths.

    Attributes:
        container: position of the container.
        day: day of the stage.
        fish: number of fish; None if a share is lost.
        share: share of the fish alive on that day.
        code: cause of the mortality event that records the loss.
        reason: description in that event.
        is_death: False for fish that leave alive, such as escaped fish.
    """

    container: int
    day: int
    fish: int | None
    share: float
    code: str
    reason: str
    is_death: bool = True


@dataclass(frozen=True)
class WaterChange:
    """A temporary change of one water parameter.

    Attributes:
        parameter: `oxygen`, `co2`, ...
        containers: positions of the containers.
        begins_h: hours from the midnight before arrival.
        lasts_h: hours until the water is back at its normal level.
        level: lowest or highest level reached, in the parameter's unit.
    """

    parameter: str
    containers: NDArray[np.int64]
    begins_h: float
    lasts_h: float
    level: float


@dataclass(frozen=True)
class SensorFault:
    """A fault of the sensors of one parameter.

    Attributes:
        kind: kind of fault.
        parameter: parameter that the sensors measure.
        containers: positions of the containers.
        first_day: first day of the stage with faulty readings.
        last_day: last day of the stage with faulty readings.
        drift_per_day: error that a drifting sensor gains a day, in the parameter's unit.
    """

    kind: FaultKind
    parameter: str
    containers: NDArray[np.int64]
    first_day: int
    last_day: int
    drift_per_day: float = 0.0


@dataclass(frozen=True)
class Effects:
    """Effects of one incident or of several combined; arrays run over containers and days.

    Attributes:
        disease: added death rate by infection, in multiples of the normal rate.
        handling: added death rate by handling, in multiples of the normal rate.
        environment: added death rate by poor water, in multiples of the normal rate.
        growth: share of normal growth that is kept.
        fasts: True on days without feed.
        lice: attached lice that settle, per fish.
        outbreaks: outbreaks of disease.
        losses: fish lost at once.
        water: changes of the water.
        faults: faults of sensors.
        no_delivery: periods without feed deliveries, as first and last day of the stage.
    """

    disease: NDArray[np.float64] = field(default_factory=_zeros)
    handling: NDArray[np.float64] = field(default_factory=_zeros)
    environment: NDArray[np.float64] = field(default_factory=_zeros)
    growth: NDArray[np.float64] = field(default_factory=_ones)
    fasts: NDArray[np.bool_] = field(default_factory=_all_false)
    lice: NDArray[np.float64] = field(default_factory=_zeros)
    outbreaks: tuple[Outbreak, ...] = ()
    losses: tuple[Loss, ...] = ()
    water: tuple[WaterChange, ...] = ()
    faults: tuple[SensorFault, ...] = ()
    no_delivery: tuple[tuple[int, int], ...] = ()


NO_EFFECTS = Effects()


def combined_effects(effects: Sequence[Effects]) -> Effects:
    """Return the effects of several incidents in the same stage, combined."""
    if not effects:
        return NO_EFFECTS
    total = effects[0]
    for added in effects[1:]:
        total = Effects(
            disease=total.disease + added.disease,
            handling=total.handling + added.handling,
            environment=total.environment + added.environment,
            growth=total.growth * added.growth,
            fasts=total.fasts | added.fasts,
            lice=total.lice + added.lice,
            outbreaks=total.outbreaks + added.outbreaks,
            losses=total.losses + added.losses,
            water=total.water + added.water,
            faults=total.faults + added.faults,
            no_delivery=total.no_delivery + added.no_delivery,
        )
    return total
