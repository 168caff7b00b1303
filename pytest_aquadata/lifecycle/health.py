"""Health sampling: days, fish examined, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import CONDITION_BY_STAGE, CONDITION_CV, WEIGHT_CV
from .columns import scaled
from .days import month_index
from .numerics import cube_root, lognormal
from .randomness import stream
from .state import StageLife
from .vaccination import Vaccination

FISH = 75
SCORES = 9
EVERY_DAYS = 28
FROM_STAGE = 5
_THRESHOLDS = (1.15, 1.95, 2.65)
"""A score is the number of these that a fish's condition exceeds; mostly 0."""
_OF_FISH_SD = 0.6
_OF_PARAMETER_SD = 0.8
_AFTER_DELOUSING = 0.55
_DELOUSING_SHOWS_DAYS = 30
_IN_WINTER = 0.3
_WINTER_MONTHS = (0, 1, 2, 11)


@dataclass(frozen=True)
class HealthSample:
    """Health samplings of one stage, a row a sampling.

    Attributes:
        container: position of the container.
        day: day of the stage.
        vaccination: position of the vaccination it belongs to; -1 for none.
        weight_g: weights at scale 2, shape (samplings, fish).
        length_cm: lengths at scale 2, shape (samplings, fish).
        scores: scores from 0 to 3, shape (samplings, fish, parameters).
    """

    container: NDArray[np.int64]
    day: NDArray[np.int64]
    vaccination: NDArray[np.int64]
    weight_g: NDArray[np.int64]
    length_cm: NDArray[np.int64]
    scores: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.day)


def sample_health(
    seed: int, batch: str, stage: StageLife, vaccinations: Sequence[Vaccination]
) -> HealthSample:
    """Return all health samplings of a stage up to today.

    From the post-smolt stage on, one container a month is sampled, each in turn. At each
    vaccination, the first container is.

    Args:
        seed: seed of the build.
        batch: batch number.
        stage: the stage.
        vaccinations: the vaccinations of the stage.
    """
    monthly = range(EVERY_DAYS, stage.days, EVERY_DAYS) if stage.rule.order >= FROM_STAGE else ()
    planned = [(day, turn % len(stage.containers), -1) for turn, day in enumerate(monthly)]
    planned += [(vaccination.day, 0, number) for number, vaccination in enumerate(vaccinations)]
    lived = stage.lived
    taken = [sampling for sampling in sorted(planned) if lived[sampling[1], sampling[0]]]
    day, container, number = (
        np.array([sampling[part] for sampling in taken], np.int64) for part in range(3)
    )
    normals = np.empty((len(taken), FISH, 2 + 1 + SCORES))
    for row, (sampling_day, position, _) in enumerate(taken):
        rng = stream(seed, batch, stage.containers[position].name, "health", sampling_day)
        normals[row] = rng.standard_normal(normals.shape[1:])
    mean_g = stage.weight_g[container, day]
    weight = np.maximum(scaled(mean_g[:, None] * lognormal(normals[..., 0], WEIGHT_CV), 2), 1)
    condition = CONDITION_BY_STAGE[stage.rule.order] * (
        1.0 + CONDITION_CV * np.clip(normals[..., 1], -2.5, 2.5)
    )
    return HealthSample(
        container=container,
        day=day,
        vaccination=number,
        weight_g=weight,
        length_cm=scaled(cube_root(weight / condition), 2),
        scores=_scores(stage, container, day, normals[..., 2:]),
    )


def _scores(
    stage: StageLife,
    container: NDArray[np.int64],
    day: NDArray[np.int64],
    normals: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return scores from 0 to 3, correlated within a fish, worse after delousing and in winter."""
    deloused = np.array(
        [_recently_deloused(stage, *place) for place in zip(container, day, strict=True)],
        dtype=np.bool_,
    )
    winter = np.isin(month_index(stage.first_day + day), _WINTER_MONTHS)
    worse = _AFTER_DELOUSING * deloused + _IN_WINTER * (winter & (stage.site.kind == "area"))
    condition = (
        _OF_FISH_SD * normals[..., :1] + _OF_PARAMETER_SD * normals[..., 1:] + worse[:, None, None]
    )
    return (condition[..., None] > np.array(_THRESHOLDS)).sum(axis=-1).astype(np.int64)


def _recently_deloused(stage: StageLife, ring: int, day: int) -> bool:
    if stage.lice is None:
        return False
    return any(
        delousing.ring == ring and 0 <= day - delousing.day <= _DELOUSING_SHOWS_DAYS
        for delousing in stage.lice.treatments
    )
