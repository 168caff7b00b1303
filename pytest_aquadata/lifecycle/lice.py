"""Sea lice: infection, development, death, and counts of twenty fish.

The state is the mean number of lice per fish in each ring. Attached stages become pre-adults and
then adults at rates that depend on temperature (Stien et al. 2005; Aldrin et al. 2017). Infection
comes from neighbours and from the batch's own site. Counts are negative binomial, because lice
cluster on few fish. Counts lead to treatment, see `delousing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from .biology import (
    ATTACHED_DEATH,
    CALIGUS_DEATH,
    CALIGUS_PRESSURE,
    CHALIMUS_DAYS_AT_10,
    CHALIMUS_TEMP_EXPONENT,
    FEMALE_DEATH,
    FISH_COUNTED,
    LICE_DISPERSION,
    MALE_DEATH,
    OUTSIDE_PRESSURE,
    OWN_PRESSURE,
    PREADULT_DAYS_AT_10,
    PREADULT_DEATH,
    PREADULT_TEMP_EXPONENT,
    RING_CLUSTERING_SD,
)
from .days import day_number, month_index
from .numerics import lognormal, power
from .randomness import autocorrelated, memory, stream

STAGES = ("attached", "pre-adult", "adult female", "adult male", "caligus")
ATTACHED, PREADULT, FEMALE, MALE, CALIGUS = range(len(STAGES))
_SEASON = np.array([0.45, 0.45, 0.50, 0.65, 0.95, 1.40, 1.70, 1.65, 1.40, 1.00, 0.70, 0.55])
"""Relative infection pressure by calendar month. Adult lice follow two months later: few in winter
and spring, many from July to October."""
_NOISE_PHI = 0.85
_NOISE_SD = 0.45
_COLDEST_C = 1.0


@dataclass(frozen=True)
class LiceLimit:
    """A legal limit of adult female lice, valid from a date on.

    Attributes:
        since: first day.
        months: calendar months in which it is valid, 1 to 12.
        adult_females_per_fish: the limit, mean of a ring.
    """

    since: date
    months: tuple[int, ...]
    adult_females_per_fish: float


@dataclass(frozen=True)
class LiceRule:
    """Rules of a geography for lice.

    Attributes:
        count_every_days: days between counts.
        limits: past and present limits.
    """

    count_every_days: int
    limits: tuple[LiceLimit, ...]

    def limit(self, days: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the limit on each day; infinite on days without one."""
        in_force = np.full(len(days), np.inf)
        month = month_index(days) + 1
        for limit in sorted(self.limits, key=lambda limit: limit.since):
            valid = (days >= day_number(limit.since)) & np.isin(month, limit.months)
            in_force[valid] = limit.adult_females_per_fish
        return in_force

    def is_count_day(self, day: int) -> bool:
        """Return whether lice are counted on a day, counted from arrival at sea."""
        return day > 0 and day % self.count_every_days == 0


@dataclass(frozen=True)
class InfectionPressure:
    """Daily infection and development rates of one sea stay, arrays of shape (rings, days).

    Attributes:
        outside: new lice per fish from outside the site.
        own: new lice per fish from each adult female of the site.
        attached_pace: share of attached lice that become pre-adult.
        preadult_pace: share of pre-adults that become adult.
        caligus: new *Caligus elongatus* per fish.
    """

    outside: NDArray[np.float64]
    own: NDArray[np.float64]
    attached_pace: NDArray[np.float64]
    preadult_pace: NDArray[np.float64]
    caligus: NDArray[np.float64]


def infection_pressure(
    seed: int,
    batch: str,
    rings: tuple[str, ...],
    first_day: int,
    temp_c: NDArray[np.float64],
    neighbours: NDArray[np.float64],
) -> InfectionPressure:
    """Draw the infection and development rates of a sea stay.

    Args:
        seed: seed of the build.
        batch: batch number.
        rings: names of the rings.
        first_day: day number of arrival at sea.
        temp_c: water temperature, shape (rings, days).
        neighbours: farmed fish near the site on each day; 1 is a full-grown batch in the next area.
    """
    days = temp_c.shape[1]
    warm = np.maximum(temp_c, _COLDEST_C) / 10.0
    season = _SEASON[month_index(first_day + np.arange(days))]
    normals = np.empty((len(rings), days + memory(_NOISE_PHI)))
    own_level = np.empty((len(rings), 1))
    for row, ring in enumerate(rings):
        rng = stream(seed, batch, ring, "lice pressure")
        own_level[row] = rng.standard_normal()
        normals[row] = rng.standard_normal(normals.shape[1])
    level = lognormal(own_level, RING_CLUSTERING_SD) * lognormal(
        autocorrelated(normals, _NOISE_PHI, 1.0), _NOISE_SD
    )
    return InfectionPressure(
        outside=OUTSIDE_PRESSURE * season * warm * level * (0.4 + neighbours),
        attached_pace=1.0 / (CHALIMUS_DAYS_AT_10 * power(1.0 / warm, CHALIMUS_TEMP_EXPONENT)),
        preadult_pace=1.0 / (PREADULT_DAYS_AT_10 * power(1.0 / warm, PREADULT_TEMP_EXPONENT)),
        own=OWN_PRESSURE * season * warm * level,
        caligus=CALIGUS_PRESSURE * season * level,
    )


def next_day(
    lice: NDArray[np.float64], pressure: InfectionPressure, day: int
) -> NDArray[np.float64]:
    """Return the lice of each ring a day later.

    Args:
        lice: mean lice per fish, shape (lice stages, rings).
        pressure: infection pressure and development rates.
        day: position of the day in the arrays.
    """
    attached, preadult, female, male, caligus = lice
    arriving = pressure.outside[:, day] + pressure.own[:, day] * female.mean()
    moulting = attached * pressure.attached_pace[:, day]
    maturing = preadult * pressure.preadult_pace[:, day]
    return np.stack(
        [
            attached + arriving - moulting - ATTACHED_DEATH * attached,
            preadult + moulting - maturing - PREADULT_DEATH * preadult,
            female + maturing / 2.0 - FEMALE_DEATH * female,
            male + maturing / 2.0 - MALE_DEATH * male,
            caligus + pressure.caligus[:, day] - CALIGUS_DEATH * caligus,
        ]
    )


def count_lice(lice: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the lice found on the fish counted in each ring, shape (lice stages, rings)."""
    fish = float(FISH_COUNTED)
    shape = LICE_DISPERSION * fish
    clustering = rng.standard_gamma(shape, lice.shape) / shape
    return np.asarray(rng.poisson(np.maximum(lice, 0.0) * fish * clustering), np.int64)
