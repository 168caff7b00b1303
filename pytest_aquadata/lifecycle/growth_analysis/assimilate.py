"""Where a batch really is: a state for every assignment and day, from measurements and models.

Between two weighings the cube root of the weight is a sum, so all days of all assignments are
calculated at once: the root of the last weighing plus what the water since then is worth. A state
is that of the evening: the day's deaths are counted and the day's growth is grown, except that on
the day of a weighing the weight is the one measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numerics import cube_root
from .anchors import CONFIDENCE, NO_ANCHOR, Anchors, find_anchors
from .models import GrowthModels
from .observations import MARGIN_DAYS, NOWHERE, Observations
from .temperature import Temperatures, fill_temperatures

WEIGHT_SOURCES = ("measured", "tgc_computed", "unchanged")
MORTALITY_SOURCES = ("actual", "model", "none")
FEED_SOURCES = ("actual", "none")
FCR_SOURCES = ("observed", "none")

_CALCULATED = 0.8
_UNCHANGED = 0.3
_MODEL_DEATHS = 0.4
_LEAST_GAIN_KG = 1.0
_HIGHEST_FCR = 10.0


@dataclass(frozen=True)
class States:
    """States by assignment and day since arrival; only where `lived` do they mean anything.

    Attributes:
        lived: the days an assignment has a state for.
        start_weight_g: weight with which each assignment started.
        weight_g: mean weight.
        population: fish.
        deaths: fish that died.
        feed_kg: feed.
        fcr: observed feed conversion; NaN where there was no gain to speak of.
        temperatures: the water.
        anchors: the weighings.
        weight_source: position in `WEIGHT_SOURCES`.
        weight_confidence: 0 to 1.
        mortality_source: position in `MORTALITY_SOURCES`.
        mortality_confidence: 0 to 1.
    """

    lived: NDArray[np.bool_]
    start_weight_g: NDArray[np.float64]
    weight_g: NDArray[np.float64]
    population: NDArray[np.int64]
    deaths: NDArray[np.int64]
    feed_kg: NDArray[np.float64]
    fcr: NDArray[np.float64]
    temperatures: Temperatures
    anchors: Anchors
    weight_source: NDArray[np.int64]
    weight_confidence: NDArray[np.float64]
    mortality_source: NDArray[np.int64]
    mortality_confidence: NDArray[np.float64]

    def __len__(self) -> int:
        return int(np.count_nonzero(self.lived))


def assimilate(observations: Observations, models: GrowthModels) -> States:
    """All states of a batch up to today.

    Args:
        observations: what is known of the batch.
        models: those of its scenario; what they lack lowers confidence and leaves no gap.
    """
    assignments = observations.assignments
    stage = models.stages.positions(assignments.stage_ids)
    temperatures = _temperatures(observations, models)
    anchors = find_anchors(observations)
    placed, start = _placements(observations)
    events = observations.scatter(observations.daily.deaths)
    events[~(events > 0)] = np.nan
    rate = models.daily_rate[stage]
    population, deaths = follow_population(start, placed, events, rate)
    warmth = np.where(np.isnan(temperatures.temp_c), 0.0, np.maximum(temperatures.temp_c, 0.0))
    growth = _Growth(
        through=np.cumsum(np.nan_to_num(models.coefficient[stage])[:, None] * warmth, axis=1),
        grown=np.cumsum(~np.isnan(temperatures.temp_c), axis=1),
        anchors=anchors,
        cap_root=cube_root(models.cap_g)[stage],
    )
    start_g, weight_g = _weights(observations, models, stage, growth)
    feed_kg = np.nan_to_num(observations.scatter(observations.daily.feed))
    has_event = ~np.isnan(events)
    can_grow = ~np.isnan(temperatures.temp_c) & ~np.isnan(models.coefficient[stage])[:, None]
    weighed = anchors.kind != NO_ANCHOR
    return States(
        lived=assignments.lived,
        start_weight_g=start_g,
        weight_g=weight_g,
        population=population,
        deaths=deaths,
        feed_kg=feed_kg,
        fcr=_observed_fcr(feed_kg, population, deaths, weight_g, start_g),
        temperatures=temperatures,
        anchors=anchors,
        weight_source=np.select((weighed, can_grow), (0, 1), 2),
        weight_confidence=np.where(
            weighed,
            CONFIDENCE[anchors.kind],
            np.where(can_grow, np.minimum(temperatures.confidence, _CALCULATED), _UNCHANGED),
        ),
        mortality_source=np.select((has_event, ~np.isnan(rate)[:, None]), (0, 1), 2),
        mortality_confidence=np.select(
            (has_event, ~np.isnan(rate)[:, None]), (1.0, _MODEL_DEATHS), 0.0
        ),
    )


def follow_population(
    start: NDArray[np.int64],
    placed: NDArray[np.int64],
    events: NDArray[np.float64],
    daily_rate: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Fish and deaths on every day: previous fish plus those placed less those dead.

    Args:
        start: fish before the first day, an assignment.
        placed: fish that come, less those that leave, by assignment and day.
        events: recorded deaths, NaN on days without a record: then the model's rate of the
            previous fish dies.
        daily_rate: the model's rate, an assignment; NaN for none.

    Returns:
        Fish in the evening and the day's deaths, by assignment and day. Fish are never below 0.
    """
    days = placed.shape[1]
    rate = np.nan_to_num(daily_rate)
    population = np.empty((days, len(start)))
    deaths, come = events.T.astype(np.float64), placed.T.copy()
    unknown = np.isnan(deaths)
    fish = start.astype(np.float64)
    for day in range(days):
        np.copyto(deaths[day], np.rint(fish * rate), where=unknown[day])
        fish = np.maximum(fish + come[day] - deaths[day], 0.0)
        population[day] = fish
    return population.T.astype(np.int64), deaths.T.astype(np.int64)


