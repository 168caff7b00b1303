"""Daily records of a batch from the rows of its tables, before they are loaded into a database."""

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
"""Decimal places of the summed columns."""


def simulated_observations(tables: BatchTables, parameter: int, as_of: int) -> Observations:
    """Return the observations in the rows of a simulated batch.

    Args:
        tables: rows of the batch, completed or not.
        parameter: primary key of the environmental parameter for temperature.
        as_of: today.
    """
    return observations_from_tables(tables, daily_from_tables(tables, parameter), as_of)


def daily_from_tables(tables: BatchTables, parameter: int) -> DailyRecords:
    """Return the daily records in the rows of a simulated batch.

    Args:
        tables: rows of the batch.
        parameter: primary key of the environmental parameter for temperature.
    """
    return DailyRecords(
        temperatures=_temperatures(tables, parameter),
        deaths=_deaths(tables),
        feed=_feed(tables),
        weighings=_weighings(tables),
    )


def means(totals: Series, count: NDArray[np.float64], scale: int) -> Series:
    """Return means of decimals from their sums, with the same bits whatever database summed them.

    Args:
        totals: sums of the decimals, possibly with floating-point errors.
        count: number of summands.
        scale: decimal places of the summands.
    """
    return replace(totals, value=np.rint(totals.value * 10.0**scale) / count / 10.0**scale)


def sums(totals: Series, scale: int) -> Series:
    """Return sums of decimals without floating-point errors."""
    return replace(totals, value=np.rint(totals.value * 10.0**scale) / 10.0**scale)


def temperature_parameters(names: Mapping[int, str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the primary keys of the parameters for temperature, and notes for the report.

    Args:
        names: names of all environmental parameters, by primary key.
    """
    parameters = {key: name for key, name in names.items() if name.strip().lower() == "temperature"}
    if not parameters:
        return (), ("no parameter is called 'temperature': all temperatures are from profiles",)
    notes = (
        f"the temperature parameter is called {name!r}; AquaMind itself only reads 'temperature'"
        for name in parameters.values()
        if name != "temperature"
    )
    return tuple(parameters), tuple(notes)


def _daily_sums(
    assignment: NDArray[np.int64], day: NDArray[np.int64], value: NDArray[np.int64]
) -> tuple[Series, NDArray[np.float64]]:
    """Return sums of integers by assignment and day, and the number of summands."""
    if not len(day):
        return EMPTY_SERIES, np.zeros(0)
    first, first_day = int(assignment.min()), int(day.min())
    days = int(day.max()) - first_day + 1
    cell = (assignment - first) * days + (day - first_day)
    count = np.bincount(cell)
    total = np.bincount(cell, value).astype(np.float64)
    used = np.flatnonzero(count)
    series = Series(first + used // days, first_day + used % days, total[used])
    return series, count[used].astype(np.float64)


def _temperatures(tables: BatchTables, parameter: int) -> Series:
    rows = rows_of(tables, "environmental_environmentalreading")
    if rows is None:
        return EMPTY_SERIES
    selected = np.flatnonzero(keys(rows, "parameter_id") == parameter)
    assignment = keys(rows, "batch_container_assignment_id")[selected]
    day = rows.values("reading_time")[selected] // MICROSECONDS_PER_DAY
    totals, count = _daily_sums(assignment, day, rows.values("value")[selected])
    return _unscaled(totals, count, TEMPERATURE_SCALE)


def _deaths(tables: BatchTables) -> Series:
    rows = rows_of(tables, "batch_mortalityevent")
    if rows is None:
        return EMPTY_SERIES
    day, fish = keys(rows, "event_date"), rows.values("count")
    return _daily_sums(keys(rows, "assignment_id"), day, fish)[0]


def _feed(tables: BatchTables) -> Series:
    rows = rows_of(tables, "inventory_feedingevent")
    if rows is None:
        return EMPTY_SERIES
    assignment, day = keys(rows, "batch_assignment_id"), keys(rows, "feeding_date")
    totals, _ = _daily_sums(assignment, day, rows.values("amount_kg"))
    return _unscaled(totals, 1.0, FEED_SCALE)


def _unscaled(totals: Series, count: NDArray[np.float64] | float, scale: int) -> Series:
    """Return means of decimals from sums of their scaled integers; the same bits as `means`."""
    return replace(totals, value=totals.value / count / 10.0**scale)


def _weighings(tables: BatchTables) -> Series:
    """Return the mean weight of the fish sampled at each treatment with weighing."""
    treatments = rows_of(tables, "health_treatment")
    fish = rows_of(tables, "health_individualfishobservation")
    if treatments is None or fish is None:
        return EMPTY_SERIES
    has_weighing = treatments.values("includes_weighing").astype(np.bool_)
    treatments = treatments.take(np.flatnonzero(has_weighing))
    event, fish_event = keys(treatments, "sampling_event_id"), keys(fish, "sampling_event_id")
    totals, count = _daily_sums(fish_event, np.zeros_like(fish_event), fish.values("weight_g"))
    mean_g = _unscaled(totals, count, WEIGHT_SCALE).value
    position = np.minimum(np.searchsorted(totals.assignment, event), max(len(totals) - 1, 0))
    has_fish = totals.assignment[position] == event
    return Series(
        keys(treatments, "batch_assignment_id")[has_fish],
        treatments.values("treatment_date")[has_fish] // MICROSECONDS_PER_DAY,
        mean_g[position[has_fish]],
    )
