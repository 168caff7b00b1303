"""Sensors in containers, one for each container and environmental parameter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..schema import Sensor
from .context import FactoryContext
from .standard_farm import parameter_with_key


@dataclass
class Sensors:
    """Registry of sensors, by container and key of the parameter."""

    by_container: dict[tuple[int, str], Sensor] = field(default_factory=dict)


def sensor_for(context: FactoryContext, container: Any, parameter: str) -> Sensor:
    """Return the sensor of a container that measures a parameter; it is added if missing."""
    sensors = context.registry(Sensors).by_container
    sensor = sensors.get((container.id, parameter))
    if sensor is None:
        sensor = context.add(Sensor, **sensor_values(context, container, parameter))
        sensors[container.id, parameter] = sensor
    return sensor


def register_sensor(context: FactoryContext, sensor: Any, parameter: str) -> None:
    """Record a new sensor, unless its container already has one for the parameter."""
    sensors = context.registry(Sensors).by_container
    sensors.setdefault((sensor.container_id, parameter), sensor)


def sensor_values(context: FactoryContext, container: Any, parameter: str) -> dict[str, Any]:
    """Return the columns of a sensor installed five years ago and calibrated this month."""
    kind = parameter_with_key(parameter)
    number = context.next_number("sensor")
    return {
        "name": f"{container.name}-{kind.suffix}",
        "sensor_type": kind.sensor_type,
        "serial_number": f"{kind.sensor_type[:2]}-{number:06d}",
        "manufacturer": "Fjord Instruments" if container.area_id is None else "Sund Oceanic",
        "installation_date": context.today.replace(year=context.today.year - 5, day=1),
        "last_calibration_date": context.today.replace(day=1),
        "container_id": container.id,
    }
