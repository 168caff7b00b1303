"""The models of a database, and the choice of models for a batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..days import month_index
from .models import FcrModel, GrowthModels, MortalityRates, StageLimits, Stages, TgcModel

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True)
class ModelChoice:
    """Primary keys of the models of a scenario; None for a missing model."""

    tgc: int | None
    fcr: int | None
    mortality: int | None
    constraints: int | None

    @property
    def is_complete(self) -> bool:
        """True if a scenario can be created; constraints are optional."""
        return None not in (self.tgc, self.fcr, self.mortality)


@dataclass(frozen=True)
class ModelLibrary:
    """All models of a database.

    Attributes:
        stages: lifecycle stages.
        tgc: growth models by primary key.
        places: location and release period of each growth model, by primary key.
        fcr: feed conversion models by primary key.
        mortality: mortality models by primary key.
        limits: limits by primary key of the constraint set; under None those without a set.
        constraints: primary key of the default constraint set.
        harvest_weights_g: harvest weight of the constraint sets that have one, by primary key.
    """

    stages: Stages
    tgc: Mapping[int, TgcModel]
    places: Mapping[int, tuple[str, str]]
    fcr: Mapping[int, FcrModel]
    mortality: Mapping[int, MortalityRates]
    limits: Mapping[int | None, StageLimits]
    constraints: int | None
    harvest_weights_g: Mapping[int, float]

    def choose(
        self, geography: str, start_day: int, harvest_weight_g: float | None = None
    ) -> ModelChoice:
        """Return the models for a batch without a scenario.

        The growth model of the batch's geography and start month is preferred, then one of the
        geography, then one of the month. Of equal candidates, and for the other models, the lowest
        primary key is used. The constraint set is the one with the nearest harvest weight.

        Args:
            geography: name of the batch's geography.
            start_day: first day of the batch.
            harvest_weight_g: weight at which its harvest is planned; None for the default set.
        """
        month = _MONTHS[int(month_index(np.array([start_day]))[0])]

        def preference(key: int) -> tuple[int, int]:
            location, period = self.places[key]
            is_location = location.strip().lower() == geography.strip().lower()
            is_month = period.strip().lower().startswith(month)
            return 2 * is_location + is_month, -key

        return ModelChoice(
            tgc=max(self.tgc, key=preference, default=None),
            fcr=min(self.fcr, default=None),
            mortality=min(self.mortality, default=None),
            constraints=self._constraints(harvest_weight_g),
        )

    def _constraints(self, harvest_weight_g: float | None) -> int | None:
        if harvest_weight_g is None:
            return self.constraints
        return min(
            self.harvest_weights_g,
            key=lambda key: (abs(self.harvest_weights_g[key] - harvest_weight_g), key),
            default=self.constraints,
        )

    def models(self, choice: ModelChoice) -> GrowthModels:
        """Return the chosen models; None for a missing one."""
        return GrowthModels(
            stages=self.stages,
            limits=self.limits.get(choice.constraints, self.limits[None]),
            tgc=None if choice.tgc is None else self.tgc.get(choice.tgc),
            fcr=None if choice.fcr is None else self.fcr.get(choice.fcr),
            mortality=None if choice.mortality is None else self.mortality.get(choice.mortality),
        )
