from __future__ import annotations

import numpy as np
import pytest

from pytest_aquadata.lifecycle.incidents.effects import SensorFault, WaterChange
from pytest_aquadata.lifecycle.incidents.readings import (
    apply_sensor_faults,
    apply_water_changes,
    without_silent_sensors,
)
from pytest_aquadata.lifecycle.sensors import reading_hours

DAYS = 6


def readings(per_day: int = 4) -> np.ndarray:
    """Readings of three containers, all different."""
    return 9.0 + np.arange(3 * DAYS * per_day).reshape(3, DAYS, per_day) / 1_000.0


def positions(*rows: int) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


@pytest.mark.parametrize("per_day", [1, 2, 6, 24])
def test_a_day_of_low_oxygen_is_visible_at_any_number_of_readings_a_day(per_day: int) -> None:
    crash = WaterChange("oxygen", positions(1), 24.0 * 2, 24.0, 2.5)
    values = readings(per_day)
    shown = apply_water_changes(values, reading_hours(per_day), "oxygen", [crash])
    assert shown[1, 2].min() == 2.5
    untouched = np.ones(values.shape, np.bool_)
    untouched[1, 2] = False
    assert (shown == values)[untouched].all()


def test_water_changes_during_the_first_quarter_and_returns_during_the_last() -> None:
    crash = WaterChange("oxygen", positions(0), 0.0, 24.0, 0.0)
    shown = apply_water_changes(np.ones((1, 1, 24)), reading_hours(24), "oxygen", [crash])[0, 0]
    assert (np.diff(shown[:7]) < 0).all()
    assert (shown[6:18] == 0).all()
    assert (np.diff(shown[17:]) > 0).all()


def test_readings_of_other_parameters_are_returned_without_a_copy() -> None:
    values = readings()
    crash = WaterChange("oxygen", positions(1), 0.0, 24.0, 2.5)
    fault = SensorFault("stuck", "oxygen", positions(1), 0, 3)
    assert apply_water_changes(values, reading_hours(4), "ph", [crash]) is values
    assert apply_sensor_faults(values, "ph", [fault]) is values


def test_the_input_readings_are_not_modified() -> None:
    values = readings()
    apply_water_changes(
        values, reading_hours(4), "o", [WaterChange("o", positions(0), 0.0, 24.0, 1.0)]
    )
    apply_sensor_faults(values, "o", [SensorFault("drifting", "o", positions(0), 0, 3, 1.0)])
    assert (values == readings()).all()


def test_a_stuck_sensor_repeats_its_last_reading() -> None:
    values = readings()
    shown = apply_sensor_faults(
        values, "oxygen", [SensorFault("stuck", "oxygen", positions(2), 3, 4)]
    )
    assert (shown[2, 3:5] == values[2, 2, -1]).all()
    assert (shown[2, [0, 1, 2, 5]] == values[2, [0, 1, 2, 5]]).all()
    assert (shown[:2] == values[:2]).all()


def test_a_sensor_stuck_from_the_first_day_repeats_its_first_reading() -> None:
    values = readings()
    shown = apply_sensor_faults(
        values, "oxygen", [SensorFault("stuck", "oxygen", positions(0), 0, 1)]
    )
    assert (shown[0, :2] == values[0, 0, 0]).all()


def test_the_error_of_a_drifting_sensor_grows_until_it_is_calibrated() -> None:
    values = readings()
    fault = SensorFault("drifting", "oxygen", positions(1), 1, 3, -0.2)
    error = apply_sensor_faults(values, "oxygen", [fault]) - values
    assert (np.diff(error[1, 1:4].ravel()) < 0).all()
    assert error[1, 3, -1] == pytest.approx(-0.6)
    assert not error[1, [0, 4, 5]].any()


def test_a_silent_sensor_has_no_readings() -> None:
    present = np.broadcast_to(np.True_, (3, 2, DAYS, 4))
    remaining = without_silent_sensors(
        present, ("oxygen", "ph"), [SensorFault("silent", "ph", positions(0, 2), 1, 2)]
    )
    missing = np.argwhere(~remaining[:, :, :, 0])
    assert missing.tolist() == [[0, 1, 1], [0, 1, 2], [2, 1, 1], [2, 1, 2]]
    assert (
        without_silent_sensors(
            present, ("oxygen", "ph"), [SensorFault("stuck", "ph", positions(0), 1, 2)]
        )
        is present
    )