def _temperatures(observations: Observations, models: GrowthModels) -> Temperatures:
    assignments = observations.assignments
    age = (
        assignments.first_day[:, None]
        + np.arange(assignments.days)
        - observations.batch.start_day
        + 1
    )
    measured_c = observations.scatter(observations.daily.temperatures, MARGIN_DAYS)
    return fill_temperatures(measured_c, models.profile_c(age))


def _placements(observations: Observations) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Fish placed by assignment and day, and fish each assignment starts with.

    An assignment that fish were moved into on its first day starts with none; others start with
    their book. Those moved out of a container in which fish stay are taken off.
    """
    assignments, moves = observations.assignments, observations.transfers
    cells = len(assignments) * assignments.days
    into, out = moves.dest != NOWHERE, moves.source != NOWHERE
    since = (
        np.maximum(moves.day - assignments.first_day[moves.dest], 0)[into] if into.any() else None
    )
    placed = np.zeros(cells, np.int64)
    start = assignments.population.copy()
    if since is not None:
        row = moves.dest[into]
        held = assignments.lived[row, np.minimum(since, assignments.days - 1)] & (
            since < assignments.days
        )
        np.add.at(placed, row[held] * assignments.days + since[held], moves.moved[into][held])
        start[row[since == 0]] = 0
    if out.any():
        row = moves.source[out]
        left = moves.day[out] - assignments.first_day[row]
        held = (left >= 0) & (moves.day[out] < assignments.end_day[row])
        gone = (moves.moved + moves.dead)[out]
        np.subtract.at(placed, row[held] * assignments.days + left[held], gone[held])
    return placed.reshape(len(assignments), assignments.days), start


@dataclass(frozen=True)
class _Growth:
    """What the weights of assignments are made of, by assignment and day.

    Attributes:
        through: gain of W^(1/3) from arrival to the evening.
        grown: days with a temperature from arrival to the evening.
        anchors: the weighings.
        cap_root: W^(1/3) that a calculated weight does not pass, an assignment.
    """

    through: NDArray[np.float64]
    grown: NDArray[np.int64]
    anchors: Anchors
    cap_root: NDArray[np.float64]

    def weights(self, rows: NDArray[np.int64], start_g: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weights of some assignments that start with these."""
        weighed = self.anchors.kind[rows] != NO_ANCHOR
        measured_g, through = self.anchors.weight_g[rows], self.through[rows]
        grown = self.grown[rows]
        days = weighed.shape[1]
        last = np.maximum.accumulate(np.where(weighed, np.arange(days), -1), axis=1)
        anchor_root = np.zeros(weighed.shape)
        anchor_root[weighed] = cube_root(measured_g[weighed])
        each, at = np.arange(len(rows))[:, None], np.maximum(last, 0)
        since = last >= 0
        base = np.where(since, anchor_root[each, at], cube_root(start_g)[:, None])
        root = base + through - np.where(since, through[each, at], 0.0)
        has_grown = grown > np.where(since, grown[each, at], 0)
        root = np.where(has_grown, np.minimum(root, self.cap_root[rows][:, None]), root)
        return np.where(weighed, measured_g, root * root * root)


