"""Models of growth, feed conversion and mortality, and limits, as arrays over lifecycle stages.

An array has one value per stage, at the stage's position in `Stages`. Rows of AquaMind's model
tables have the name of a stage, by which its engines look them up, or one of seven choices; a stage
with several of these (egg and alevin) has their mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MODEL_NAMES = ("egg", "alevin", "fry", "parr", "smolt", "post_smolt", "harvest")
"""Names of the stages among the choices of AquaMind's model tables."""

HARVEST = MODEL_NAMES[-1]
"""Name of the last stage; in constraint sets, its highest weight is the weight at harvest."""

ENGINE_CAP_G = {
    "egg": 1.0,
    "alevin": 1.0,
    "fry": 10.0,
    "parr": 100.0,
    "smolt": 250.0,
    "post_smolt": 700.0,
    "harvest": 8000.0,
}
"""Highest calculated weight in g in AquaMind's growth engine."""

FRESH_WATER_NAMES = ("egg", "alevin", "fry", "parr", "smolt")
"""Stages that AquaMind keeps in fresh water, unless a constraint says otherwise."""

DEFAULT_FCR = 1.2
"""AquaMind's feed conversion ratio of a stage without one in the model."""

_RAW_BELOW = 0.01
"""Stored TGC values below this are coefficients; others are per 1,000 degree-days."""


def tgc_coefficient(stored: ArrayLike) -> NDArray[np.float64]:
    """Return the gain of W^(1/3) in g^(1/3) per degree-day, from stored values of a TGC model.

    AquaMind stores both coefficients and values per 1,000 degree-days, which are larger. Negative
    values count as 0.
    """
    values = np.maximum(np.asarray(stored, np.float64), 0.0)
    return np.where(values < _RAW_BELOW, values, values / 1000.0)


def stage_model_names(count: int) -> tuple[tuple[str, ...], ...]:
    """Return the names in the model tables of each of `count` lifecycle stages, in their order.

    With AquaMind's six stages the first is egg and alevin; with seven each has one name. With
    fewer, the last stage before the sea has the remaining names; with more, the last stages share
    the last name.
    """
    if count >= len(MODEL_NAMES):
        return tuple((MODEL_NAMES[min(stage, len(MODEL_NAMES) - 1)],) for stage in range(count))
    between = MODEL_NAMES[2:-1]
    inner = max(count - 2, 0)
    names = [MODEL_NAMES[:2], *((name,) for name in between[:inner]), MODEL_NAMES[-1:]]
    if inner:
        names[inner] = between[inner - 1 :]
    return tuple(names[-count:]) if count else ()


@dataclass(frozen=True)
class Stages:
    """The lifecycle stages of a database, ordered by species, then by order.

    Attributes:
        ids: primary keys.
        species: primary key of the species of each.
        labels: names in `batch_lifecyclestage`.
        names: names of each among the choices of the model tables.
        days: typical duration; 0 if unknown.
        min_weight_g: expected weight at the start; NaN if unknown.
        max_weight_g: expected weight at the end; NaN if unknown.
    """

    ids: NDArray[np.int64]
    species: NDArray[np.int64]
    labels: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    days: NDArray[np.int64]
    min_weight_g: NDArray[np.float64]
    max_weight_g: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of the stages with these primary keys; every key must exist."""
        order = np.argsort(self.ids)
        return order[np.searchsorted(self.ids, ids, sorter=order)]

    def of_species(self, species: int | None) -> NDArray[np.int64]:
        """Return the positions of a species' stages, in order; of the first species if None."""
        key = self.species[0] if species is None else species
        return np.flatnonzero(self.species == key)


