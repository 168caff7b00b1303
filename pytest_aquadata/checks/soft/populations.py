"""Populations of soft checks: what a figure is taken from, counted in the data.

A figure of many batches, such as a median loss, says little about two of them: one outbreak would
decide it. A check states the least number from which its bound applies.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..context import CheckContext
from ..model import Population
from .arrays import Mask
from .assignments import (
    ADULT,
    FRY,
    PARR,
    POST_SMOLT,
    SMOLT,
    AssignmentTable,
    load_assignments,
)
from .daily_water import load_water
from .farm_geographies import GEOGRAPHY_NAMES, assignments_with_code
from .lice_counts import load_counts, load_delousings
from .weekly_weights import load_weeks

_STAGE_NAMES = {1: "eggs", FRY: "fry", PARR: "parr", SMOLT: "smolt", POST_SMOLT: "post-smolt"}


def _assignments(
    least: int, unit: str, select: Callable[[AssignmentTable], Mask]
) -> tuple[Population, ...]:
    """Return a population of container assignments."""

    def count(context: CheckContext) -> int:
        return int(select(context.get(load_assignments)).sum())

    return (Population(least, unit, count),)


def _batches(
    least: int, unit: str, select: Callable[[AssignmentTable], Mask], code: str | None = None
) -> tuple[Population, ...]:
    """Return a population of batches: those of some assignments, in one geography or all."""

    def count(context: CheckContext) -> int:
        assignments = context.get(load_assignments)
        rows = select(assignments)
        if code is not None:
            rows = rows & assignments_with_code(context, code)
        return len(np.unique(assignments.batch[rows]))

    return (Population(least, unit, count),)


def batches_of_stage(stage: int, least: int) -> tuple[Population, ...]:
    """Return batches that are or were in a stage."""
    if stage == ADULT:
        return batches_at_sea(least)
    unit = f"batches with {_STAGE_NAMES[stage]}"
    return _batches(least, unit, lambda assignments: assignments.stage == stage)


def batches_at_sea(least: int) -> tuple[Population, ...]:
    """Return batches that are or were at sea."""
    return _batches(least, "batches at sea", lambda assignments: assignments.stage == ADULT)


def _completed(assignments: AssignmentTable) -> Mask:
    return (assignments.harvested > 0) & assignments.of_ended_batches


def completed_batches(least: int, code: str | None = None) -> tuple[Population, ...]:
    """Return batches that are harvested, in the geography with this code or in all."""
    place = f" in {GEOGRAPHY_NAMES[code]}" if code else ""
    return _batches(least, f"completed batches{place}", _completed, code)


def harvested_rings(least: int) -> tuple[Population, ...]:
    """Return rings that are harvested."""
    return _assignments(
        least,
        "harvested rings",
        lambda assignments: (assignments.harvested > 0) & assignments.ended,
    )


def emptied_tanks(least: int) -> tuple[Population, ...]:
    """Return stays of fish in tanks that ended."""
    return _assignments(
        least, "emptied tanks", lambda assignments: assignments.ended & ~assignments.at_sea
    )


def stays(least: int) -> tuple[Population, ...]:
    """Return stays of fish in containers."""
    return _assignments(
        least, "container assignments", lambda assignments: np.ones(len(assignments), np.bool_)
    )


def fed_weeks(least: int) -> tuple[Population, ...]:
    """Return weeks of a container with feed and weight."""
    return (
        Population(least, "fed weeks", lambda context: len(context.get(load_weeks).assignment)),
    )


def days_with(
    parameter: str, least: int, *, sea: bool | None = None, code: str | None = None
) -> tuple[Population, ...]:
    """Return days with readings of a parameter, at sea or in halls, in one geography or all."""

    def count(context: CheckContext) -> int:
        readings = context.get(load_water).get(parameter)
        if readings is None:
            return 0
        rows = np.ones(len(readings), np.bool_)
        if sea is not None:
            rows &= context.get(load_assignments).at_sea[readings.assignment] == sea
        if code is not None:
            rows &= assignments_with_code(context, code)[readings.assignment]
        return int(rows.sum())

    place = "" if sea is None else " at sea" if sea else " in halls"
    geography = f" in {GEOGRAPHY_NAMES[code]}" if code else ""
    return (Population(least, f"days with {parameter}{place}{geography}", count),)


def lice_counts(least: int) -> tuple[Population, ...]:
    """Return counts of salmon lice."""
    return (Population(least, "lice counts", lambda context: len(context.get(load_counts))),)


def delousings(least: int) -> tuple[Population, ...]:
    """Return delousings of rings."""
    return (Population(least, "delousings", lambda context: len(context.get(load_delousings))),)
