"""Factories for water quality, weather and daylight."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
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
from .base import AquadataFactory
from .batch import assignment_parent
from .column_limits import NOT_NEGATIVE, READING_LIMITS
from .column_values import at_time, decimal
from .context import FactoryContext
from .declarations import Parent, Pins
from .errors import FactoryError
from .fish_groups import fish_group_of
from .infrastructure import AreaFactory
from .sensors import sensor_for
from .standard_farm import geography_named, parameter_with_key
from .value_checks import number_check
from .water import sensor_readings

READINGS_PER_DAY = 24


@dataclass
class DaylightDays:
    """Registry of the earliest day with photoperiod data, by area id."""

    earliest: dict[int, date] = field(default_factory=dict)


class EnvironmentalReadingFactory(AquadataFactory[EnvironmentalReading]):
    """A sensor's reading of the water around fish.

    Each call goes on by one hour of today, then of yesterday and so on. Pin `reading_time` for
    another hour.

    Parameters:
        parameter (str): key of the parameter: temperature (default), oxygen, ph, co2, no2, no3,
            nh4 or salinity.
        assignment (BatchContainerAssignment): fish in the water; default one of `batch`, or new.
        batch (Batch): batch of the fish.
        stage (int): stage of a new assignment, 1 to 6.

    Traits:
        manual: measured by hand, without a sensor.

    Example:
        >>> EnvironmentalReadingFactory(parameter="oxygen", stage=5).is_manual
        False
    """

    class Meta:
        model = EnvironmentalReading

    class Params:
        stage = None
        batch = None
        parameter = "temperature"
        manual = False
        assignment = assignment_parent(key="batch_container_assignment_id")

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group, key = fish_group_of(context, pins["assignment"]), pins["parameter"]
        name = parameter_with_key(key).name
        number = context.next_number(f"reading {group.assignment.id} {key}") - 1
        days_back, reading = divmod(number, READINGS_PER_DAY)
        day = max(group.today - timedelta(days=days_back), group.stage.arrives)
        moment = pins.get("reading_time", _reading_time(day, reading))
        values = sensor_readings(context, group, key, moment.date(), READINGS_PER_DAY)
        _require_possible(pins, key)
        manual = pins.get("is_manual", pins["manual"])
        sensor_id = None if manual else pins.get("sensor_id")
        if sensor_id is None and not manual:
            sensor_id = sensor_for(context, group.container, key).id
        return {
            "value": decimal(float(values[moment.hour]), 4),
            "reading_time": moment,
            "is_manual": manual,
            "created_at": moment,
            "batch_id": group.batch.id,
            "container_id": group.container.id,
            "parameter_id": context.catalogue.row_where(EnvironmentalParameter, name=name).id,
            "sensor_id": sensor_id,
            "batch_container_assignment_id": group.assignment.id,
        }


def _require_possible(pins: Pins, key: str) -> None:
    """Require that a pinned value is possible for the parameter with a key."""
    value = pins.get("value")
    if value is not None:
        limits = READING_LIMITS.get(key, NOT_NEGATIVE)
        number_check(limits)(f"{pins.factory}: parameter={key!r}, value", value)


def _reading_time(day: date, number: int) -> datetime:
    """Return the instant of a reading of a day, numbered from 0."""
    hours = reading_hours(READINGS_PER_DAY)
    microseconds = round(float(hours[number]) * MICROSECONDS_PER_DAY / 24)
    return at_time(day, 0) + timedelta(microseconds=microseconds)


class PhotoperiodDataFactory(AquadataFactory[PhotoperiodData]):
    """The length of a day in an area.

    Each call goes back by one day, from today. Pin `date` for another day.

    Parameters:
        area (Area): sea area; default a new one.

    Example:
        >>> [float(day.day_length_hours) < 8 for day in PhotoperiodDataFactory.create_batch(2)]
        [True, True]
    """

    class Meta:
        model = PhotoperiodData

    class Params:
        area = Parent(AreaFactory, key="area_id")

    _shared_parents = ("area",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        area = _require_area(pins["area"])
        days = context.registry(DaylightDays).earliest
        earliest = days.get(area.id)
        if earliest is None:
            dates = [row.date for row in context.rows.all(PhotoperiodData, area_id=area.id)]
            earliest = min(dates, default=context.today + timedelta(days=1))
        when = pins.get("date", earliest - timedelta(days=1))
        days[area.id] = min(when, earliest)
        hours = day_length_h(float(area.latitude), day_number(when))
        return {
            "date": when,
            "day_length_hours": decimal(hours),
            "is_interpolated": False,
            "area_id": area.id,
        }


def _require_area(area: Any) -> Any:
    if area is None:
        raise FactoryError("weather and daylight need an area: give one, or leave area out")
    return area


class WeatherDataFactory(AquadataFactory[WeatherData]):
    """The weather over an area at one hour.

    Each call goes on by six hours of today, then of yesterday and so on. Pin `timestamp` for
    another hour.

    Parameters:
        area (Area): sea area; default a new one.

    Example:
        >>> WeatherDataFactory().wind_speed >= 0
        True
    """

    class Meta:
        model = WeatherData

    class Params:
        area = Parent(AreaFactory, key="area_id")

    _shared_parents = ("area",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        area = _require_area(pins["area"])
        number = context.next_number(f"weather {area.id}") - 1
        days_back, position = divmod(number, len(HOURS))
        default = at_time(context.today - timedelta(days=days_back), int(HOURS[position]))
        moment = pins.get("timestamp", default)
        position = int(np.abs(np.array(HOURS) - moment.hour).argmin())
        observed = observe(context.settings.seed, _area_day(context, area, moment))
        direction = int(observed.wind_deg[0, position])
        return {
            "timestamp": moment,
            "temperature": decimal(float(observed.air_c[0, position])),
            "wind_speed": decimal(float(observed.wind_m_s[0, position])),
            "wind_direction": direction,
            "precipitation": decimal(float(observed.rain_mm[0, position])),
            "wave_height": decimal(float(observed.wave_m[0, position])),
            "wave_period": decimal(float(observed.period_s[0, position])),
            "wave_direction": direction,
            "cloud_cover": int(observed.cloud_pct[0, position]),
            "created_at": moment,
            "area_id": area.id,
        }


def _area_day(context: FactoryContext, area: Any, moment: datetime) -> AreaDays:
    """Return the day of an instant in an area, for the lifecycle's weather."""
    geography = context.rows.get(Geography, area.geography_id).name
    climate = geography_named(geography).climate
    first = day_number(moment.date())
    return AreaDays(area.id, area.name, geography, float(area.latitude), first, 1, climate)
