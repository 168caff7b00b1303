"""Fish by assignment and day: previous fish plus fish placed less dead fish."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .observations import NO_ROW, Observations


def follow_population(
    start: NDArray[np.int64],
    placed: NDArray[np.int64],
    recorded_deaths: NDArray[np.float64],
    daily_rate: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return fish in the evening and deaths of the day, by assignment and day.

    population = previous population + placed - deaths, never below 0.

    Args:
        start: fish before the first day, by assignment.
        placed: fish that arrive less those that leave, by assignment and day.
        recorded_deaths: deaths of the day's mortality events; NaN on days without an event, on
            which the model's rate times the previous population dies.
        daily_rate: share of fish that die in a day by the model, by assignment; NaN without one.
    """
    days = placed.shape[1]
    rate = np.nan_to_num(daily_rate)
    population = np.empty((days, len(start)))
    deaths, placed_by_day = recorded_deaths.T.astype(np.float64), placed.T.copy()
    is_unrecorded = np.isnan(deaths)
    fish = start.astype(np.float64)
    for day in range(days):
        np.copyto(deaths[day], np.rint(fish * rate), where=is_unrecorded[day])
        fish = np.maximum(fish + placed_by_day[day] - deaths[day], 0.0)
        population[day] = fish
    return population.T.astype(np.int64), deaths.T.astype(np.int64)


def placements(observations: Observations) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return fish placed by assignment and day, and the fish each assignment starts with.

    An assignment with a transfer into it on its first day starts with 0 fish; any other starts
    with its recorded population. Fish moved out, and those that die in the transfer, are
    subtracted from the source.
    """
    assignments, transfers = observations.assignments, observations.transfers
    days = assignments.days
    placed = np.zeros(len(assignments) * days, np.int64)
    start = assignments.population.copy()
    into, out = transfers.dest != NO_ROW, transfers.source != NO_ROW
    if into.any():
        row = transfers.dest[into]
        since = np.maximum(transfers.day[into] - assignments.first_day[row], 0)
        has_state = assignments.has_state[row, np.minimum(since, days - 1)] & (since < days)
        cell = row[has_state] * days + since[has_state]
        np.add.at(placed, cell, transfers.moved[into][has_state])
        start[row[since == 0]] = 0
    if out.any():
        row = transfers.source[out]
        since = transfers.day[out] - assignments.first_day[row]
        has_state = (since >= 0) & (transfers.day[out] < assignments.end_day[row])
        cell = row[has_state] * days + since[has_state]
        np.subtract.at(placed, cell, (transfers.moved + transfers.dead)[out][has_state])
    return placed.reshape(len(assignments), days), start
