"""Schedule files: written, read, edited and simulated as edited."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.lifecycle.life import simulate_life
from pytest_aquadata.presets.documents import read_document, write_document
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.named_presets import PRESETS, plan_preset
from pytest_aquadata.presets.schedule import Schedule, read_schedule, with_readings
from pytest_aquadata.settings import DEFAULT_AS_OF

Values = dict[str, Any]


@pytest.mark.parametrize("name", PRESETS)
def test_a_written_schedule_is_read_back_equal(farm: Farm, name: str) -> None:
    written = plan_preset(name, farm, DEFAULT_AS_OF, 1)
    read = read_document(write_document(written), Schedule, "schedule")
    assert read == written
    assert read.digest == written.digest


def test_the_digest_depends_on_content_not_on_layout(schedule: Schedule) -> None:
    values = yaml.safe_load(write_document(schedule))
    flow = yaml.safe_dump(values, sort_keys=True, default_flow_style=True)
    assert read_document(flow, Schedule, "schedule").digest == schedule.digest


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"as_of": DEFAULT_AS_OF + timedelta(days=1)},
        {"readings_per_day": 2},
        {"batches": ()},
    ],
)
def test_any_change_changes_the_digest(schedule: Schedule, change: Values) -> None:
    assert replace(schedule, **change).digest != schedule.digest


def test_containers_keep_the_order_of_the_file(
    schedule: Schedule, read_changed_schedule: Any
) -> None:
    def backwards(values: Values) -> None:
        places = values["batches"][0]["stays"][1]["places"]
        values["batches"][0]["stays"][1]["places"] = dict(reversed(places.items()))

    read = read_changed_schedule(backwards)
    assert list(read.batches[0].stays[1].places) == list(
        reversed(schedule.batches[0].stays[1].places)
    )


def lives(schedule: Schedule, farm: Farm) -> Any:
    """Simulate the first batch."""
    return simulate_life(BuildSpec(schedule, farm, 1, DEFAULT_AS_OF).inputs(0))


def test_edited_eggs_are_delivered(read_changed_schedule: Any, farm: Farm) -> None:
    read = read_changed_schedule(lambda values: values["batches"][0].update(eggs=1_234_567))
    assert lives(read, farm).delivery.planned.sum() == 1_234_567


def test_an_edited_transfer_date_is_used(read_changed_schedule: Any, farm: Farm) -> None:
    def later_to_sea(values: Values) -> None:
        stays = values["batches"][0]["stays"]
        stays[4]["leaves"] = stays[5]["arrives"] = stays[5]["arrives"] + timedelta(days=9)

    read = read_changed_schedule(later_to_sea)
    stages = lives(read, farm).stages
    assert stages[4].days == 99
    assert stages[5].first_day == stages[4].first_day + 99


def test_edited_containers_are_used(read_changed_schedule: Any, farm: Farm) -> None:
    def two_tanks(values: Values) -> None:
        values["batches"][0]["stays"][2]["places"] = {
            "FI-FW-01-C-C09": "FI-FW-01-Hall-C-Silo",
            "FI-FW-01-C-C03": "FI-FW-01-Hall-C-Silo",
        }

    stage = lives(read_changed_schedule(two_tanks), farm).stages[2]
    assert [container.name for container in stage.containers] == [
        "FI-FW-01-C-C09",
        "FI-FW-01-C-C03",
    ]


def test_an_edited_harvest_window_is_used(read_changed_schedule: Any, farm: Farm) -> None:
    def in_three_days(values: Values) -> None:
        batch = values["batches"][0]
        batch["harvest_starts"] = batch["stays"][5]["leaves"] - timedelta(days=3)

    stage = lives(read_changed_schedule(in_three_days), farm).stages[5]
    assert np.unique(stage.departs).tolist() == [
        stage.days - 3,
        *range(stage.days - 2, stage.days + 1),
    ]


def test_readings_can_be_replaced(schedule: Schedule) -> None:
    changed = with_readings(schedule, 24)
    assert changed.readings_per_day == 24
    assert changed.batches == schedule.batches


def test_the_farm_path_is_relative_to_the_schedule_file(
    schedule: Schedule, farm: Farm, tmp_path: Path
) -> None:
    document = replace(farm.document, name="mine")
    (tmp_path / "farm.yaml").write_text(write_document(document), encoding="utf-8")
    path = tmp_path / "schedule.yaml"
    path.write_text(write_document(replace(schedule, farm="farm.yaml")), encoding="utf-8")
    assert read_schedule(path)[1].name == "mine"


def test_another_farm_file_can_be_passed(schedule: Schedule, farm: Farm, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(write_document(replace(farm.document, name="other")), encoding="utf-8")
    path = tmp_path / "schedule.yaml"
    path.write_text(write_document(schedule), encoding="utf-8")
    assert read_schedule(path, str(other))[1].name == "other"
