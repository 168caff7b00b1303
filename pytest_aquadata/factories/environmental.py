"""Factories for water, weather and light."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from ..lifecycle.days import MICROSECONDS_PER_DAY, day_number
from ..lifecycle.sensors import reading_hours
from ..lifecycle.weather import HOURS, AreaDays, day_length_h, observe
from ..schema import (
    EnvironmentalParameter,
    EnvironmentalReading,
    Geography,
    PhotoperiodData,
    WeatherData,
)
from .base import AquadataFactory, Parent, PinnedValues
from .batch import fish_in_a_container
from .company import Company, FactoryError
from .expected_life import geography_named
from .infrastructure import AreaFactory
from .places import decimal, parameter_named, sensor_of
from .stays import stay_of
from .times import at_time
from .water import readings

READINGS_PER_DAY = 24


class EnvironmentalReadingFactory(AquadataFactory[EnvironmentalReading]):
    """A value that a sensor of a container with fish read: hour after hour, back from today.

    Parameters: `parameter` by key (`temperature`, `oxygen`, `ph`, `co2`, `no2`, `no3`, `nh4`,
    `salinity`), `assignment`, `stage`. Trait: `manual`, without a sensor.
    """

    class Meta:
        model = EnvironmentalReading

    class Params:
        stage = None
        batch = None
        parameter = "temperature"
        manual = False
        assignment = fish_in_a_container(key="batch_container_assignment_id")

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay, key = stay_of(at, pins["assignment"]), pins["parameter"]
        name = parameter_named(key).name
        number = at.number(f"reading {stay.assignment.id} {key}") - 1
        back, hour = divmod(number, READINGS_PER_DAY)
        when = max(stay.today - timedelta(days=back), stay.stage.arrives)
        moment = pins.get("reading_time", _moment(when, hour))
        day = moment.date()
        values = readings(at, stay, key, day, READINGS_PER_DAY)
        manual = pins.get("is_manual", pins["manual"])
        sensor_id = None if manual else pins.get("sensor_id")
        if sensor_id is None and not manual:
            sensor_id = sensor_of(at, stay.container, key).id
        return {
            "value": decimal(float(values[moment.hour]), 4),
            "reading_time": moment,
            "is_manual": manual,
            "created_at": moment,
            "batch_id": stay.batch.id,
            "container_id": stay.container.id,
            "parameter_id": at.entry_where(EnvironmentalParameter, name=name).id,
            "sensor_id": sensor_id,
            "batch_container_assignment_id": stay.assignment.id,
        }


def _moment(when: Any, turn: int) -> Any:
    hours = reading_hours(READINGS_PER_DAY)
    microseconds = round(float(hours[turn]) * MICROSECONDS_PER_DAY / 24)
    return at_time(when, 0) + timedelta(microseconds=microseconds)


class PhotoperiodDataFactory(AquadataFactory[PhotoperiodData]):
    """The length of a day in an area: today, then yesterday and so on, none left out."""

    class Meta:
        model = PhotoperiodData

    class Params:
        area = Parent(AreaFactory, key="area_id")

    _shares = ("area",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        area = _area(pins["area"])
        known = at.memory.get(("daylight", area.id))
        if known is None:
            dates = [row.date for row in at.rows(PhotoperiodData, area_id=area.id)]
            known = min(dates, default=at.today + timedelta(days=1))
        when = pins.get("date", known - timedelta(days=1))
        at.memory["daylight", area.id] = min(when, known)
        hours = day_length_h(float(area.latitude), day_number(when))
        return {
            "date": when,
            "day_length_hours": decimal(hours),
            "is_interpolated": False,
            "area_id": area.id,
        }


def _area(area: Any) -> Any:
    if area is None:
        raise FactoryError("weather and light are of an area: give one, or leave area out")
    return area


class WeatherDataFactory(AquadataFactory[WeatherData]):
    """The weather over an area at one hour, four times a day, back from today."""

    class Meta:
        model = WeatherData

    class Params:
        area = Parent(AreaFactory, key="area_id")

    _shares = ("area",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        area = _area(pins["area"])
        back, turn = divmod(at.number(f"weather {area.id}") - 1, len(HOURS))
        usual = at_time(at.today - timedelta(days=back), int(HOURS[turn]))
        moment = pins.get("timestamp", usual)
        turn = int(np.abs(np.array(HOURS) - moment.hour).argmin())
        observed = observe(at.setting.seed, _one_day(at, area, moment))
        direction = int(observed.wind_deg[0, turn])
        return {
            "timestamp": moment,
            "temperature": decimal(float(observed.air_c[0, turn])),
            "wind_speed": decimal(float(observed.wind_m_s[0, turn])),
            "wind_direction": direction,
            "precipitation": decimal(float(observed.rain_mm[0, turn])),
            "wave_height": decimal(float(observed.wave_m[0, turn])),
            "wave_period": decimal(float(observed.period_s[0, turn])),
            "wave_direction": direction,
            "cloud_cover": int(observed.cloud_pct[0, turn]),
            "created_at": moment,
            "area_id": area.id,
        }


def _one_day(at: Company, area: Any, moment: Any) -> AreaDays:
    geography = at.get(Geography, area.geography_id).name
    climate = geography_named(geography).climate
    first = day_number(moment.date())
    return AreaDays(area.id, area.name, geography, float(area.latitude), first, 1, climate)
