"""Soft checks as measurements: each gives one number, or says what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..context import CheckContext
from ..model import SHOWN_ROWS, Bound, Check, Finding

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_MORE_THAN_ANY_DAY = 1_000_000

UNSOURCED = "convention without a primary source [U]"


class LacksDataError(Exception):
    """The data hold too little to measure; the message says of what."""


def soft(
    subject: str,
    name: str,
    protects: str,
    measure: Callable[[CheckContext], float | Finding],
    bound: Bound,
    source: str,
) -> Check:
    """A soft check.

    Args:
        subject: what it is about.
        name: unique name.
        protects: what it protects, in a sentence.
        measure: measures the value; raises `LacksDataError` when it cannot.
        bound: the values it allows.
        source: where the bound comes from.
    """
    return Check(name, subject, protects, "soft", bound, partial(_look, measure), source)


def _look(measure: Callable[[CheckContext], float | Finding], context: CheckContext) -> Finding:
    try:
        measured = measure(context)
    except LacksDataError as lacking:
        return Finding(None, reason=str(lacking))
    finding = measured if isinstance(measured, Finding) else Finding(float(measured))
    if finding.value is None or np.isfinite(finding.value):
        return finding
    return Finding(None, reason="these data give it no value")


def found(value: float, rows: Sequence[Mapping[str, Any]]) -> Finding:
    """A measured value with the groups that stand out."""
    return Finding(float(value), tuple(rows[:SHOWN_ROWS]), len(rows))


def need(enough: bool | np.bool_, what: str) -> None:
    """Go on only with enough data.

    Raises:
        LacksDataError: saying that there are too few of what is needed.
    """
    if not enough:
        raise LacksDataError(f"there are too few {what}")


def key(group: Integers, day: Integers) -> Integers:
    """One number to sort groups and their days by: group first, then day."""
    return np.asarray(group * _MORE_THAN_ANY_DAY + day, np.int64)


def positions(keys: NDArray[Any], among: NDArray[Any]) -> Integers:
    """Where each key stands in a sorted array of all keys; -1 for one that does not."""
    if not len(among):
        return np.full(len(keys), -1, np.int64)
    place = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return np.where(among[place] == keys, place, -1).astype(np.int64)


def sums(groups: Integers, values: NDArray[Any], count: int) -> Floats:
    """Sum of the values of each group, numbered from 0."""
    return np.bincount(groups, values, count).astype(np.float64)


def ratio(above: NDArray[Any], below: NDArray[Any]) -> Floats:
    """One array over another; NaN where that is not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = np.asarray(above, np.float64) / np.asarray(below, np.float64)
    return np.where(np.asarray(below) > 0, divided, np.nan)


def month_index(day: Integers) -> Integers:
    """Calendar month of each day number, 0 for January."""
    months = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12, np.int64)
