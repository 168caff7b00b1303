"""Growth of fish: cube-root thermal growth with a dome-shaped response to temperature.

`W2^(1/3) = W1^(1/3) + TGC/1000 * sum(T)` (Iwama & Tautz 1981; Cho 1992), where each day's
temperature is weighted by its thermal efficiency. In cube roots, the growth of a life is a sum.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .biology import (
    DELIVERY_DEGREE_DAYS,
    EGG_WEIGHT_G,
    EXPECTED_GROWTH_AT_SEA,
    EXPECTED_GROWTH_IN_HALLS,
    FASTING_LOSS,
    FIRST_FEEDING_DEGREE_DAYS,
    FIRST_FEEDING_WEIGHT_G,
    GROWTH_CV_BATCH,
    SEA_START_DAYS,
    SEA_START_EFFICIENCY,
    THERMAL_EFFICIENCY,
)
from .numerics import cube_root
from .randomness import stream
from .stages import StageRule

_KNOTS_C = np.array([temp for temp, _ in THERMAL_EFFICIENCY])
_KNOTS_EFFICIENCY = np.array([efficiency for _, efficiency in THERMAL_EFFICIENCY])


def thermal_growth(
    weight_g: ArrayLike, tgc_per_1000: ArrayLike, degree_days: ArrayLike
) -> NDArray[np.float64]:
    """Return the weight in g after some degree-days at a thermal growth coefficient.

    100 g at 10 °C and a TGC of 2.75 per 1000 weighs 101.79 g after a day (Cho 1992).
    """
    gain = np.asarray(tgc_per_1000) * np.asarray(degree_days) / 1000.0
    root = cube_root(weight_g) + gain
    return root * root * root


def thermal_efficiency(temp_c: ArrayLike) -> NDArray[np.float64]:
    """Return growth per degree-day at a temperature, relative to 10 °C."""
    return np.interp(np.asarray(temp_c, np.float64), _KNOTS_C, _KNOTS_EFFICIENCY)


def effective_degree_days(temp_c: ArrayLike, reference_temp_c: float) -> NDArray[np.float64]:
    """Return degree-days weighted so that a TGC holds at its reference temperature."""
    temps = np.asarray(temp_c, np.float64)
    relative = thermal_efficiency(temps) / thermal_efficiency(reference_temp_c)
    return np.maximum(temps, 0.0) * relative


def sea_start(days: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of normal growth on each day after transfer to sea."""
    progress = np.minimum(np.asarray(days, np.float64) / SEA_START_DAYS, 1.0)
    return SEA_START_EFFICIENCY + (1.0 - SEA_START_EFFICIENCY) * progress


def expected_tgc_per_1000(rule: StageRule) -> float:
    """Return the TGC that is seen in a stage, after losses to fasting and sickness."""
    share = EXPECTED_GROWTH_AT_SEA if rule.site == "area" else EXPECTED_GROWTH_IN_HALLS
    return rule.tgc_per_1000 * share


def batch_growth_factor(seed: int, batch: str) -> float:
    """Draw the growth of a batch relative to the stages' rules; 1 on average."""
    return 1.0 + GROWTH_CV_BATCH * float(stream(seed, batch, "vigour").standard_normal())


def fed_weights(
    start_weight_g: NDArray[np.float64],
    root_gain: NDArray[np.float64],
    fasting: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return the weight at the start of each day and after the last.

    Args:
        start_weight_g: weight by container.
        root_gain: gain of W^(1/3) if fed, by container and day.
        fasting: days without feed, by container and day.

    Returns:
        Weights in g, one more column than days.
    """
    start = cube_root(start_weight_g)[:, None]
    kept = np.cumprod(np.where(fasting, 1.0 - FASTING_LOSS / 3.0, 1.0), axis=1)
    gained = np.cumsum(np.where(fasting, 0.0, root_gain) / kept, axis=1)
    roots = np.concatenate([start, kept * (start + gained)], axis=1)
    return roots * roots * roots


def yolk_weights(
    start_weight_g: NDArray[np.float64], temp_c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the wet weight of eggs and alevins, which take up water as they use their yolk.

    Args:
        start_weight_g: weight by container.
        temp_c: water temperature by container and day.

    Returns:
        Weights in g, one more column than days.
    """
    degree_days = np.concatenate(
        [np.zeros((len(start_weight_g), 1)), np.cumsum(temp_c, axis=1)], axis=1
    )
    needed = FIRST_FEEDING_DEGREE_DAYS - DELIVERY_DEGREE_DAYS
    progress = np.minimum(degree_days / needed, 1.0)
    growth = 1.0 + (FIRST_FEEDING_WEIGHT_G / EGG_WEIGHT_G - 1.0) * progress
    return start_weight_g[:, None] * growth


def days_to_weight(
    start_weight_g: float,
    target_weight_g: float,
    temp_c: NDArray[np.float64],
    rule: StageRule,
    growth_factor: float = 1.0,
) -> int:
    """Return the days in which fish of a stage reach a weight at given daily temperatures.

    The slow start at sea is included. If the weight is not reached, the result is one more than
    the days in `temp_c`.
    """
    gain = (
        expected_tgc_per_1000(rule)
        * growth_factor
        / 1000.0
        * effective_degree_days(temp_c, rule.reference_temp_c)
    )
    if rule.site == "area":
        gain = gain * sea_start(np.arange(len(temp_c)))
    needed = cube_root(target_weight_g) - cube_root(start_weight_g)
    return int(np.searchsorted(np.cumsum(gain), float(needed))) + 1
