"""The small preset, built once; and a build of one young batch, for what need not be large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build, seed_database
from pytest_aquadata.jobs.progress import Silent


@pytest.fixture(scope="session")
def small_build() -> BuildSpec:
    return plan_build(SeedRequest("small"))


@pytest.fixture(scope="session")
def small(small_build: BuildSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """The small preset in a database; not to be changed."""
    url = f"sqlite:///{tmp_path_factory.mktemp('small') / 'small.db'}"
    with seed_database(small_build, SeedRequest("small", url), Silent()) as dataset:
        yield dataset


@pytest.fixture(scope="session")
def tiny(small_build: BuildSpec) -> BuildSpec:
    """One batch of fry."""
    fry = small_build.schedule.batches[-2]
    return replace(small_build, schedule=replace(small_build.schedule, batches=(fry,)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"
