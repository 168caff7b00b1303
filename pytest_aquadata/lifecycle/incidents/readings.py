"""What readings show of incidents: the water that changed, and the sensors that were at fault."""

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
    """Readings of one parameter with the changes of its water.

    Args:
        values: readings, shape (containers, days, readings a day).
        hours: hours of the day at which sensors are read.
        parameter: the parameter.
        changes: changes of water.
    """
    shown = values
    for change in changes:
        if change.parameter != parameter:
            continue
        moment = 24.0 * np.arange(values.shape[1])[:, None] + hours
        ramp = change.lasts_h / 4.0
        since, until = moment - change.begins_h, change.begins_h + change.lasts_h - moment
        depth = np.clip(np.minimum(since, until) / ramp, 0.0, 1.0)
        shown = shown.copy() if shown is values else shown
        here = shown[change.containers]
        shown[change.containers] = here + depth * (change.level - here)
    return shown


def apply_sensor_faults(
    values: NDArray[np.float64], parameter: str, faults: Sequence[SensorFault]
) -> NDArray[np.float64]:
    """Readings of one parameter as sensors that are stuck or drift tell them."""
    shown = values
    per_day = values.shape[2]
    for fault in faults:
        if fault.parameter != parameter or fault.kind == "silent":
            continue
        shown = shown.copy() if shown is values else shown
        days = slice(fault.first_day, fault.last_day + 1)
        here = shown[fault.containers, days]
        if fault.kind == "drifting":
            since = (np.arange(here.shape[1])[:, None] * per_day + np.arange(1, per_day + 1)) / (
                per_day
            )
            shown[fault.containers, days] = here + fault.drift_per_day * since
        elif fault.first_day:
            shown[fault.containers, days] = shown[fault.containers, fault.first_day - 1, -1][
                :, None, None
            ]
        else:
            shown[fault.containers, days] = here[:, :1, :1]
    return shown


def without_silent_sensors(
    present: NDArray[np.bool_], parameters: Sequence[str], faults: Sequence[SensorFault]
) -> NDArray[np.bool_]:
    """Which readings there are, without those of silent sensors.

    Args:
        present: readings as there would be, shape (containers, parameters, days, readings a day).
        parameters: in their order.
        faults: faults of sensors.
    """
    silent = [one for one in faults if one.kind == "silent"]
    if not silent:
        return present
    there = present.copy()
    for fault in silent:
        of = parameters.index(fault.parameter)
        there[fault.containers, of, fault.first_day : fault.last_day + 1] = False
    return there
