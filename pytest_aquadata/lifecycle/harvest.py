"""Harvest of rings: counts, weights and grades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .biology import COUNTING_SHORTFALL_MAX, WEIGHING_SD
from .days import month_index
from .randomness import stream
from .transfer import split

if TYPE_CHECKING:
    from .state import StageLife


@dataclass(frozen=True)
class Grade:
    """A product grade at harvest.

    Attributes:
        code: code of the grade in the database.
        share: mean share of the fish.
        winter_share: mean share from January to April, when wounds heal slowly.
        relative_weight: mean weight relative to the best grade.
    """

    code: str
    share: float
    winter_share: float
    relative_weight: float


GRADES = (
    Grade("SUPERIOR", 0.925, 0.855, 1.0),
    Grade("GRADE_A", 0.035, 0.055, 0.96),
    Grade("GRADE_B", 0.022, 0.050, 0.88),
    Grade("GRADE_C", 0.012, 0.028, 0.78),
    Grade("REJECT", 0.006, 0.012, 0.60),
)
"""Superior 80-96 % of fish, ordinary 1-6 %, production the rest, worse from January to April; the
weights of the lower grades are a convention [U]."""

_WINTER_MONTHS = 4
_GRADE_SPREAD = 60.0


@dataclass(frozen=True)
class Harvest:
    """Harvest of the rings emptied by today, one row a ring.

    Attributes:
        ring: position of the ring.
        day: day of the stage.
        fish: fish of each grade, shape (rings, grades).
        live_weight_g: live weight of each grade in whole grams, shape (rings, grades).
    """

    ring: NDArray[np.int64]
    day: NDArray[np.int64]
    fish: NDArray[np.int64]
    live_weight_g: NDArray[np.int64]


def missing_fish(seed: int, batch: str, stage: StageLife) -> NDArray[np.int64]:
    """Return the fish of each ring that are on the book but not counted at harvest."""
    book = _book(stage)
    share = [
        COUNTING_SHORTFALL_MAX * float(stream(seed, batch, ring.name, "count").beta(1.5, 2.5))
        for ring in stage.containers
    ]
    return np.floor(book * np.array(share)).astype(np.int64)


def take_harvest(seed: int, batch: str, stage: StageLife) -> Harvest:
    """Grade and weigh the fish of every ring emptied by today."""
    rings = np.nonzero(stage.has_left)[0]
    rings = rings[np.argsort(stage.departs[rings], kind="stable")]
    counted = (_book(stage) - missing_fish(seed, batch, stage))[rings]
    weight_g = stage.weight_g[rings, stage.departs[rings]]
    months = month_index(stage.first_day + stage.departs[rings])
    fish = np.empty((len(rings), len(GRADES)), np.int64)
    weighed_g = np.empty(len(rings))
    for row, ring in enumerate(rings.tolist()):
        rng = stream(seed, batch, stage.containers[ring].name, "grading")
        winter = months[row] < _WINTER_MONTHS
        shares = [grade.winter_share if winter else grade.share for grade in GRADES]
        fish[row] = split(int(counted[row]), rng.dirichlet(np.array(shares) * _GRADE_SPREAD))
        weighed_g[row] = counted[row] * weight_g[row] * (1.0 + WEIGHING_SD * rng.standard_normal())
    relative = fish * np.array([grade.relative_weight for grade in GRADES])
    weight_shares = relative / np.maximum(relative.sum(axis=1, keepdims=True), 1.0)
    return Harvest(
        ring=rings,
        day=stage.departs[rings],
        fish=fish,
        live_weight_g=np.rint(weight_shares * weighed_g[:, None]).astype(np.int64),
    )


def _book(stage: StageLife) -> NDArray[np.int64]:
    return stage.population[np.arange(len(stage.departs)), stage.departs]
