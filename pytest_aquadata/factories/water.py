"""The usual water of a stage on a day, and what its sensors read in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..lifecycle.sensors import Water, read_sensors
from ..lifecycle.water import oxygen_solubility_mg_l
from .company import Company
from .expected_life import ExpectedStage, geography_named
from .stays import Stay

_HALL_SATURATION_PCT = 96.0


@dataclass(frozen=True)
class UsualWater:
    """The water of a stage on a day."""

    temp_c: float
    salinity: float
    oxygen_mg_l: float
    ph: float


def water_at(geography: str, stage: ExpectedStage, when: date) -> UsualWater:
    """The usual water of a stage on a day."""
    climate = geography_named(geography).climate
    at_sea = stage.rule.site == "area"
    temp_c = float(stage.temp_c[stage.day(when)])
    salinity = climate.salinity if at_sea else 0.0
    saturation = climate.oxygen_saturation_pct if at_sea else _HALL_SATURATION_PCT
    solubility = oxygen_solubility_mg_l(np.array([temp_c]), np.array([salinity]))
    oxygen = float(solubility[0]) * saturation / 100.0
    return UsualWater(temp_c, salinity, oxygen, 8.0 if at_sea else 7.0)


def readings(
    at: Company, stay: Stay, parameter: str, when: date, per_day: int
) -> NDArray[np.float64]:
    """What the sensor of a container reads on a day, from morning to night."""
    climate = geography_named(stay.track.geography).climate
    at_sea, day = stay.stage.rule.site == "area", stay.stage.day(when)
    fed = 0
    if stay.stage.rule.is_fed:
        fed = stay.stage.decagrams(day, stay.alive(when), stay.weight_share)
    load = fed / DECAGRAMS_PER_KG / float(stay.container.volume_m3)
    water = Water(
        temp_c=np.array([[stay.temp_c(when)]]),
        feed_load=np.array([[load]]),
        salinity=np.array([climate.salinity if at_sea else 0.0]),
        at_sea=at_sea,
        saturation_pct=climate.oxygen_saturation_pct if at_sea else _HALL_SATURATION_PCT,
    )
    whose = f"{at.setting.subject} {stay.batch.batch_number} {when}"
    names = (stay.container.name,)
    return read_sensors(at.setting.seed, whose, names, parameter, water, per_day)[0, 0]
