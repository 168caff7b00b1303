"""What the farm file says of a geography's sea: the levels that `water` varies around."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SeaClimate:
    """The sea of one geography.

    Attributes:
        monthly_temp_c: mean temperature of each month, January first.
        year_sd_c: spread of one year's mean around the climate.
        day_sd_c: spread of a day around its season.
        salinity: usual salinity, practical salinity units.
        runoff_salinity: how far heavy run-off pushes the salinity down.
        oxygen_saturation_pct: usual saturation at sea.
    """

    monthly_temp_c: tuple[float, ...]
    year_sd_c: float
    day_sd_c: float
    salinity: float
    runoff_salinity: float
    oxygen_saturation_pct: float
