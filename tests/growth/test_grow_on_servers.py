"""Growth analysis of PostgreSQL and MariaDB databases gives the rows of SQLite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.datasets.dataset import Dataset, open_dataset
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed_database
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS, STATES
from pytest_aquadata.schema import TABLES

AT_SEA, FRY = 2, 6
CONTAINERS, EGGS = 2, 400_000
IN_ORDER = {
    STATES: ("assignment_id", "date"),
    SCENARIOS: ("batch_id", "name"),
    PROJECTIONS: ("projection_date", "population"),
}
"""Order of the rows of the analysis that does not depend on primary keys."""


@pytest.fixture(scope="module")
def build(small_build: BuildSpec) -> BuildSpec:
    """Return a build of a batch at sea and one of fry, each in a few containers."""
    batches = []
    for position in (AT_SEA, FRY):
        plan = small_build.schedule.batches[position]
        stays = [
            replace(stay, places=dict(list(stay.places.items())[:CONTAINERS]))
            for stay in plan.stays
        ]
        batches.append(replace(plan, eggs=EGGS, stays=tuple(stays)))
    schedule = replace(small_build.schedule, batches=tuple(batches), readings_per_day=1)
    return replace(small_build, schedule=schedule)


@pytest.fixture(scope="module")
def in_sqlite(build: BuildSpec, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the rows of the analysis in a build of a SQLite file, by table."""
    file: Path = tmp_path_factory.mktemp("servers") / "built.db"
    with seeded(build, f"sqlite:///{file}") as dataset:
        return {name: rows(dataset, name) for name in IN_ORDER}


def seeded(build: BuildSpec, url: str) -> Dataset:
    return seed_database(build, SeedRequest("small", url), Silent())


def rows(dataset: Dataset, name: str, keys: bool = False) -> list[tuple[Any, ...]]:
    table = TABLES[name]
    excluded = set() if keys else {column.name for column in table.primary_key} | {"scenario_id"}
    selected = [column for column in table.columns if column.name not in excluded]
    order = [table.c[column] for column in IN_ORDER[name]]
    with dataset.connection() as connection:
        return [tuple(row) for row in connection.execute(sa.select(*selected).order_by(*order))]


def test_a_server_gets_the_rows_of_sqlite_and_a_second_run_changes_none(
    build: BuildSpec, in_sqlite: dict[str, Any], server_database: str
) -> None:
    seeded(replace(build, growth=False), server_database).close()
    assert grow(server_database).states == len(in_sqlite[STATES]) > 1_000
    with open_dataset(server_database) as dataset:
        for name in IN_ORDER:
            assert rows(dataset, name) == in_sqlite[name], name
        before = {name: rows(dataset, name, keys=True) for name in IN_ORDER}
    grow(server_database)
    with open_dataset(server_database) as dataset:
        assert {name: rows(dataset, name, keys=True) for name in IN_ORDER} == before


def test_a_server_database_built_with_growth_analysis_does_not_change(
    build: BuildSpec, in_sqlite: dict[str, Any], server_database: str
) -> None:
    with seeded(build, server_database) as dataset:
        before = {name: rows(dataset, name, keys=True) for name in IN_ORDER}
        assert {name: rows(dataset, name) for name in IN_ORDER} == in_sqlite
    grow(server_database)
    with open_dataset(server_database) as dataset:
        assert {name: rows(dataset, name, keys=True) for name in IN_ORDER} == before
