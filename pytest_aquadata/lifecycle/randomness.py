"""Random streams, each keyed by its purpose.

The seed and words such as a batch number, a container and a subject are hashed into the key of a
counter-based generator (Philox, Salmon et al. 2011). The order of calls has no effect, and a new
subject does not change the numbers of others.
"""

from __future__ import annotations

import hashlib
import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from .days import day_number, to_date

_NEGLIGIBLE_WEIGHT = 0.002


def stream(seed: int, *subject: str | int) -> np.random.Generator:
    """Return the generator of a seed and subject, always in the same initial state."""
    name = "\x1f".join(str(part) for part in (seed, *subject))
    digest = hashlib.blake2b(name.encode(), digest_size=16, person=b"aquadata").digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def memory(phi: float) -> int:
    """Return the number of earlier innovations that an autocorrelated value depends on."""
    return math.ceil(math.log(_NEGLIGIBLE_WEIGHT) / math.log(phi)) if phi > 0 else 0


def autocorrelated(normals: NDArray[np.float64], phi: float, sd: float) -> NDArray[np.float64]:
    """Return an AR(1) series with finite memory.

    Each value is a weighted sum of the latest `memory(phi)` innovations and its own, so any window
    of a longer series has the same values.

    Args:
        normals: standard normal numbers along the last axis, `memory(phi)` more than values.
        phi: correlation of successive values, from 0 to below 1.
        sd: standard deviation of the series.
    """
    lags = memory(phi)
    length = normals.shape[-1] - lags
    weights = [phi**lag for lag in range(lags + 1)]
    scale = sd / math.sqrt(math.fsum(weight * weight for weight in weights))
    series = normals[..., lags:] * scale
    for lag, weight in enumerate(weights[1:], start=1):
        series += normals[..., lags - lag : lags - lag + length] * (weight * scale)
    return series


def calendar_series(
    seed: int, first_day: int, days: int, phi: float, sd: float, *subject: str | int
) -> NDArray[np.float64]:
    """Return an autocorrelated value for each calendar day, independent of the range of days.

    Args:
        seed: seed of the build.
        first_day: day number of the first value.
        days: number of values.
        phi: correlation of successive days.
        sd: standard deviation.
        subject: words that key the stream, such as a site and a quantity.
    """
    earliest = first_day - memory(phi)
    normals = calendar_normals(seed, earliest, days + memory(phi), *subject)
    return autocorrelated(normals, phi, sd)


def calendar_normals(
    seed: int, first_day: int, days: int, *subject: str | int
) -> NDArray[np.float64]:
    """Return a standard normal number for each calendar day, drawn year by year."""
    first_year, last_year = to_date(first_day).year, to_date(first_day + max(days, 1) - 1).year
    years = [
        stream(seed, *subject, year).standard_normal(_days_in(year))
        for year in range(first_year, last_year + 1)
    ]
    skipped = first_day - day_number(date(first_year, 1, 1))
    return np.concatenate(years)[skipped : skipped + days]


def _days_in(year: int) -> int:
    return day_number(date(year + 1, 1, 1)) - day_number(date(year, 1, 1))
