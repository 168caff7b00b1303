"""The expected water of a stage on a day, and the readings of sensors in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..lifecycle.sensors import Water, read_sensors
from ..lifecycle.water import oxygen_solubility_mg_l
from .context import FactoryContext
from .expected_life import ExpectedStage
from .fish_groups import FishGroup
from .standard_farm import geography_named

_HALL_SATURATION_PCT = 96.0


@dataclass(frozen=True)
class ExpectedWater:
    """The water of a stage on a day.

    Attributes:
        temp_c: temperature in °C.
        salinity: salinity in g/kg.
        oxygen_mg_l: dissolved oxygen in mg/l.
        ph: pH.
    """

    temp_c: float
    salinity: float
    oxygen_mg_l: float
    ph: float


def expected_water(geography: str, stage: ExpectedStage, when: date) -> ExpectedWater:
    """Return the expected water of a stage on a day."""
    climate = geography_named(geography).climate
    at_sea = stage.rule.site == "area"
    temp_c = float(stage.temp_c[stage.day(when)])
    salinity = climate.salinity if at_sea else 0.0
    saturation = climate.oxygen_saturation_pct if at_sea else _HALL_SATURATION_PCT
    solubility = oxygen_solubility_mg_l(np.array([temp_c]), np.array([salinity]))
    oxygen = float(solubility[0]) * saturation / 100.0
    return ExpectedWater(temp_c, salinity, oxygen, 8.0 if at_sea else 7.0)


def sensor_readings(
    context: FactoryContext, group: FishGroup, parameter: str, when: date, per_day: int
) -> NDArray[np.float64]:
    """Return the readings of a container's sensor on a day.

    Args:
        context: context of the rows.
        group: fish in the container.
        parameter: key of the environmental parameter.
        when: day of the readings.
        per_day: number of readings, evenly spaced over the day.
    """
    climate = geography_named(group.timeline.geography).climate
    at_sea, day = group.stage.rule.site == "area", group.stage.day(when)
    fed = 0
    if group.stage.rule.is_fed:
        fed = group.stage.decagrams(day, group.alive(when), group.weight_share)
    water = Water(
        temp_c=np.array([[group.temp_c(when)]]),
        feed_load=np.array([[fed / DECAGRAMS_PER_KG / float(group.container.volume_m3)]]),
        salinity=np.array([climate.salinity if at_sea else 0.0]),
        at_sea=at_sea,
        saturation_pct=climate.oxygen_saturation_pct if at_sea else _HALL_SATURATION_PCT,
    )
    subject = f"{context.settings.subject} {group.batch.batch_number} {when}"
    names = (group.container.name,)
    return read_sensors(context.settings.seed, subject, names, parameter, water, per_day)[0, 0]
