"""Fixtures: the standard farm, its master data, a schedule, and changed copies of their files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_aquadata.lifecycle.columns import BatchTables
from pytest_aquadata.presets.documents import write_document
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.master_data.tables import master_tables
from pytest_aquadata.presets.named_presets import plan_preset
from pytest_aquadata.presets.schedule import Schedule, read_schedule
from pytest_aquadata.settings import DEFAULT_AS_OF, DEFAULT_SEED

FIRST_START = date(2020, 9, 6)

Change = Callable[[dict[str, Any]], object]
"""Changes the content of a farm or schedule file."""


class Plain(yaml.SafeDumper):
    """Writes repeated values out, as a person does."""

    def ignore_aliases(self, data: object) -> bool:
        return True


@pytest.fixture(scope="session")
def farm() -> Farm:
    """The standard farm."""
    return load_farm()


@pytest.fixture(scope="session")
def tables(farm: Farm) -> BatchTables:
    """Master data of the standard farm; the first batch starts on 2020-09-06."""
    return master_tables(farm, DEFAULT_AS_OF, FIRST_START)


@pytest.fixture(scope="session")
def schedule(farm: Farm) -> Schedule:
    """The schedule of the small preset."""
    return plan_preset("small", farm, DEFAULT_AS_OF, DEFAULT_SEED)


@pytest.fixture
def read_changed_schedule(schedule: Schedule, tmp_path: Path) -> Callable[[Change], Schedule]:
    """Function that writes the small schedule to a file, changes it and reads it again."""

    def read(change: Change) -> Schedule:
        values = yaml.safe_load(write_document(schedule))
        change(values)
        path = tmp_path / "mine.yaml"
        path.write_text(yaml.dump(values, Dumper=Plain, sort_keys=False), encoding="utf-8")
        return read_schedule(path)[0]

    return read


@pytest.fixture
def load_changed_farm(tmp_path: Path) -> Callable[[Change], Farm]:
    """Function that loads the standard farm after a change to a copy of its file."""

    def load(change: Change) -> Farm:
        file = resources.files("pytest_aquadata.presets").joinpath("standard_farm.yaml")
        values: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        change(values)
        path = tmp_path / "my.yaml"
        path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
        return load_farm(str(path))

    return load
