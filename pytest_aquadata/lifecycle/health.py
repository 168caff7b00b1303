"""Health sampling: which fish are looked at when, and what is seen on them."""

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
"""A score is how many of these a fish's condition passes: mostly 0."""
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
        weight_g: the fish at scale 2, shape (samplings, fish).
        length_cm: their lengths at scale 2.
        scores: what is seen, shape (samplings, fish, parameters).
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
    seed: int, batch: str, stage: StageLife, given: Sequence[Vaccination]
) -> HealthSample:
    """All health samplings of a stage up to today.

    One container a month from the post-smolt stage on, the containers in turn, and the first
    container at each vaccination.

    Args:
        seed: seed of the build.
        batch: batch number.
        stage: the stage.
        given: the vaccinations of the stage.
    """
    monthly = range(EVERY_DAYS, stage.days, EVERY_DAYS) if stage.rule.order >= FROM_STAGE else ()
    planned = [(day, turn % len(stage.containers), -1) for turn, day in enumerate(monthly)]
    planned += [(one.day, 0, number) for number, one in enumerate(given)]
    lived = stage.lived
    taken = [one for one in sorted(planned) if lived[one[1], one[0]]]
    day, container, vaccination = (np.array([one[i] for one in taken], np.int64) for i in range(3))
    normals = np.empty((len(taken), FISH, 2 + 1 + SCORES))
    for row, (on, where, _) in enumerate(taken):
        normals[row] = stream(
            seed, batch, stage.containers[where].name, "health", on
        ).standard_normal(normals.shape[1:])
    mean_g = stage.weight_g[container, day]
    weight = np.maximum(scaled(mean_g[:, None] * lognormal(normals[..., 0], WEIGHT_CV), 2), 1)
    condition = CONDITION_BY_STAGE[stage.rule.order] * (
        1.0 + CONDITION_CV * np.clip(normals[..., 1], -2.5, 2.5)
    )
    return HealthSample(
        container=container,
        day=day,
        vaccination=vaccination,
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
    """Scores 0 to 3: correlated within a fish, worse after delousing and in winter."""
    strained = np.array(
        [_recently_deloused(stage, ring, on) for ring, on in zip(container, day, strict=True)],
        dtype=np.bool_,
    )
    winter = np.isin(month_index(stage.first_day + day), _WINTER_MONTHS)
    worse = _AFTER_DELOUSING * strained + _IN_WINTER * (winter & (stage.site.kind == "area"))
    condition = (
        _OF_FISH_SD * normals[..., :1] + _OF_PARAMETER_SD * normals[..., 1:] + worse[:, None, None]
    )
    return (condition[..., None] > np.array(_THRESHOLDS)).sum(axis=-1).astype(np.int64)


def _recently_deloused(stage: StageLife, ring: int, day: int) -> bool:
    if stage.lice is None:
        return False
    return any(
        one.ring == ring and 0 <= day - one.day <= _DELOUSING_SHOWS_DAYS
        for one in stage.lice.treatments
    )
