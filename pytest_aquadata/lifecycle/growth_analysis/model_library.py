"""The models of a database, and the choice of models for a batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..days import month_index
from .models import FcrModel, GrowthModels, MortalityRates, StageLimits, Stages, TgcModel

TGC, FCR, MORTALITY, CONSTRAINTS = (
    "scenario_tgcmodel",
    "scenario_fcrmodel",
    "scenario_mortalitymodel",
    "scenario_biological_constraints",
)
"""Tables from which a scenario selects a row; the other model tables hold details of these rows."""
CHOSEN_MODELS = (TGC, FCR, MORTALITY, CONSTRAINTS)

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
        places: location and name, and release period of each growth model, by primary key.
        fcr: feed conversion models by primary key.
        mortality: mortality models by primary key.
        names: names of the feed conversion and mortality models, by table and primary key.
        limits: limits by primary key of the constraint set; under None those without a set.
        constraints: primary keys of the active constraint sets.
        harvest_weights_g: harvest weight of the constraint sets that have one, by primary key.
        hidden: primary keys that are not chosen, by table; scenarios may have them all the same.
    """

    stages: Stages
    tgc: Mapping[int, TgcModel]
    places: Mapping[int, tuple[str, str]]
    fcr: Mapping[int, FcrModel]
    mortality: Mapping[int, MortalityRates]
    names: Mapping[str, Mapping[int, str]]
    limits: Mapping[int | None, StageLimits]
    constraints: Collection[int]
    harvest_weights_g: Mapping[int, float]
    hidden: Mapping[str, Collection[int]] = field(default_factory=dict)

    def keys(self, table: str) -> Collection[int]:
        """Return the primary keys in one of `CHOSEN_MODELS` that may be chosen."""
        every: Mapping[str, Iterable[int]] = {
            TGC: self.tgc,
            FCR: self.fcr,
            MORTALITY: self.mortality,
            CONSTRAINTS: self.constraints,
        }
        return sorted(set(every[table]).difference(self.hidden.get(table, ())))

    def without(self, hidden: Mapping[str, Collection[int]]) -> ModelLibrary:
        """Return the library without models to choose, by table."""
        return replace(self, hidden=hidden)

    def choose(
        self, geography: str, start_day: int, harvest_weight_g: float | None = None
    ) -> ModelChoice:
        """Return the models for a batch without a scenario.

        The growth model of the batch's geography and start month is preferred, then one of the
        geography, then one of the month; a model is of a geography that its location or name
        contains. So are feed conversion and mortality models chosen, by their names. Of equal
        candidates the lowest primary key is used. The constraint set is the one with the nearest
        harvest weight.

        Args:
            geography: name of the batch's geography.
            start_day: first day of the batch.
            harvest_weight_g: weight at which its harvest is planned; None for the default set.
        """
        month = _MONTHS[int(month_index(np.array([start_day]))[0])]
        place = geography.strip().casefold()

        def is_of_place(label: str) -> bool:
            return bool(place) and place in label.casefold()

        def preference(key: int) -> tuple[int, int]:
            label, period = self.places[key]
            is_month = period.strip().lower().startswith(month)
            return 2 * is_of_place(label) + is_month, -key

        def by_name(table: str) -> int | None:
            names = self.names[table]
            return max(
                self.keys(table), key=lambda key: (is_of_place(names[key]), -key), default=None
            )

        return ModelChoice(
            tgc=max(self.keys(TGC), key=preference, default=None),
            fcr=by_name(FCR),
            mortality=by_name(MORTALITY),
            constraints=self._constraints(harvest_weight_g),
        )

    def _constraints(self, harvest_weight_g: float | None) -> int | None:
        active = self.keys(CONSTRAINTS)
        weighed = [key for key in active if key in self.harvest_weights_g]
        if harvest_weight_g is None or not weighed:
            return min(active, default=None)
        return min(
            weighed, key=lambda key: (abs(self.harvest_weights_g[key] - harvest_weight_g), key)
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
