"""Outbreaks of disease: their days, their course, and their severity by container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import (
    OUTBREAK_DECAY_DAYS,
    OUTBREAK_FACTOR,
    OUTBREAK_RISE_DAYS,
    OUTBREAKS_A_YEAR_AT_SEA,
    OUTBREAKS_A_YEAR_IN_HALLS,
)
from .numerics import exp, lognormal
from .randomness import stream
from .stages import StageRule

DIAGNOSES_AT_SEA = ("Pancreas disease", "Cardiomyopathy syndrome", "Amoebic gill disease", "HSMI")
DIAGNOSES_IN_HALLS = ("Saprolegnia infection", "Furunculosis", "Infectious pancreatic necrosis")
_SPREAD = 0.7
_APPETITE_LOST = 0.25


@dataclass(frozen=True)
class Outbreak:
    """One outbreak of disease.

    Attributes:
        day: first day, counted from arrival.
        diagnosis: name of the disease.
        peak: death rate that it adds at its peak, in times the normal one, by container.
    """

    day: int
    diagnosis: str
    peak: NDArray[np.float64]


def outbreaks(
    seed: int, batch: str, containers: Sequence[str], rule: StageRule, days: int
) -> tuple[Outbreak, ...]:
    """Draw the outbreaks of a stage, in order of their days."""
    if not rule.is_fed:
        return ()
    rng = stream(seed, batch, f"stage {rule.order}", "outbreaks")
    at_sea = rule.site == "area"
    a_year = OUTBREAKS_A_YEAR_AT_SEA if at_sea else OUTBREAKS_A_YEAR_IN_HALLS
    diagnoses = DIAGNOSES_AT_SEA if at_sea else DIAGNOSES_IN_HALLS
    drawn = []
    for _ in range(int(rng.poisson(a_year * days / 365.25))):
        peak = OUTBREAK_FACTOR * lognormal(rng.standard_normal(1 + len(containers)), _SPREAD)
        drawn.append(
            Outbreak(
                day=int(rng.integers(days)),
                diagnosis=diagnoses[int(rng.integers(len(diagnoses)))],
                peak=peak[0] * peak[1:] / OUTBREAK_FACTOR,
            )
        )
    return tuple(sorted(drawn, key=lambda outbreak: outbreak.day))


def burden(drawn: Sequence[Outbreak], containers: int, days: int) -> NDArray[np.float64]:
    """Return the death rate that outbreaks add, in times the normal one, by container and day."""
    since = np.arange(days)
    course = (1.0 - exp(-since / float(OUTBREAK_RISE_DAYS))) * exp(
        -since / float(OUTBREAK_DECAY_DAYS)
    )
    course = course / max(float(course.max()), 1e-9)
    added = np.zeros((containers, days))
    for outbreak in drawn:
        added[:, outbreak.day :] += outbreak.peak[:, None] * course[: days - outbreak.day]
    return added


def appetite(added: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of normal growth that sick fish keep, by container and day."""
    return 1.0 - _APPETITE_LOST * np.minimum(added / OUTBREAK_FACTOR, 1.0)
