"""The small preset, built once per session, and the specification of a build of one batch."""

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
    """The small preset in a read-only database."""
    url = f"sqlite:///{tmp_path_factory.mktemp('small') / 'small.db'}"
    with seed_database(small_build, SeedRequest("small", url), Silent()) as dataset:
        yield dataset


@pytest.fixture(scope="session")
def tiny(small_build: BuildSpec) -> BuildSpec:
    """A build of one batch of fry."""
    fry = small_build.schedule.batches[-2]
    return replace(small_build, schedule=replace(small_build.schedule, batches=(fry,)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"
