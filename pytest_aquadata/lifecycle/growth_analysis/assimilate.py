"""Daily states of a batch from its observations and models (AquaMind's assimilation).

A state describes the evening of a day. By component, in order of preference:

- temperature: the day's readings, else neighbouring readings, else the profile (`temperature`);
- weight: the measured weight on anchor days, else TGC growth (`weights`), else unchanged;
- deaths: the day's events, else the model's rate times the population (`populations`);
- feed: the day's feeding events;
- FCR: feed / gain of biomass if the gain is more than 1 kg, at most 10.

Each component has a source and a confidence from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .anchors import CONFIDENCE, NO_ANCHOR, Anchors, find_anchors
from .models import GrowthModels
from .observations import MARGIN_DAYS, Observations
from .populations import follow_population, placements
from .temperature import Temperatures, fill_temperatures
from .weights import daily_weights

WEIGHT_SOURCES = ("measured", "tgc_computed", "unchanged")
MORTALITY_SOURCES = ("actual", "model", "none")
FEED_SOURCES = ("actual", "none")
FCR_SOURCES = ("calculated", "insufficient_data")

_CALCULATED_CONFIDENCE = 0.8
"""Highest confidence in a calculated weight."""
_UNCHANGED_CONFIDENCE = 0.3
_MODEL_MORTALITY_CONFIDENCE = 0.4
_MIN_GAIN_KG = 1.0
_MAX_FCR = 10.0


@dataclass(frozen=True)
class States:
    """States by assignment and day since arrival; meaningful only where `has_state`.

    Attributes:
        has_state: mask of days with a state.
        start_weight_g: weight with which each assignment starts.
        weight_g: mean weight.
        population: fish.
        deaths: deaths of the day.
        feed_kg: feed of the day.
        fcr: observed feed conversion ratio; NaN if the gain is too small.
        temperatures: water temperatures.
        anchors: measured weights.
        weight_source: position in `WEIGHT_SOURCES`.
        weight_confidence: 0 to 1.
        mortality_source: position in `MORTALITY_SOURCES`.
        mortality_confidence: 0 to 1.
    """

    has_state: NDArray[np.bool_]
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
        return int(np.count_nonzero(self.has_state))


def assimilate(observations: Observations, models: GrowthModels) -> States:
    """Return all states of a batch up to today.

    Args:
        observations: recorded data of the batch.
        models: models of its scenario; a missing model lowers confidence but leaves no gap.
    """
    assignments = observations.assignments
    stage = models.stages.positions(assignments.stage_ids)
    temperatures = _temperatures(observations, models)
    anchors = find_anchors(observations)
    recorded_deaths = observations.scatter(observations.daily.deaths)
    recorded_deaths[~(recorded_deaths > 0)] = np.nan
    daily_rate = models.daily_rate[stage]
    placed, start = placements(observations)
    population, deaths = follow_population(start, placed, recorded_deaths, daily_rate)
    start_g, weight_g = daily_weights(observations, models, stage, temperatures.temp_c, anchors)
    feed_kg = np.nan_to_num(observations.scatter(observations.daily.feed))
    is_measured = anchors.kind != NO_ANCHOR
    can_grow = ~np.isnan(temperatures.temp_c) & ~np.isnan(models.coefficient[stage])[:, None]
    has_event, has_rate = ~np.isnan(recorded_deaths), ~np.isnan(daily_rate)[:, None]
    calculated_confidence = np.minimum(temperatures.confidence, _CALCULATED_CONFIDENCE)
    return States(
        has_state=assignments.has_state,
        start_weight_g=start_g,
        weight_g=weight_g,
        population=population,
        deaths=deaths,
        feed_kg=feed_kg,
        fcr=_observed_fcr(feed_kg, population, deaths, weight_g, start_g),
        temperatures=temperatures,
        anchors=anchors,
        weight_source=np.select((is_measured, can_grow), (0, 1), 2),
        weight_confidence=np.where(
            is_measured,
            CONFIDENCE[anchors.kind],
            np.where(can_grow, calculated_confidence, _UNCHANGED_CONFIDENCE),
        ),
        mortality_source=np.select((has_event, has_rate), (0, 1), 2),
        mortality_confidence=np.select(
            (has_event, has_rate), (1.0, _MODEL_MORTALITY_CONFIDENCE), 0.0
        ),
    )


def _temperatures(observations: Observations, models: GrowthModels) -> Temperatures:
    assignments, start_day = observations.assignments, observations.batch.start_day
    age = assignments.first_day[:, None] + np.arange(assignments.days) - start_day + 1
    measured_c = observations.scatter(observations.daily.temperatures, MARGIN_DAYS)
    return fill_temperatures(measured_c, models.profile_c(age))


def _observed_fcr(
    feed_kg: NDArray[np.float64],
    population: NDArray[np.int64],
    deaths: NDArray[np.int64],
    weight_g: NDArray[np.float64],
    start_g: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return feed / gain of biomass, at most 10; NaN if the gain is 1 kg or less.

    The gain is that of the fish present: fish placed or removed on the day do not count.
    """
    before_g = np.concatenate([start_g[:, None], weight_g[:, :-1]], axis=1)
    gain_kg = (population * weight_g - (population + deaths) * before_g) / 1000.0
    has_gain = (gain_kg > _MIN_GAIN_KG) & (feed_kg > 0)
    ratio = np.full(feed_kg.shape, np.nan)
    np.divide(feed_kg, gain_kg, out=ratio, where=has_gain)
    return np.minimum(ratio, _MAX_FCR)
