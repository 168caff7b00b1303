"""An outbreak of disease: more fish die for weeks, all eat less, and the laboratory finds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..disease import DIAGNOSES_AT_SEA, DIAGNOSES_IN_HALLS, Outbreak
from .context import ContainerSelection, IncidentContext
from .effects import Effects
from .incident import Incident, IncidentImpact

LASTS_DAYS = 60
"""Days until deaths are nearly as before: rise of 8 and decay of 22 days, see `biology`."""


@dataclass(frozen=True)
class DiseaseOutbreak(Incident):
    """An outbreak of disease.

    Attributes:
        diagnosis: what it turns out to be; one usual for the stage if None.
        containers: those struck; all if None.
        peak: times the normal death rate that it adds at its height.
    """

    diagnosis: str | None = None
    containers: ContainerSelection = None
    peak: float = 8.0

    kind: ClassVar[str] = "disease outbreak"
    needs_feeding: ClassVar[bool] = True

    def __post_init__(self) -> None:
        self._between("peak", self.peak, 0.1, 200.0)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """An outbreak like those that come by themselves."""
        where = context.positions(self.containers)
        peak = np.zeros(len(context.containers))
        peak[where] = self.peak
        usual = DIAGNOSES_AT_SEA if context.at_sea else DIAGNOSES_IN_HALLS
        drawn = usual[int(context.stream("diagnosis").integers(len(usual)))]
        outbreak = Outbreak(context.day, self.diagnosis or drawn, peak)
        return IncidentImpact(
            containers=where,
            last_day=context.last_day(LASTS_DAYS),
            amount=self.peak,
            unit="times the normal death rate",
            effects=Effects(outbreaks=(outbreak,)),
        )
