"""Functions that give the same bits on every processor.

numpy chooses vector instructions for exponentials and logarithms by processor, and their last bit
differs. The C library's scalar functions agree, and are fast enough for daily values. `+ - * /`
and `sqrt` on arrays are exact by IEEE 754.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray


def _each(function: Callable[[float], float], values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    flat = map(function, array.ravel().tolist())
    return np.fromiter(flat, np.float64, array.size).reshape(array.shape)


def exp(values: ArrayLike) -> NDArray[np.float64]:
    """Return e to the power of each value."""
    return _each(math.exp, values)


def log(values: ArrayLike) -> NDArray[np.float64]:
    """Return the natural logarithm of each value."""
    return _each(math.log, values)


def cube_root(values: ArrayLike) -> NDArray[np.float64]:
    """Return the cube root of each value."""
    return _each(math.cbrt, values)


def power(values: ArrayLike, exponent: float) -> NDArray[np.float64]:
    """Return each value, which must be above 0, to a power."""
    return exp(log(values) * exponent)


def lognormal(normals: ArrayLike, sd: float) -> NDArray[np.float64]:
    """Return lognormal factors with mean 1 from standard normals; `sd` is that of the log."""
    return exp(np.asarray(normals, dtype=np.float64) * sd - sd * sd / 2)
