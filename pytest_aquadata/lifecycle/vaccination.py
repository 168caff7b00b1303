"""Vaccination: a schedule of injections, each at a stage and day, and what it costs the fish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import TREATMENT_DEATH_DECAY_DAYS
from .numerics import exp

FASTING_DAYS = 2
"""Days without feed before an injection [U]."""
_EXCESS_MORTALITY = 3.0
"""Times the normal death rate added on the day [U]."""


@dataclass(frozen=True)
class Vaccination:
    """One injection of the farm's schedule.

    Attributes:
        stage: order of the stage.
        day: day of the stage, from 0.
        vaccine: name of the vaccine.
    """

    stage: int
    day: int
    vaccine: str


def vaccinations_in(schedule: Sequence[Vaccination], stage: int) -> tuple[Vaccination, ...]:
    """The injections of a stage."""
    return tuple(one for one in schedule if one.stage == stage)


def excess_mortality(given: Sequence[Vaccination], days: int) -> NDArray[np.float64]:
    """Times the normal death rate that injections add, a day."""
    added = np.zeros(days)
    decay = exp(-np.arange(days) / float(TREATMENT_DEATH_DECAY_DAYS))
    for one in given:
        added[one.day :] += _EXCESS_MORTALITY * decay[: days - one.day]
    return added


def fasting_days(given: Sequence[Vaccination], days: int) -> NDArray[np.bool_]:
    """Days without feed because of injections."""
    fasts = np.zeros(days, np.bool_)
    for one in given:
        fasts[max(one.day - FASTING_DAYS, 0) : one.day + 1] = True
    return fasts
