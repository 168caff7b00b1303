"""Weights and lengths of sampled fish, and their statistics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.biology import CONDITION_BY_STAGE, CONDITION_CV, WEIGHT_CV
from ..lifecycle.columns import scaled
from ..lifecycle.numerics import cube_root, lognormal
from .column_values import decimal

_WIDEST = 2.5
"""Largest deviation of the condition factor, in standard deviations."""


@dataclass(frozen=True)
class FishMeasurements:
    """Measurements of fish, in hundredths, as columns of two decimal places store them.

    Attributes:
        weight_g: weights in units of 0.01 g.
        length_cm: fork lengths in units of 0.01 cm.
    """

    weight_g: NDArray[np.int64]
    length_cm: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.weight_g)


def draw_measurements(
    rng: np.random.Generator, mean_g: float, order: int, number: int
) -> FishMeasurements:
    """Draw fish at random from a stage's distribution of weight and condition.

    Args:
        rng: random stream.
        mean_g: mean weight in g.
        order: stage, which decides the condition factor.
        number: number of fish.
    """
    normals = rng.standard_normal((2, number))
    weight = np.maximum(scaled(mean_g * lognormal(normals[0], WEIGHT_CV), 2), 1)
    condition = CONDITION_BY_STAGE[order] * (
        1.0 + CONDITION_CV * np.clip(normals[1], -_WIDEST, _WIDEST)
    )
    return FishMeasurements(weight, np.maximum(scaled(cube_root(weight / condition), 2), 1))


def observation_values(
    fish: FishMeasurements, letter: str, first: int = 1
) -> Iterator[dict[str, Any]]:
    """Yield the columns of one observation per fish.

    Args:
        fish: measured fish.
        letter: first letter of their identifiers.
        first: number of the first fish.
    """
    pairs = zip(fish.weight_g.tolist(), fish.length_cm.tolist(), strict=True)
    for number, (weight, length) in enumerate(pairs, start=first):
        yield {
            "fish_identifier": f"{letter}{number:03d}",
            "weight_g": Decimal(weight).scaleb(-2),
            "length_cm": Decimal(length).scaleb(-2),
        }


def measurements_of(rows: Sequence[Any]) -> FishMeasurements:
    """Return the measurements of observation rows."""
    return FishMeasurements(
        np.array([round(float(row.weight_g) * 100) for row in rows]),
        np.array([round(float(row.length_cm) * 100) for row in rows]),
    )


@dataclass(frozen=True)
class FishStatistics:
    """Statistics of measured fish; standard deviations are None for a single fish.

    Attributes:
        number: number of fish.
        mean_g: mean weight in g.
        least_g: smallest weight in g.
        most_g: largest weight in g.
        weight_sd: standard deviation of weight in g.
        mean_cm: mean length in cm.
        shortest_cm: smallest length in cm.
        longest_cm: largest length in cm.
        length_sd: standard deviation of length in cm.
        condition: mean condition factor (100 g/cm³).
    """

    number: int
    mean_g: Decimal
    least_g: Decimal
    most_g: Decimal
    weight_sd: Decimal | None
    mean_cm: Decimal
    shortest_cm: Decimal
    longest_cm: Decimal
    length_sd: Decimal | None
    condition: float


def fish_statistics(fish: FishMeasurements) -> FishStatistics:
    """Return the statistics of measured fish."""
    weight, length = fish.weight_g / 100.0, fish.length_cm / 100.0
    return FishStatistics(
        number=len(fish),
        mean_g=decimal(float(weight.mean())),
        least_g=decimal(float(weight.min())),
        most_g=decimal(float(weight.max())),
        weight_sd=_standard_deviation(weight),
        mean_cm=decimal(float(length.mean())),
        shortest_cm=decimal(float(length.min())),
        longest_cm=decimal(float(length.max())),
        length_sd=_standard_deviation(length),
        condition=float((100.0 * weight / length**3).mean()),
    )


def _standard_deviation(values: NDArray[np.float64]) -> Decimal | None:
    return decimal(float(values.std(ddof=1))) if len(values) > 1 else None


def growth_sample_values(fish: FishMeasurements) -> dict[str, Any]:
    """Return the columns of a growth sample that aggregate its fish."""
    statistics = fish_statistics(fish)
    return {
        "sample_size": statistics.number,
        "avg_weight_g": statistics.mean_g,
        "avg_length_cm": statistics.mean_cm,
        "std_deviation_weight": statistics.weight_sd,
        "std_deviation_length": statistics.length_sd,
        "min_weight_g": statistics.least_g,
        "max_weight_g": statistics.most_g,
        "condition_factor": decimal(statistics.condition),
    }
