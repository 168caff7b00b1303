"""Random streams named by what they are for.

A stream is keyed by the seed and by words such as a batch number, a container and a subject,
hashed into the key of a counter-based generator (Philox, Salmon et al. 2011). Nothing depends on
the order in which streams are drawn from, so adding a subject leaves the others' numbers alone.
"""

from __future__ import annotations

import hashlib
import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from .days import day_number, to_date

_FORGOTTEN = 0.002


def stream(seed: int, *subject: str | int) -> np.random.Generator:
    """A generator that belongs to this seed and subject, always the same."""
    name = "\x1f".join(str(part) for part in (seed, *subject))
    digest = hashlib.blake2b(name.encode(), digest_size=16, person=b"aquadata").digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def memory(phi: float) -> int:
    """How many earlier steps an autocorrelated value still remembers."""
    return math.ceil(math.log(_FORGOTTEN) / math.log(phi)) if phi > 0 else 0


def autocorrelated(normals: NDArray[np.float64], phi: float, sd: float) -> NDArray[np.float64]:
    """A series in which each value resembles the one before it (AR(1), finite memory).

    Written as a weighted sum of the latest `memory(phi)` innovations, so that a value depends on
    the innovations near it alone and any window of a longer series has the same values.

    Args:
        normals: standard normal numbers along the last axis, `memory(phi)` more than wanted.
        phi: correlation of one value with the next, 0 to below 1.
        sd: standard deviation of the series.
    """
    lags = memory(phi)
    wanted = normals.shape[-1] - lags
    weights = [phi**lag for lag in range(lags + 1)]
    scale = sd / math.sqrt(math.fsum(weight * weight for weight in weights))
    series = normals[..., lags:] * scale
    for lag, weight in enumerate(weights[1:], start=1):
        series += normals[..., lags - lag : lags - lag + wanted] * (weight * scale)
    return series


def calendar_series(
    seed: int, first_day: int, days: int, phi: float, sd: float, *subject: str | int
) -> NDArray[np.float64]:
    """An autocorrelated value a calendar day, the same whoever asks for whichever days.

    Args:
        seed: the seed of the build.
        first_day: day number of the first value.
        days: how many values.
        phi: correlation of one day with the next.
        sd: standard deviation.
        subject: whose numbers these are, such as a site and a quantity.
    """
    earliest = first_day - memory(phi)
    normals = calendar_normals(seed, earliest, days + memory(phi), *subject)
    return autocorrelated(normals, phi, sd)


def calendar_normals(
    seed: int, first_day: int, days: int, *subject: str | int
) -> NDArray[np.float64]:
    """One standard normal number a calendar day, drawn year by year."""
    first_year, last_year = to_date(first_day).year, to_date(first_day + max(days, 1) - 1).year
    years = [
        stream(seed, *subject, year).standard_normal(_days_in(year))
        for year in range(first_year, last_year + 1)
    ]
    skipped = first_day - day_number(date(first_year, 1, 1))
    return np.concatenate(years)[skipped : skipped + days]


def _days_in(year: int) -> int:
    return day_number(date(year + 1, 1, 1)) - day_number(date(year, 1, 1))
