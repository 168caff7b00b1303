"""Constructor of soft checks: a function that measures one number, and the bound for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..context import CheckContext
from ..model import SHOWN_ROWS, Bound, Check, Finding, Population

UNSOURCED = "convention without a primary source [U]"


class LacksDataError(Exception):
    """The data are too few for a measurement; the message says which data."""


def soft(
    subject: str,
    name: str,
    description: str,
    measure: Callable[[CheckContext], float | Finding],
    bound: Bound,
    source: str,
    needs: tuple[Population, ...],
) -> Check:
    """Return a soft check.

    Args:
        subject: group it can be selected by.
        name: unique name.
        description: the rule in a sentence.
        measure: function that returns the value; raises `LacksDataError` without enough data.
        bound: allowed values.
        source: where the bound comes from.
        needs: populations that the value is taken from, with the least number of each.
    """
    measured = partial(_finding, measure)
    return Check(name, subject, description, "soft", bound, measured, source, needs)


def _finding(measure: Callable[[CheckContext], float | Finding], context: CheckContext) -> Finding:
    try:
        measured = measure(context)
    except LacksDataError as error:
        return Finding(None, reason=str(error))
    finding = measured if isinstance(measured, Finding) else Finding(float(measured))
    if finding.value is None or np.isfinite(finding.value):
        return finding
    return Finding(None, reason="not enough data (they give it no value)")


def with_rows(value: float, rows: Sequence[Mapping[str, Any]]) -> Finding:
    """Return a finding with the rows that explain its value; only the first ten are kept."""
    return Finding(float(value), tuple(rows[:SHOWN_ROWS]), len(rows))


def require(enough: bool | np.bool_, missing_data: str) -> None:
    """Raise `LacksDataError`, "not enough data (too few ...)", unless there are enough data."""
    if not enough:
        raise LacksDataError(f"not enough data (too few {missing_data})")
