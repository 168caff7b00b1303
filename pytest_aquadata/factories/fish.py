"""Fish that are weighed and measured, and the aggregates of what was found."""

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
from .places import decimal

_WIDEST = 2.5


@dataclass(frozen=True)
class Fish:
    """Fish as they are stored: weights in g and fork lengths in cm, at scale 2."""

    weight_g: NDArray[np.int64]
    length_cm: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.weight_g)


def weigh(rng: np.random.Generator, mean_g: float, order: int, number: int) -> Fish:
    """So many fish of a mean weight, spread and shaped as those of their stage."""
    normals = rng.standard_normal((2, number))
    weight = np.maximum(scaled(mean_g * lognormal(normals[0], WEIGHT_CV), 2), 1)
    condition = CONDITION_BY_STAGE[order] * (
        1.0 + CONDITION_CV * np.clip(normals[1], -_WIDEST, _WIDEST)
    )
    return Fish(weight, np.maximum(scaled(cube_root(weight / condition), 2), 1))


def individual_values(fish: Fish, letter: str, first: int = 1) -> Iterator[dict[str, Any]]:
    """The columns of each fish."""
    pairs = zip(fish.weight_g.tolist(), fish.length_cm.tolist(), strict=True)
    for number, (weight, length) in enumerate(pairs, start=first):
        yield {
            "fish_identifier": f"{letter}{number:03d}",
            "weight_g": Decimal(weight).scaleb(-2),
            "length_cm": Decimal(length).scaleb(-2),
        }


@dataclass(frozen=True)
class Found:
    """Means, extremes and spreads of fish, as decimals; a spread of one fish is None."""

    number: int
    weight_g: Decimal
    least_g: Decimal
    most_g: Decimal
    weight_sd: Decimal | None
    length_cm: Decimal
    shortest_cm: Decimal
    longest_cm: Decimal
    length_sd: Decimal | None
    condition: float


def found(fish: Fish) -> Found:
    """What is found of fish."""
    weight, length = fish.weight_g / 100.0, fish.length_cm / 100.0
    return Found(
        number=len(fish),
        weight_g=decimal(float(weight.mean())),
        least_g=decimal(float(weight.min())),
        most_g=decimal(float(weight.max())),
        weight_sd=_spread(weight),
        length_cm=decimal(float(length.mean())),
        shortest_cm=decimal(float(length.min())),
        longest_cm=decimal(float(length.max())),
        length_sd=_spread(length),
        condition=float((100.0 * weight / length**3).mean()),
    )


def _spread(values: NDArray[np.float64]) -> Decimal | None:
    return decimal(float(values.std(ddof=1))) if len(values) > 1 else None


def growth_sample_values(fish: Fish) -> dict[str, Any]:
    """The aggregates of a growth sample."""
    all_of = found(fish)
    return {
        "sample_size": all_of.number,
        "avg_weight_g": all_of.weight_g,
        "avg_length_cm": all_of.length_cm,
        "std_deviation_weight": all_of.weight_sd,
        "std_deviation_length": all_of.length_sd,
        "min_weight_g": all_of.least_g,
        "max_weight_g": all_of.most_g,
        "condition_factor": decimal(all_of.condition),
    }


def sample_again(rows: Sequence[Any]) -> dict[str, Any]:
    """The aggregates of a growth sample whose fish are these rows."""
    return growth_sample_values(fish_of(rows))


def fish_of(rows: Sequence[Any]) -> Fish:
    """The fish that rows are about."""
    return Fish(
        np.array([round(float(row.weight_g) * 100) for row in rows]),
        np.array([round(float(row.length_cm) * 100) for row in rows]),
    )
