"""What incidents do to a stage: to its fish, its water and its sensors.

An incident tells its effects in arrays over containers and days, in lists of losses, changes of
water and faults of sensors; those of several incidents add up. Where nothing happens, arrays are
single zeros or ones that change no bit of what they are added to or multiplied with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..disease import Outbreak


def _nothing() -> NDArray[np.float64]:
    return np.zeros((1, 1))


def _all() -> NDArray[np.float64]:
    return np.ones((1, 1))


def _never() -> NDArray[np.bool_]:
    return np.zeros((1, 1), np.bool_)


@dataclass(frozen=True)
class Loss:
    """Fish that a container loses at once, on top of those that die day by day.

    Attributes:
        container: position of the container.
        day: day of the stage.
        fish: how many; None if a share is lost.
        share: share of the fish alive.
        code: cause of the mortality event it is written as.
        reason: its description.
        is_death: whether the fish die; those that escape do not.
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
    """Water that goes to another level for some hours, and comes back.

    Attributes:
        parameter: `oxygen`, `co2`, ...
        containers: positions of the containers.
        begins_h: hours from the midnight before arrival.
        lasts_h: hours until the water is as it was.
        level: where it goes, in the parameter's unit.
    """

    parameter: str
    containers: NDArray[np.int64]
    begins_h: float
    lasts_h: float
    level: float


@dataclass(frozen=True)
class SensorFault:
    """A kind of sensor that tells something else than the water.

    Attributes:
        kind: `stuck`, `drifting` or `silent`.
        parameter: what the sensors measure.
        containers: positions of the containers.
        first_day: first day of the stage it shows.
        last_day: the last one.
        drift_per_day: what a drifting sensor adds a day, in the parameter's unit.
    """

    kind: str
    parameter: str
    containers: NDArray[np.int64]
    first_day: int
    last_day: int
    drift_per_day: float = 0.0


@dataclass(frozen=True)
class Effects:
    """What one incident does, or several together; arrays run over containers and days.

    Attributes:
        disease: times the normal death rate added, under the cause of infection.
        handling: the same under that of handling.
        environment: the same under that of the water.
        growth: share of normal growth kept.
        fasts: days without feed.
        lice: attached lice per fish that come.
        outbreaks: outbreaks of disease.
        losses: fish lost at once.
        water: changes of the water.
        faults: faults of sensors.
        undelivered: days of the stage, first and last, on which no feed is delivered.
    """

    disease: NDArray[np.float64] = field(default_factory=_nothing)
    handling: NDArray[np.float64] = field(default_factory=_nothing)
    environment: NDArray[np.float64] = field(default_factory=_nothing)
    growth: NDArray[np.float64] = field(default_factory=_all)
    fasts: NDArray[np.bool_] = field(default_factory=_never)
    lice: NDArray[np.float64] = field(default_factory=_nothing)
    outbreaks: tuple[Outbreak, ...] = ()
    losses: tuple[Loss, ...] = ()
    water: tuple[WaterChange, ...] = ()
    faults: tuple[SensorFault, ...] = ()
    no_delivery: tuple[tuple[int, int], ...] = ()


NO_EFFECTS = Effects()


def combined_effects(effects: Sequence[Effects]) -> Effects:
    """What several incidents do together."""
    if not effects:
        return NO_EFFECTS
    total = effects[0]
    for one in effects[1:]:
        total = Effects(
            disease=total.disease + one.disease,
            handling=total.handling + one.handling,
            environment=total.environment + one.environment,
            growth=total.growth * one.growth,
            fasts=total.fasts | one.fasts,
            lice=total.lice + one.lice,
            outbreaks=total.outbreaks + one.outbreaks,
            losses=total.losses + one.losses,
            water=total.water + one.water,
            faults=total.faults + one.faults,
            no_delivery=total.no_delivery + one.no_delivery,
        )
    return total
