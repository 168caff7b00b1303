"""Mortality: a hazard for each container and day, its causes, and the deaths that follow.

Hazards are skewed between batches, sites and containers, and correlated from day to day: most
container-months lose few fish and some lose many (Bang Jensen et al. 2020). Outbreaks, treatments
and warm water add to the hazard, each under its own cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import (
    DAILY_SHAPE,
    EARLY_DAYS,
    EGG_UNEVENNESS,
    HAZARD_CV_BATCH,
    HAZARD_PHI,
    HAZARD_SD_CONTAINER,
    HAZARD_SD_SITE,
    WARM_WATER_C,
    WARM_WATER_RISE,
)
from .numerics import lognormal
from .randomness import autocorrelated, calendar_series, memory, stream
from .stages import StageRule


@dataclass(frozen=True)
class Cause:
    """A cause of death.

    Attributes:
        code: value of the mortality event's cause, one of AquaMind's choices.
        reason: name in the table of mortality reasons, text of the description.
        at_sea: share of the normal hazard at sea.
        in_halls: share of the normal hazard in halls.
    """

    code: str
    reason: str
    at_sea: float
    in_halls: float


CAUSES = (
    Cause("DISEASE", "Infectious disease", 0.23, 0.17),
    Cause("HANDLING", "Trauma from handling", 0.25, 0.16),
    Cause("ENVIRONMENTAL", "Poor water quality", 0.02, 0.08),
    Cause("PREDATION", "Wounds from predators", 0.15, 0.0),
    Cause("UNKNOWN", "Unknown", 0.265, 0.35),
    Cause("OTHER", "Physiological disorder", 0.06, 0.11),
    Cause("OTHER", "Deformity", 0.025, 0.13),
)
"""Causes of death. At sea 38 % are infection, 33 trauma, 20 unknown, 4.5 physiological, 2.9
environment, 2 other (AquaCloud 2023). Outbreaks, treatments and warm water supply a part of
infection, trauma and environment. The split of trauma and the shares in halls are [U]."""

INFECTION, HANDLING, ENVIRONMENT = range(3)
COUNTING_DIFFERENCE = Cause("OTHER", "Counting difference at harvest", 0.0, 0.0)
_HIGHEST = 0.25


@dataclass(frozen=True)
class ExcessMortality:
    """Death rates beyond the normal, in times the normal rate, by container and day.

    Attributes:
        disease: from outbreaks.
        handling: from treatments and vaccinations.
        temp_c: water temperature, from which that of warm water follows.
        environment: from bad water, without that of warm water.
    """

    disease: NDArray[np.float64]
    handling: NDArray[np.float64]
    temp_c: NDArray[np.float64]
    environment: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Hazard:
    """Death rates of a stage.

    Attributes:
        daily: death rate, shape (containers, days).
        cause: position of the main cause in `CAUSES`, shape (containers, days).
    """

    daily: NDArray[np.float64]
    cause: NDArray[np.int64]


def daily_rate(monthly_pct: float) -> float:
    """Return the daily death rate for a loss of `monthly_pct` percent in 30 days.

    0.05 % a day is 16.69 % a year.
    """
    return float(1.0 - (1.0 - monthly_pct / 100.0) ** (1.0 / 30.0))


def expected_survival(rule: StageRule, days: int) -> float:
    """Return the share of fish expected to survive some days of a stage."""
    early = min(days, int(EARLY_DAYS))
    return float(
        (1.0 - daily_rate(rule.early_monthly_mortality_pct)) ** early
        * (1.0 - daily_rate(rule.monthly_mortality_pct)) ** (days - early)
    )


def hazards(
    seed: int,
    batch: str,
    site: str,
    containers: Sequence[str],
    rule: StageRule,
    first_day: int,
    excess: ExcessMortality,
) -> Hazard:
    """Return the death rates of a stage and the main causes."""
    days = excess.temp_c.shape[1]
    level = _relative_hazard(seed, batch, site, containers, rule, first_day, days)
    shares = [cause.at_sea if rule.site == "area" else cause.in_halls for cause in CAUSES]
    by_cause = np.array(shares)[:, None, None] * level
    by_cause[INFECTION] += excess.disease
    by_cause[HANDLING] += excess.handling
    by_cause[ENVIRONMENT] += WARM_WATER_RISE * np.maximum(excess.temp_c - WARM_WATER_C, 0.0)
    if excess.environment is not None:
        by_cause[ENVIRONMENT] += excess.environment
    daily = (
        by_cause.sum(axis=0)
        * _normal_rate(rule, days)
        * _daily_variation(seed, batch, containers, days)
    )
    return Hazard(np.minimum(daily, _HIGHEST), _main_cause(seed, batch, containers, by_cause))


def _normal_rate(rule: StageRule, days: int) -> NDArray[np.float64]:
    early = daily_rate(rule.early_monthly_mortality_pct)
    later = daily_rate(rule.monthly_mortality_pct)
    return np.where(np.arange(days) < EARLY_DAYS, early, later)


def _relative_hazard(
    seed: int,
    batch: str,
    site: str,
    containers: Sequence[str],
    rule: StageRule,
    first_day: int,
    days: int,
) -> NDArray[np.float64]:
    """Draw relative hazards of batch, site and container, with mean 1."""
    frailty = stream(seed, batch, f"stage {rule.order}", "frailty").standard_normal(1)
    of_site = calendar_series(seed, first_day, days, HAZARD_PHI, 1.0, site, "mortality")
    normals = np.empty((len(containers), days + memory(HAZARD_PHI)))
    for row, container in enumerate(containers):
        rng = stream(seed, batch, container, "mortality")
        normals[row] = rng.standard_normal(normals.shape[1])
    of_container = autocorrelated(normals, HAZARD_PHI, 1.0)
    calm = 1.0 if rule.is_fed else float(EGG_UNEVENNESS)
    return (
        lognormal(frailty, calm * HAZARD_CV_BATCH)
        * lognormal(of_site, calm * HAZARD_SD_SITE)
        * lognormal(of_container, calm * HAZARD_SD_CONTAINER)
    )


def _daily_variation(
    seed: int, batch: str, containers: Sequence[str], days: int
) -> NDArray[np.float64]:
    """Draw relative hazards of single days, with mean 1: counts are over-dispersed."""
    drawn = [
        stream(seed, batch, container, "deaths of a day").standard_gamma(DAILY_SHAPE, days)
        for container in containers
    ]
    return np.stack(drawn) / DAILY_SHAPE


def _main_cause(
    seed: int, batch: str, containers: Sequence[str], by_cause: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Draw one cause for each container and day, in proportion to its share of the hazard."""
    through = np.cumsum(by_cause, axis=0)
    days = by_cause.shape[2]
    drawn = np.empty((len(containers), days))
    for row, container in enumerate(containers):
        drawn[row] = stream(seed, batch, container, "cause of death").random(days)
    return np.asarray((drawn * through[-1] >= through[:-1]).sum(axis=0), np.int64)


def deaths(
    population: NDArray[np.int64], hazard: NDArray[np.float64], rounding: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the number of fish that die, by container and day.

    Cumulative deaths are rounded, not daily ones, so their sum differs from the expected number by
    less than one fish.

    Args:
        population: fish at the start, by container.
        hazard: death rate by container and day.
        rounding: a number in [0, 1) for each container, added before rounding down.
    """
    lost = population[:, None] * (1.0 - np.cumprod(1.0 - hazard, axis=1))
    cumulative = np.floor(lost + rounding[:, None]).astype(np.int64)
    return np.diff(cumulative, axis=1, prepend=0)
