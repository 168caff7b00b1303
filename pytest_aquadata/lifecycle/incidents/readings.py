"""Effects of incidents on sensor readings: changed water and faulty sensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .effects import SensorFault, WaterChange


def apply_water_changes(
    values: NDArray[np.float64],
    hours: NDArray[np.float64],
    parameter: str,
    changes: Sequence[WaterChange],
) -> NDArray[np.float64]:
    """Return the readings of one parameter with the changes of its water.

    Each change falls or rises to its level during the first quarter of its time and returns during
    the last. The input is not modified; it is returned itself if no change applies.

    Args:
        values: readings, shape (containers, days, readings a day).
        hours: hours of the day at which sensors are read.
        parameter: the parameter of the readings.
        changes: changes of any parameter.
    """
    changed = values
    for change in changes:
        if change.parameter != parameter:
            continue
        moment = 24.0 * np.arange(values.shape[1])[:, None] + hours
        ramp = change.lasts_h / 4.0
        since, until = moment - change.begins_h, change.begins_h + change.lasts_h - moment
        depth = np.clip(np.minimum(since, until) / ramp, 0.0, 1.0)
        changed = changed.copy() if changed is values else changed
        normal = changed[change.containers]
        changed[change.containers] = normal + depth * (change.level - normal)
    return changed


def apply_sensor_faults(
    values: NDArray[np.float64], parameter: str, faults: Sequence[SensorFault]
) -> NDArray[np.float64]:
    """Return the readings of one parameter with the errors of stuck and drifting sensors.

    A stuck sensor repeats its last reading before the fault, or its first if there is none. The
    error of a drifting sensor grows evenly from reading to reading. The input is not modified; it
    is returned itself if no fault applies.

    Args:
        values: readings, shape (containers, days, readings a day).
        parameter: the parameter of the readings.
        faults: faults of sensors of any parameter.
    """
    changed = values
    per_day = values.shape[2]
    for fault in faults:
        if fault.parameter != parameter or fault.kind == "silent":
            continue
        changed = changed.copy() if changed is values else changed
        days = slice(fault.first_day, fault.last_day + 1)
        correct = changed[fault.containers, days]
        if fault.kind == "drifting":
            elapsed_days = (
                np.arange(correct.shape[1])[:, None] * per_day + np.arange(1, per_day + 1)
            ) / per_day
            changed[fault.containers, days] = correct + fault.drift_per_day * elapsed_days
        elif fault.first_day:
            last_reading = changed[fault.containers, fault.first_day - 1, -1]
            changed[fault.containers, days] = last_reading[:, None, None]
        else:
            changed[fault.containers, days] = correct[:, :1, :1]
    return changed


def without_silent_sensors(
    present: NDArray[np.bool_], parameters: Sequence[str], faults: Sequence[SensorFault]
) -> NDArray[np.bool_]:
    """Return the mask of readings that exist, without those of silent sensors.

    Args:
        present: mask of shape (containers, parameters, days, readings a day); not modified, and
            returned itself if no sensor is silent.
        parameters: parameters in the order of the second axis.
        faults: faults of sensors.
    """
    silent = [fault for fault in faults if fault.kind == "silent"]
    if not silent:
        return present
    remaining = present.copy()
    for fault in silent:
        position = parameters.index(fault.parameter)
        remaining[fault.containers, position, fault.first_day : fault.last_day + 1] = False
    return remaining
