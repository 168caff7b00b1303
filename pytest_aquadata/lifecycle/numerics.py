"""Arithmetic that gives the same bits on every processor.

numpy picks vector instructions for exponentials and logarithms by processor, and their last bit
differs between them. The C library's scalar functions do not, and are fast enough for daily
values. Plain `+ - * /` and `sqrt` on arrays are exact by IEEE 754 and need no help.
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
    """E to the power of each value."""
    return _each(math.exp, values)


def log(values: ArrayLike) -> NDArray[np.float64]:
    """The natural logarithm of each value."""
    return _each(math.log, values)


def cube_root(values: ArrayLike) -> NDArray[np.float64]:
    """The cube root of each value."""
    return _each(math.cbrt, values)


def power(values: ArrayLike, exponent: float) -> NDArray[np.float64]:
    """Each value, above zero, to a power."""
    return exp(log(values) * exponent)


def lognormal(normals: ArrayLike, sd: float) -> NDArray[np.float64]:
    """Lognormal factors with mean 1 from standard normal numbers; `sd` is that of the log."""
    return exp(np.asarray(normals, dtype=np.float64) * sd - sd * sd / 2)
