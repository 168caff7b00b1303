"""The evidence in the tables of one simulated batch, before they go into a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables
from ..days import MICROSECONDS_PER_DAY
from .column_access import keys, rows_of
from .observation_reader import observations_from_tables
from .observations import EMPTY_SERIES, DailyRecords, Observations, Series

TEMPERATURE_SCALE = 4
FEED_SCALE = 4
WEIGHT_SCALE = 2
"""Decimal places of what is summed up."""


def simulated_observations(tables: BatchTables, parameter: int, as_of: int) -> Observations:
    """All that the rows of one simulated batch say.

    Args:
        tables: its rows, completed or not.
        parameter: primary key of the environmental parameter for temperature.
        as_of: today.
    """
    return observations_from_tables(tables, daily_from_tables(tables, parameter), as_of)


def daily_from_tables(tables: BatchTables, parameter: int) -> DailyRecords:
    """Sums and means by assignment and day."""
    return DailyRecords(
        temperatures=_temperatures(tables, parameter),
        deaths=_deaths(tables),
        feed=_feed(tables),
        weighings=_weighings(tables),
    )


def means(totals: Series, count: NDArray[np.float64], scale: int) -> Series:
    """Means of decimals from their sums, the same to the last bit whoever summed them up.

    Args:
        totals: sums of the decimals, with whatever a floating-point sum has lost.
        count: how many were summed.
        scale: their decimal places.
    """
    return replace(totals, value=np.rint(totals.value * 10.0**scale) / count / 10.0**scale)


def sums(totals: Series, scale: int) -> Series:
    """Sums of decimals, rid of what a floating-point sum has lost."""
    return replace(totals, value=np.rint(totals.value * 10.0**scale) / 10.0**scale)


def temperature_parameters(names: Mapping[int, str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Primary keys of the parameters that are the temperature, and what to say of them.

    Args:
        names: names of all environmental parameters, by primary key.
    """
    found = {key: name for key, name in names.items() if name.strip().lower() == "temperature"}
    if not found:
        return (), ("no parameter is called 'temperature': all temperatures are from profiles",)
    notes = (
        f"the temperature is called {name!r} here; AquaMind itself only looks for 'temperature'"
        for name in found.values()
        if name != "temperature"
    )
    return tuple(found), tuple(notes)


def _grouped(
    assignment: NDArray[np.int64], day: NDArray[np.int64], value: NDArray[np.int64]
) -> tuple[Series, NDArray[np.float64]]:
    """Sums of whole numbers by assignment and day, and how many were summed."""
    if not len(day):
        return EMPTY_SERIES, np.zeros(0)
    first, first_day = int(assignment.min()), int(day.min())
    days = int(day.max()) - first_day + 1
    cell = (assignment - first) * days + (day - first_day)
    count = np.bincount(cell)
    total = np.bincount(cell, value).astype(np.float64)
    held = np.flatnonzero(count)
    series = Series(first + held // days, first_day + held % days, total[held])
    return series, count[held].astype(np.float64)


def _temperatures(tables: BatchTables, parameter: int) -> Series:
    rows = rows_of(tables, "environmental_environmentalreading")
    if rows is None:
        return EMPTY_SERIES
    taken = np.flatnonzero(keys(rows, "parameter_id") == parameter)
    assignment = keys(rows, "batch_container_assignment_id")[taken]
    day = rows.values("reading_time")[taken] // MICROSECONDS_PER_DAY
    totals, count = _grouped(assignment, day, rows.values("value")[taken])
    return _unscaled(totals, count, TEMPERATURE_SCALE)


def _deaths(tables: BatchTables) -> Series:
    rows = rows_of(tables, "batch_mortalityevent")
    if rows is None:
        return EMPTY_SERIES
    day, fish = keys(rows, "event_date"), rows.values("count")
    return _grouped(keys(rows, "assignment_id"), day, fish)[0]


def _feed(tables: BatchTables) -> Series:
    rows = rows_of(tables, "inventory_feedingevent")
    if rows is None:
        return EMPTY_SERIES
    assignment, day = keys(rows, "batch_assignment_id"), keys(rows, "feeding_date")
    totals, _ = _grouped(assignment, day, rows.values("amount_kg"))
    return _unscaled(totals, 1.0, FEED_SCALE)


def _unscaled(totals: Series, count: NDArray[np.float64] | float, scale: int) -> Series:
    """Means of decimals from sums of the whole numbers they are held as, as `means` gives them."""
    return replace(totals, value=totals.value / count / 10.0**scale)


def _weighings(tables: BatchTables) -> Series:
    """Mean weights of the fish sampled at treatments that weighed them."""
    treatments = rows_of(tables, "health_treatment")
    fish = rows_of(tables, "health_individualfishobservation")
    if treatments is None or fish is None:
        return EMPTY_SERIES
    weighed = treatments.values("includes_weighing").astype(np.bool_)
    treatments = treatments.take(np.flatnonzero(weighed))
    event, of_fish = keys(treatments, "sampling_event_id"), keys(fish, "sampling_event_id")
    totals, count = _grouped(of_fish, np.zeros_like(of_fish), fish.values("weight_g"))
    mean_g = _unscaled(totals, count, WEIGHT_SCALE).value
    at = np.minimum(np.searchsorted(totals.assignment, event), max(len(totals) - 1, 0))
    held = totals.assignment[at] == event
    return Series(
        keys(treatments, "batch_assignment_id")[held],
        treatments.values("treatment_date")[held] // MICROSECONDS_PER_DAY,
        mean_g[at[held]],
    )
