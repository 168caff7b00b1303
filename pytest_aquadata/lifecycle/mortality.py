"""How fish die: a hazard a container and day, and the deaths that follow from it.

Hazards are skewed between batches and containers and correlated from day to day, so most
container-months lose little and a few lose a lot (Bang Jensen et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import (
    DAILY_SHAPE,
    EARLY_DAYS,
    HAZARD_CV_BATCH,
    HAZARD_PHI,
    HAZARD_SD_CONTAINER,
)
from .numerics import lognormal
from .randomness import autocorrelated, memory, stream
from .stages import StageRule


@dataclass(frozen=True)
class Cause:
    """A cause of death: what AquaMind's column takes, and the finer reason.

    Attributes:
        code: value of the mortality event's cause.
        reason: name in the table of mortality reasons, told in the description.
        share: share of deaths.
    """

    code: str
    reason: str
    share: float


CAUSES_AT_SEA = (
    Cause("DISEASE", "Infectious disease", 0.38),
    Cause("HANDLING", "Trauma from handling", 0.22),
    Cause("PREDATION", "Wounds from predators", 0.11),
    Cause("UNKNOWN", "Unknown", 0.20),
    Cause("OTHER", "Physiological disorder", 0.045),
    Cause("ENVIRONMENTAL", "Poor water quality", 0.025),
    Cause("OTHER", "Deformity", 0.02),
)
"""Shares of AquaCloud 2023: infection 38 %, trauma 33, unknown 20, physiological 4.5,
environment 2.9, other 2; trauma is split between handling and predators [U]."""

CAUSES_IN_HALLS = (
    Cause("DISEASE", "Infectious disease", 0.25),
    Cause("HANDLING", "Trauma from handling", 0.15),
    Cause("UNKNOWN", "Unknown", 0.30),
    Cause("OTHER", "Physiological disorder", 0.10),
    Cause("ENVIRONMENTAL", "Poor water quality", 0.08),
    Cause("OTHER", "Deformity", 0.12),
)
"""Shares in fresh water [U]."""

COUNTING_DIFFERENCE = Cause("OTHER", "Counting difference at harvest", 0.0)


def daily_rate(monthly_pct: float) -> float:
    """Daily death rate that loses `monthly_pct` percent in 30 days.

    0.05 % a day is 16.69 % a year.
    """
    return float(1.0 - (1.0 - monthly_pct / 100.0) ** (1.0 / 30.0))


def expected_survival(rule: StageRule, days: int) -> float:
    """Share of fish expected to survive a stage of so many days."""
    early = min(days, int(EARLY_DAYS))
    return float(
        (1.0 - daily_rate(rule.early_monthly_mortality_pct)) ** early
        * (1.0 - daily_rate(rule.monthly_mortality_pct)) ** (days - early)
    )


def hazards(
    seed: int, batch: str, containers: tuple[str, ...], rule: StageRule, days: int
) -> NDArray[np.float64]:
    """Daily death rate, a container and day."""
    stage = f"stage {rule.order}"
    early = daily_rate(rule.early_monthly_mortality_pct)
    later = daily_rate(rule.monthly_mortality_pct)
    base = np.where(np.arange(days) < EARLY_DAYS, early, later)
    batch_factor = lognormal(
        stream(seed, batch, stage, "frailty").standard_normal(1), HAZARD_CV_BATCH
    )
    normals = np.empty((len(containers), days + memory(HAZARD_PHI)))
    daily = np.empty((len(containers), days))
    for row, container in enumerate(containers):
        rng = stream(seed, batch, container, "mortality")
        normals[row] = rng.standard_normal(normals.shape[1])
        daily[row] = rng.standard_gamma(DAILY_SHAPE, days) / DAILY_SHAPE
    level = lognormal(autocorrelated(normals, HAZARD_PHI, 1.0), HAZARD_SD_CONTAINER)
    return np.minimum(base * batch_factor * level * daily, 0.25)


def deaths(
    population: NDArray[np.int64], hazard: NDArray[np.float64], rounding: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Whole fish that die, a container and day.

    The expected survivors are followed exactly and rounded once, so the counts of all days sum to
    what the hazards say to within one fish.

    Args:
        population: fish at the start, a container.
        hazard: death rate, a container and day.
        rounding: a number in [0, 1) a container, where its count is rounded up.
    """
    lost = population[:, None] * (1.0 - np.cumprod(1.0 - hazard, axis=1))
    cumulative = np.floor(lost + rounding[:, None]).astype(np.int64)
    return np.diff(cumulative, axis=1, prepend=0)
