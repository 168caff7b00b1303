"""Sensor readings, in the order of sensors; most rows of a build are these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Columns, concatenate, integers, scaled, table
from ..days import MICROSECONDS_PER_DAY, instant
from ..feeding import DECAGRAMS_PER_KG
from ..incidents.readings import apply_sensor_faults, apply_water_changes, without_silent_sensors
from ..inputs import BatchInputs
from ..sensors import INSTRUMENTS, Water, read_sensors, reading_hours, site_salinity
from ..state import StageLife
from .event import CapacityContext, Event, EventContext, EventTable, ImperfectColumns

_VALUE_SCALE = 4


def _rows(context: EventContext) -> BatchTables:
    """Return the readings of all sensors of the batch's containers while it was in them."""
    inputs, life = context.inputs, context.life
    parts: list[Columns] = []
    first_id = inputs.first_ids["environmental_environmentalreading"]
    for stage in life.stages:
        part = _stage_readings(inputs, stage, first_id)
        if part is not None:
            parts.append(part)
            first_id += len(part)
    return {"environmental_environmentalreading": concatenate(parts)} if parts else {}


def _stage_readings(inputs: BatchInputs, stage: StageLife, first_id: int) -> Columns | None:
    """Return the readings of one stage, ordered by container, parameter and time."""
    lived = stage.lived
    days = int(lived.any(axis=0).sum())
    per_day = inputs.readings_per_day
    parameters = tuple(sensor.parameter for sensor in stage.containers[0].sensors)
    if not parameters or not per_day:
        return None
    values = np.stack(
        [_scaled_readings(inputs, stage, parameter, days) for parameter in parameters], axis=1
    )
    moments = np.broadcast_to(_moments(stage, days, per_day), values.shape)
    present = np.broadcast_to(lived[:, None, :days, None], values.shape)
    counts = np.repeat(lived.sum(axis=1) * per_day, len(parameters))
    if stage.effects.faults:
        present = without_silent_sensors(present, parameters, stage.effects.faults)
        counts = present.sum(axis=(2, 3)).ravel()
    sensors = [sensor for container in stage.containers for sensor in container.sensors]
    parameter_ids = [inputs.keys.parameters[sensor.parameter] for sensor in sensors]
    reading_time = integers(moments[present])
    total = len(reading_time)

    def of_sensor(per_sensor: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.repeat(per_sensor, counts)

    def of_container(per_container: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.repeat(np.repeat(per_container, len(parameters)), counts)

    return table(
        total,
        id=integers(first_id + np.arange(total)),
        value=integers(values[present]),
        reading_time=reading_time,
        is_manual=False,
        notes="",
        created_at=reading_time,
        batch_id=inputs.first_ids["batch_batch"],
        container_id=integers(of_container(stage.container_ids)),
        parameter_id=integers(of_sensor(np.array(parameter_ids))),
        recorded_by_id=None,
        sensor_id=integers(of_sensor(np.array([sensor.id for sensor in sensors]))),
        batch_container_assignment_id=integers(of_container(stage.assignment_ids)),
    )


def _scaled_readings(
    inputs: BatchInputs, stage: StageLife, parameter: str, days: int
) -> NDArray[np.int64]:
    """Return readings at the resolution of the instrument and the scale of the column."""
    names = tuple(container.name for container in stage.containers)
    values = read_sensors(
        inputs.seed,
        inputs.plan.number,
        names,
        parameter,
        _water(inputs, stage, days),
        inputs.readings_per_day,
    )
    values = _with_incidents(stage, parameter, values)
    decimals = INSTRUMENTS[parameter].decimals
    return scaled(values, decimals) * 10 ** (_VALUE_SCALE - decimals)


def _with_incidents(
    stage: StageLife, parameter: str, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return readings with the effects of incidents on water and sensors."""
    effects = stage.effects
    if not effects.water and not effects.faults:
        return values
    hours = reading_hours(values.shape[2])
    shown = apply_water_changes(values, hours, parameter, effects.water)
    shown = apply_sensor_faults(shown, parameter, effects.faults)
    instrument = INSTRUMENTS[parameter]
    return np.clip(shown, instrument.lowest, instrument.highest)


def _water(inputs: BatchInputs, stage: StageLife, days: int) -> Water:
    volume = np.array([container.volume_m3 for container in stage.containers])
    feed_kg = stage.feed[:, :days] / DECAGRAMS_PER_KG
    at_sea = stage.site.kind == "area"
    salinity = np.zeros(days)
    if at_sea:
        salinity = site_salinity(
            inputs.seed, stage.site.name, inputs.climate, stage.first_day, days
        )
    return Water(
        temp_c=stage.temp_c[:, :days],
        feed_load=feed_kg / volume[:, None],
        salinity=salinity,
        at_sea=at_sea,
        saturation_pct=inputs.climate.oxygen_saturation_pct if at_sea else 96.0,
    )


def _moments(stage: StageLife, days: int, per_day: int) -> NDArray[np.int64]:
    """Return the instants of the readings, shape (days, readings a day)."""
    hour = np.rint(reading_hours(per_day) * MICROSECONDS_PER_DAY / 24).astype(np.int64)
    return instant(stage.first_day + np.arange(days))[:, None] + hour


def _capacity(context: CapacityContext) -> int:
    return context.total(lambda stay: stay.sensors * stay.days) * context.readings_per_day


EVENT = Event(
    tables=(
        EventTable(
            "environmental_environmentalreading",
            _capacity,
            share_written=0.984,
            imperfect=ImperfectColumns({"value": 4}, ("created_at",)),
        ),
    ),
    rows=_rows,
)
