"""Growth samples: the days of weighing and the fish weighed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .biology import CONDITION_BY_STAGE, CONDITION_CV, SAMPLING_BIAS_SD, WEIGHT_CV
from .columns import scaled
from .numerics import cube_root, lognormal
from .randomness import stream

if TYPE_CHECKING:
    from .state import StageLife


@dataclass(frozen=True)
class Sample:
    """Growth samples of one stage, a row a sample.

    Attributes:
        container: position of the container.
        day: day of the stage.
        weight_g: weights at scale 2, shape (samples, fish).
        length_cm: fork lengths at scale 2, shape (samples, fish).
    """

    container: NDArray[np.int64]
    day: NDArray[np.int64]
    weight_g: NDArray[np.int64]
    length_cm: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.day)


def length_cm(weight_g: NDArray[np.float64], stage: int) -> NDArray[np.float64]:
    """Return the length of a fish of mean condition: K = 100 W / L^3."""
    return cube_root(100.0 * np.asarray(weight_g) / CONDITION_BY_STAGE[stage])


def sample_days(stage: StageLife) -> NDArray[np.bool_]:
    """Return the days on which each container is sampled, at intervals staggered by container."""
    every = stage.rule.sample_every_days
    if not every:
        return np.zeros((len(stage.containers), stage.days), np.bool_)
    day = np.arange(stage.days)
    offset = np.arange(len(stage.containers)) % min(len(stage.containers), 3)
    due = (day - every // 2 - offset[:, None]) % every == 0
    return due & (day < stage.departs[:, None])


def take_samples(seed: int, batch: str, stage: StageLife) -> Sample:
    """Draw the fish weighed and measured in one stage up to today."""
    container, day = np.nonzero(sample_days(stage) & stage.lived)
    fish = stage.rule.sample_size
    normals = np.empty((len(container), 2, fish))
    bias = np.empty(len(container))
    for position in np.unique(container).tolist():
        rows = np.nonzero(container == position)[0]
        rng = stream(seed, batch, stage.containers[position].name, "growth sample")
        for row in rows.tolist():
            bias[row] = rng.standard_normal()
            normals[row] = rng.standard_normal((2, fish))
    mean_g = stage.weight_g[container, day] * (1.0 + SAMPLING_BIAS_SD * bias)
    weight = np.maximum(scaled(mean_g[:, None] * lognormal(normals[:, 0], WEIGHT_CV), 2), 1)
    condition = CONDITION_BY_STAGE[stage.rule.order] * (
        1.0 + CONDITION_CV * np.clip(normals[:, 1], -2.5, 2.5)
    )
    length = scaled(cube_root(weight / condition), 2)
    return Sample(container, day, weight, length)
