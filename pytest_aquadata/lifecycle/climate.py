"""The sea climate of a geography, from the farm file; `water` varies around it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeaClimate:
    """The sea of one geography.

    Attributes:
        monthly_temp_c: mean temperature of each month, January first.
        year_sd_c: standard deviation of the yearly mean.
        day_sd_c: standard deviation of a day around the season.
        salinity: normal salinity, practical salinity units.
        runoff_salinity: fall of salinity at the heaviest run-off.
        oxygen_saturation_pct: normal oxygen saturation at sea.
    """

    monthly_temp_c: tuple[float, ...]
    year_sd_c: float
    day_sd_c: float
    salinity: float
    runoff_salinity: float
    oxygen_saturation_pct: float
