"""An outbreak of disease: higher mortality for weeks, reduced appetite, a laboratory diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..disease import DIAGNOSES_AT_SEA, DIAGNOSES_IN_HALLS, Outbreak
from .context import ContainerSelection, IncidentContext
from .effects import Effects
from .incident import Incident, IncidentImpact

LASTS_DAYS = 60
"""Days until mortality is almost normal: it rises over 8 and decays over 22, see `biology`."""


@dataclass(frozen=True)
class DiseaseOutbreak(Incident):
    """An outbreak of disease.

    Attributes:
        diagnosis: name of the disease; one common in the stage, drawn at random, if None.
        containers: containers affected; all if None.
        peak: death rate added at the peak, in multiples of the normal rate: 0.1 to 200.
    """

    diagnosis: str | None = None
    containers: ContainerSelection = None
    peak: float = 8.0

    kind: ClassVar[str] = "disease outbreak"
    needs_feeding: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_range("peak", self.peak, 0.1, 200.0)

    def impact(self, context: IncidentContext) -> IncidentImpact:
        """Return an outbreak like the spontaneous ones of the simulation."""
        affected = context.positions(self.containers)
        peak = np.zeros(len(context.containers))
        peak[affected] = self.peak
        common = DIAGNOSES_AT_SEA if context.at_sea else DIAGNOSES_IN_HALLS
        drawn = common[int(context.stream("diagnosis").integers(len(common)))]
        outbreak = Outbreak(context.day, self.diagnosis or drawn, peak)
        return IncidentImpact(
            containers=affected,
            last_day=context.last_day(LASTS_DAYS),
            amount=self.peak,
            unit="times the normal death rate",
            effects=Effects(outbreaks=(outbreak,)),
        )
