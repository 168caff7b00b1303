"""A small farm that passes all hard checks, and functions that change its rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.cache.cached_dataset import Cache, cached_dataset
from pytest_aquadata.checks import run_checks
from pytest_aquadata.databases.sqlite_preflight import database_file
from pytest_aquadata.databases.urls import parse_url
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.lifecycle.plan import BatchPlan
from pytest_aquadata.schema import (
    Base,
    Batch,
    BatchContainerAssignment,
    BatchFeedingSummary,
    ContainerFeedingSummary,
    EggProduction,
    MortalityRecord,
)

EGGS, CONTAINERS = 400_000, 2
COMPLETED, AT_SEA, FRY, EGG = 0, 2, 6, 7
"""Positions of the batches of the small preset that the farm has."""


class FarmDatabase:
    """Changes single rows of a database, in a transaction that the fixture rolls back."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection

    def first(self, query: Any) -> Any:
        """Return the first row of a query, or its value if it has one column; it must exist."""
        row = self.connection.execute(query.limit(1)).first()
        assert row is not None, f"the farm has no such row: {query}"
        return row[0] if len(row) == 1 else row

    def change(self, model: type[Base], key: int, **values: Any) -> None:
        """Change one row."""
        changed = self.connection.execute(
            sa.update(model).where(key_of(model) == key).values(**fitting(model, values))
        )
        assert changed.rowcount == 1

    def update(self, model: type[Base], *where: Any, **values: Any) -> None:
        """Change all rows that meet the conditions."""
        changed = self.connection.execute(
            sa.update(model).where(*where).values(**fitting(model, values))
        )
        assert changed.rowcount > 0

    def delete(self, model: type[Base], key: int) -> None:
        """Delete one row."""
        assert self.connection.execute(sa.delete(model).where(key_of(model) == key)).rowcount == 1

    def copy(self, model: type[Base], key: int, **values: Any) -> int:
        """Add a copy of a row with some other values; return its key."""
        row = self.connection.execute(
            sa.select(model.__table__).where(key_of(model) == key)
        ).mappings()
        whole = {**row.one(), key_of(model).name: self._next_key(model), **values}
        return self.insert(model, **whole)

    def insert(self, model: type[Base], **values: Any) -> int:
        """Add a row; return its key."""
        added = self.connection.execute(sa.insert(model).values(**fitting(model, values)))
        assert added.inserted_primary_key is not None
        return int(added.inserted_primary_key[0])

    def _next_key(self, model: type[Base]) -> int:
        return int(self.first(sa.select(sa.func.max(key_of(model))))) + 1


def fitting(model: type[Base], values: dict[str, Any]) -> dict[str, Any]:
    """Return values with decimals rounded to the places of their columns."""
    columns = model.__table__.columns
    return {
        name: round(value, columns[name].type.scale) if isinstance(value, Decimal) else value
        for name, value in values.items()
    }


def key_of(model: type[Base]) -> Any:
    """Return the primary key column of a model."""
    (key, *_) = sa.inspect(model).primary_key
    return key


Change = Callable[[FarmDatabase], object]


def built(build: BuildSpec) -> Path:
    """Return the database file of a build from the shared cache; do not change it."""
    with cached_dataset(
        build,
        cache=Cache(Path(os.environ["AQUADATA_CACHE_DIR"])),
        workers=1,
        progress=Silent(),
    ) as dataset:
        return database_file(parse_url(dataset.url))


@pytest.fixture(scope="session")
def small_build() -> BuildSpec:
    return plan_build(SeedRequest("small", readings=1))


@pytest.fixture(scope="session")
def small(small_build: BuildSpec) -> Iterator[sa.Engine]:
    """The small preset, read-only."""
    engine = sa.create_engine(f"sqlite:///file:{built(small_build)}?mode=ro&uri=true")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def many() -> Iterator[sa.Engine]:
    """Many batches in few containers, that pass all soft checks; read-only."""
    medium = plan_build(SeedRequest("medium", readings=1, seed=2))
    chosen = (*medium.schedule.batches[:14], *medium.schedule.batches[-6:])
    batches = tuple(in_few_containers(batch, 3, 540_000) for batch in chosen)
    build = replace(medium, schedule=replace(medium.schedule, batches=batches))
    engine = sa.create_engine(f"sqlite:///file:{built(build)}?mode=ro&uri=true")
    yield engine
    engine.dispose()


def in_few_containers(batch: BatchPlan, containers: int, eggs: int) -> BatchPlan:
    """Return the plan of a batch with fewer eggs, and fewer containers in each stage."""
    stays = [
        replace(stay, places=dict(list(stay.places.items())[:containers])) for stay in batch.stays
    ]
    return replace(batch, eggs=eggs, stays=tuple(stays))


@pytest.fixture(scope="session")
def engine(small_build: BuildSpec, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A farm with a completed batch, one at sea, fry and eggs, each in two containers."""
    batches = tuple(
        in_few_containers(small_build.schedule.batches[position], CONTAINERS, EGGS)
        for position in (COMPLETED, AT_SEA, FRY, EGG)
    )
    schedule = replace(small_build.schedule, batches=batches)
    path = tmp_path_factory.mktemp("farm") / "farm.db"
    path.write_bytes(built(replace(small_build, schedule=schedule)).read_bytes())
    engine = sa.create_engine(f"sqlite:///{path}")

    @sa.event.listens_for(engine, "connect")
    def ignore_check_constraints(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON")

    with engine.begin() as connection:
        complete(FarmDatabase(connection))
    yield engine
    engine.dispose()


def complete(farm: FarmDatabase) -> None:
    """Add rows to the tables that a build may leave empty."""
    assignment = BatchContainerAssignment
    row = farm.first(
        sa.select(assignment.__table__).where(
            assignment.departure_date.is_not(None), assignment.avg_weight_g > 1
        )
    )
    noon = farm.first(sa.select(Batch.created_at).where(Batch.id == row.batch_id))
    farm.insert(
        MortalityRecord,
        event_date=noon.replace(
            year=row.assignment_date.year,
            month=row.assignment_date.month,
            day=row.assignment_date.day,
        ),
        count=1,
        batch_id=row.batch_id,
        container_id=row.container_id,
        reason_id=1,
        assignment_id=row.id,
    )
    farm.insert(
        EggProduction,
        egg_batch_id="EGG-1",
        egg_count=1000,
        production_date=noon,
        source_type="external",
        created_at=noon,
        updated_at=noon,
        destination_station_id=1,
    )


@pytest.fixture
def farm(engine: sa.Engine) -> Iterator[FarmDatabase]:
    """The farm, in a transaction that is rolled back after the test."""
    with engine.connect() as connection:
        yield FarmDatabase(connection)
        connection.rollback()


@pytest.fixture
def failing_after(farm: FarmDatabase) -> Callable[[Change], set[str]]:
    """Change the farm and return the names of the hard checks that fail.

    Feeding summaries are sums of other rows. They are removed first, so that one change breaks
    one check.
    """

    def failing_after(change: Change) -> set[str]:
        for summary in (BatchFeedingSummary, ContainerFeedingSummary):
            farm.connection.execute(sa.delete(summary))
        change(farm)
        report = run_checks(farm.connection, only=["hard"])
        return {result.check.name for result in report.hard_failures}

    return failing_after
