"""Models of growth, feed conversion, mortality and limits, as arrays over lifecycle stages.

Stages are addressed by their position in `Stages`. AquaMind's model tables know them by seven names
of their own; a stage with several (eggs and alevins) takes the mean of what its names say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MODEL_NAMES = ("egg", "alevin", "fry", "parr", "smolt", "post_smolt", "harvest")
"""What AquaMind's model tables call the parts of a life."""

ENGINE_CAP_G = {
    "egg": 1.0,
    "alevin": 1.0,
    "fry": 10.0,
    "parr": 100.0,
    "smolt": 250.0,
    "post_smolt": 700.0,
    "harvest": 8000.0,
}
"""Weights in g that AquaMind's growth engine does not let a calculated weight pass."""

FRESH_WATER_NAMES = ("egg", "alevin", "fry", "parr", "smolt")
"""Parts of a life that AquaMind takes to be in fresh water, where no limit says otherwise."""

DEFAULT_FCR = 1.2
"""AquaMind's feed conversion ratio of a stage that a model says nothing about."""

_RAW_BELOW = 0.01


def tgc_coefficient(stored: ArrayLike) -> NDArray[np.float64]:
    """Gain of W^(1/3) in g^(1/3) a degree-day, from stored values of a TGC model.

    Values below 0.01 are coefficients already, others are per 1000 degree-days, as AquaMind reads
    them; values below 0 count as 0.
    """
    values = np.maximum(np.asarray(stored, np.float64), 0.0)
    return np.where(values < _RAW_BELOW, values, values / 1000.0)


def stage_model_names(count: int) -> tuple[tuple[str, ...], ...]:
    """Names in the model tables of each of so many lifecycle stages, in their order.

    Six stages are AquaMind's own, the first of them egg and alevin; seven have a name each. With
    fewer, the last stage before the sea takes what is left over; with more, the last ones share the
    last name.
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
    """The lifecycle stages of a database, species by species, in their order.

    Attributes:
        ids: primary keys.
        species: primary key of the species of each.
        names: what the model tables call each, first to last.
        days: typical duration; 0 where there is none.
        min_weight_g: expected weight at the start; NaN where there is none.
        max_weight_g: expected weight at the end; NaN where there is none.
    """

    ids: NDArray[np.int64]
    species: NDArray[np.int64]
    names: tuple[tuple[str, ...], ...]
    days: NDArray[np.int64]
    min_weight_g: NDArray[np.float64]
    max_weight_g: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    def positions(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions of the stages with these primary keys, all of which must be known."""
        order = np.argsort(self.ids)
        return order[np.searchsorted(self.ids, ids, sorter=order)]

    def of_species(self, species: int | None) -> NDArray[np.int64]:
        """Positions of a species' stages, in their order; the first species' if it is None."""
        wanted = self.species[0] if species is None else species
        return np.flatnonzero(self.species == wanted)


@dataclass(frozen=True)
class TemperatureProfile:
    """Water temperature by day since the start of a batch.

    Attributes:
        day: day numbers, from 1, ascending.
        temp_c: temperature of each.
    """

    day: NDArray[np.int64]
    temp_c: NDArray[np.float64]

    def on(self, day_number: NDArray[np.int64]) -> NDArray[np.float64]:
        """Temperature on days, straight between those given, level beyond; NaN if none is."""
        if not len(self.day):
            return np.full(np.shape(day_number), np.nan)
        return np.interp(day_number, self.day, self.temp_c)


@dataclass(frozen=True)
class TgcModel:
    """Growth by thermal growth coefficients.

    Attributes:
        coefficient: gain of W^(1/3) in g^(1/3) a degree-day, a stage.
        profile: the temperature the growth was planned with.
    """

    coefficient: NDArray[np.float64]
    profile: TemperatureProfile


@dataclass(frozen=True)
class FcrModel:
    """Feed conversion: feed over gain.

    Attributes:
        ratio: a stage.
        days: duration of each stage; 0 where the model gives none.
        override_stage: position of the stage of each range of weights with a ratio of its own.
        override_from_g: where the range begins.
        override_to_g: where it ends, inclusive.
        override_ratio: its ratio.
    """

    ratio: NDArray[np.float64]
    days: NDArray[np.int64]
    override_stage: NDArray[np.int64]
    override_from_g: NDArray[np.float64]
    override_to_g: NDArray[np.float64]
    override_ratio: NDArray[np.float64]

    def at(self, stage: NDArray[np.int64], weight_g: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ratio by stage and weight; the first range that holds the weight goes first."""
        ratio = self.ratio[stage]
        for number in reversed(range(len(self.override_stage))):
            here = (stage == self.override_stage[number]) & (
                (weight_g >= self.override_from_g[number])
                & (weight_g <= self.override_to_g[number])
            )
            ratio = np.where(here, self.override_ratio[number], ratio)
        return ratio


@dataclass(frozen=True)
class MortalityModel:
    """Deaths by a rate: the share of the fish that dies in a day, a stage."""

    daily_rate: NDArray[np.float64]


@dataclass(frozen=True)
class StageLimits:
    """What a set of biological constraints allows in each stage.

    Attributes:
        min_weight_g: expected weight at the start of the stage; NaN where unknown.
        max_weight_g: weight a projection does not pass; infinite without a limit.
        min_temp_c: lowest temperature a projection reckons with.
        max_temp_c: highest.
        days: typical duration; 0 without one.
        fresh_water: whether the stage lives in fresh water.
    """

    min_weight_g: NDArray[np.float64]
    max_weight_g: NDArray[np.float64]
    min_temp_c: NDArray[np.float64]
    max_temp_c: NDArray[np.float64]
    days: NDArray[np.int64]
    fresh_water: NDArray[np.bool_]


@dataclass(frozen=True)
class GrowthModels:
    """The models that a batch or scenario is calculated with; None where a database has none."""

    stages: Stages
    limits: StageLimits
    tgc: TgcModel | None
    fcr: FcrModel | None
    mortality: MortalityModel | None

    @property
    def cap_g(self) -> NDArray[np.float64]:
        """The growth engine's highest calculated weight, a stage."""
        caps = [max(ENGINE_CAP_G[name] for name in names) for names in self.stages.names]
        return np.array(caps, np.float64)

    @property
    def coefficient(self) -> NDArray[np.float64]:
        """Gain of W^(1/3) a degree-day, a stage; NaN without a model."""
        return np.full(len(self.stages), np.nan) if self.tgc is None else self.tgc.coefficient

    @property
    def daily_rate(self) -> NDArray[np.float64]:
        """Share of the fish that dies in a day, a stage; NaN without a model."""
        if self.mortality is None:
            return np.full(len(self.stages), np.nan)
        return self.mortality.daily_rate

    @property
    def stage_days(self) -> NDArray[np.int64]:
        """Planned duration of each stage: the feed model's, else the limits', else the stage's."""
        days = np.where(self.limits.days > 0, self.limits.days, self.stages.days)
        if self.fcr is None:
            return days
        return np.where(self.fcr.days > 0, self.fcr.days, days)

    def fcr_at(
        self, stage: NDArray[np.int64], weight_g: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Feed conversion ratio by stage and weight; AquaMind's usual one without a model."""
        if self.fcr is None:
            return np.full(len(stage), DEFAULT_FCR)
        return self.fcr.at(stage, weight_g)

    def profile_c(self, day_number: NDArray[np.int64]) -> NDArray[np.float64]:
        """The profile's temperature by day since the start of the batch; NaN without one."""
        if self.tgc is None:
            return np.full(np.shape(day_number), np.nan)
        return self.tgc.profile.on(day_number)