@dataclass(frozen=True)
class ProfileTemperatures:
    """Water temperature by day since the start of a batch.

    Attributes:
        day: day numbers, from 1, ascending.
        temp_c: temperature on each of them.
    """

    day: NDArray[np.int64]
    temp_c: NDArray[np.float64]

    def on(self, day_number: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return temperatures: linear between the profile's days, constant beyond; NaN if empty."""
        if not len(self.day):
            return np.full(np.shape(day_number), np.nan)
        return np.interp(day_number, self.day, self.temp_c)


@dataclass(frozen=True)
class TgcModel:
    """Growth by thermal growth coefficients (TGC).

    Attributes:
        coefficient: gain of W^(1/3) in g^(1/3) per degree-day, by stage.
        profile: planned water temperature.
    """

    coefficient: NDArray[np.float64]
    profile: ProfileTemperatures


@dataclass(frozen=True)
class FcrModel:
    """Feed conversion ratios (FCR): feed / gain of biomass.

    Attributes:
        ratio: ratio by stage.
        days: duration by stage; 0 if the model has none.
        override_stage: position of the stage of each range of weights with its own ratio.
        override_from_g: lowest weight of the range.
        override_to_g: highest weight of the range, inclusive.
        override_ratio: ratio of the range.
    """

    ratio: NDArray[np.float64]
    days: NDArray[np.int64]
    override_stage: NDArray[np.int64]
    override_from_g: NDArray[np.float64]
    override_to_g: NDArray[np.float64]
    override_ratio: NDArray[np.float64]

    def ratio_at(
        self, stage: NDArray[np.int64], weight_g: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the ratio by stage and weight; of overlapping ranges the first is used."""
        ratio = self.ratio[stage]
        for number in reversed(range(len(self.override_stage))):
            is_inside = (stage == self.override_stage[number]) & (
                (weight_g >= self.override_from_g[number])
                & (weight_g <= self.override_to_g[number])
            )
            ratio = np.where(is_inside, self.override_ratio[number], ratio)
        return ratio


@dataclass(frozen=True)
class MortalityRates:
    """Share of the fish that die in a day, by stage."""

    daily_rate: NDArray[np.float64]


@dataclass(frozen=True)
class StageLimits:
    """Limits of a set of biological constraints, by stage.

    Attributes:
        min_weight_g: expected weight at the start; NaN if unknown.
        max_weight_g: highest projected weight; infinite without a limit.
        min_temp_c: lowest temperature in projections.
        max_temp_c: highest temperature in projections.
        days: typical duration; 0 if unknown.
        fresh_water: True if the stage lives in fresh water.
    """

    min_weight_g: NDArray[np.float64]
    max_weight_g: NDArray[np.float64]
    min_temp_c: NDArray[np.float64]
    max_temp_c: NDArray[np.float64]
    days: NDArray[np.int64]
    fresh_water: NDArray[np.bool_]


@dataclass(frozen=True)
class GrowthModels:
    """The models of a batch or scenario; None for a missing one."""

    stages: Stages
    limits: StageLimits
    tgc: TgcModel | None
    fcr: FcrModel | None
    mortality: MortalityRates | None

    @property
    def cap_g(self) -> NDArray[np.float64]:
        """Highest calculated weight of AquaMind's growth engine, by stage."""
        caps = [max(ENGINE_CAP_G[name] for name in names) for names in self.stages.names]
        return np.array(caps, np.float64)

    @property
    def coefficient(self) -> NDArray[np.float64]:
        """Gain of W^(1/3) per degree-day, by stage; NaN without a model."""
        return np.full(len(self.stages), np.nan) if self.tgc is None else self.tgc.coefficient

    @property
    def daily_rate(self) -> NDArray[np.float64]:
        """Share of the fish that die in a day, by stage; NaN without a model."""
        if self.mortality is None:
            return np.full(len(self.stages), np.nan)
        return self.mortality.daily_rate

    @property
    def stage_days(self) -> NDArray[np.int64]:
        """Planned duration by stage: that of the feed model, else of the limits, else typical."""
        days = np.where(self.limits.days > 0, self.limits.days, self.stages.days)
        if self.fcr is None:
            return days
        return np.where(self.fcr.days > 0, self.fcr.days, days)

    def fcr_at(
        self, stage: NDArray[np.int64], weight_g: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the feed conversion ratio by stage and weight; `DEFAULT_FCR` without a model."""
        if self.fcr is None:
            return np.full(len(stage), DEFAULT_FCR)
        return self.fcr.ratio_at(stage, weight_g)

    def profile_c(self, day_number: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the profile's temperature by day of the batch, from 1; NaN without one."""
        if self.tgc is None:
            return np.full(np.shape(day_number), np.nan)
        return self.tgc.profile.on(day_number)