def _weights(
    observations: Observations, models: GrowthModels, stage: NDArray[np.int64], growth: _Growth
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weight with which each assignment starts, and on every day.

    It starts with the weight measured at the first transfer into it; else with the last state of
    the container the fish came from, else with that container's book; else with its own book, else
    with the least that fish of its stage weigh. Assignments are taken in waves, those that wait for
    another's last state after it.
    """
    assignments = observations.assignments
    start_g, source, moved = _starts(observations, models, stage)
    weight_g = np.empty((len(assignments), assignments.days))
    waiting = source != NOWHERE
    rows = np.flatnonzero(~waiting)
    while True:
        weight_g[rows] = growth.weights(rows, start_g[rows])
        if not waiting.any():
            return start_g, weight_g
        ready = waiting & ~waiting[source]
        if not ready.any():  # a circle: nothing but the books is left
            ready = waiting
            last_g = assignments.weight_g[source[ready]]
        else:
            origin = source[ready]
            latest = (
                np.minimum(moved[ready], assignments.end_day[origin] - 1)
                - assignments.first_day[origin]
            )
            stated_g = weight_g[origin, np.maximum(latest, 0)]
            last_g = np.where(latest >= 0, stated_g, assignments.weight_g[origin])
        start_g[ready] = np.where(last_g > 0, last_g, start_g[ready])
        rows = np.flatnonzero(ready)
        waiting = waiting & ~ready


def _starts(
    observations: Observations, models: GrowthModels, stage: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Starting weights as far as known at once; the row and day of the state to start from."""
    assignments, moves = observations.assignments, observations.transfers
    least = models.limits.min_weight_g[stage]
    least = np.where(least > 0, least, models.stages.min_weight_g[stage])
    book = np.where(assignments.weight_g > 0, assignments.weight_g, np.where(least > 0, least, 1.0))
    source, moved = np.full(len(assignments), NOWHERE), np.zeros(len(assignments), np.int64)
    into = np.flatnonzero(moves.dest != NOWHERE)
    row, first = np.unique(moves.dest[into], return_index=True)
    first = into[first]
    measured_g = moves.weight_g[first]
    weighed = measured_g > 0
    book[row[weighed]] = measured_g[weighed]
    source[row[~weighed]] = moves.source[first[~weighed]]
    moved[row[~weighed]] = moves.day[first[~weighed]]
    return book, source, moved


def _observed_fcr(
    feed_kg: NDArray[np.float64],
    population: NDArray[np.int64],
    deaths: NDArray[np.int64],
    weight_g: NDArray[np.float64],
    start_g: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Feed over the day's gain of biomass, at most 10; NaN if the gain is 1 kg or less.

    Fish that were placed on the day are no gain.
    """
    before_g = np.concatenate([start_g[:, None], weight_g[:, :-1]], axis=1)
    gain_kg = (population * weight_g - (population + deaths) * before_g) / 1000.0
    gained = (gain_kg > _LEAST_GAIN_KG) & (feed_kg > 0)
    ratio = np.full(feed_kg.shape, np.nan)
    np.divide(feed_kg, gain_kg, out=ratio, where=gained)
    return np.minimum(ratio, _HIGHEST_FCR)
