"""Vaccination: a schedule of injections and their effects on the fish."""

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
"""Death rate added on the day, in times the normal one [U]."""


@dataclass(frozen=True)
class Vaccination:
    """One vaccination of the farm's schedule.

    Attributes:
        stage: order of the stage.
        day: day of the stage, from 0.
        vaccine: name of the vaccine.
    """

    stage: int
    day: int
    vaccine: str


def vaccinations_in(schedule: Sequence[Vaccination], stage: int) -> tuple[Vaccination, ...]:
    """Return the vaccinations of a stage."""
    return tuple(vaccination for vaccination in schedule if vaccination.stage == stage)


def excess_mortality(vaccinations: Sequence[Vaccination], days: int) -> NDArray[np.float64]:
    """Return the death rate that vaccinations add on each day, in times the normal one."""
    added = np.zeros(days)
    decay = exp(-np.arange(days) / float(TREATMENT_DEATH_DECAY_DAYS))
    for vaccination in vaccinations:
        added[vaccination.day :] += _EXCESS_MORTALITY * decay[: days - vaccination.day]
    return added


def fasting_days(vaccinations: Sequence[Vaccination], days: int) -> NDArray[np.bool_]:
    """Return the days without feed because of vaccinations."""
    fasts = np.zeros(days, np.bool_)
    for vaccination in vaccinations:
        fasts[max(vaccination.day - FASTING_DAYS, 0) : vaccination.day + 1] = True
    return fasts
