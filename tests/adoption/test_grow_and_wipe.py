"""`grow`, builds and `wipe` in any order leave what others have, or what `grow` alone derives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from aquamind_models import Models, insert_models
from aquamind_rows import insert_state
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.provenance.wipe import wipe

pytestmark = pytest.mark.slow

Contents = Callable[[str], dict[str, list[str]]]
Fill = Callable[..., Manifest]
Made = Callable[[str, bool], Path]
Run = Callable[[str, bool, list[str]], None]

RESULTS = {
    "batch_actualdailyassignmentstate": (
        "SELECT {columns} FROM batch_actualdailyassignmentstate s",
        ("id",),
    ),
    "scenario": ("SELECT {columns} FROM scenario s", ("scenario_id",)),
    "scenario_scenarioprojection": (
        "SELECT {columns}, owner.name FROM scenario_scenarioprojection s {owners}",
        ("projection_id", "scenario_id", "projection_run_id"),
    ),
    "scenario_projection_run": (
        "SELECT {columns}, owner.name FROM scenario_projection_run s "
        "JOIN scenario owner ON owner.scenario_id = s.scenario_id",
        ("run_id", "scenario_id"),
    ),
    "batch_batch": (
        "SELECT {columns}, owner.name FROM batch_batch s LEFT {owners}",
        ("pinned_scenario_id", "pinned_projection_run_id"),
    ),
}
"""Queries of the tables that refer to results, and the columns that depend on free keys."""
OWNERS = {
    "v61": "JOIN scenario owner ON owner.scenario_id = s.{pinned}scenario_id",
    "head": (
        "JOIN scenario_projection_run run ON run.run_id = s.{pinned}projection_run_id "
        "LEFT JOIN scenario owner ON owner.scenario_id = run.scenario_id"
    ),
}


@pytest.fixture(scope="session")
def made(
    aquamind_tables: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """Function that makes a database with a batch of others, with or without models of theirs."""

    @cache
    def make(version: str, with_models: bool) -> Path:
        empty = str(sa.make_url(aquamind_tables(version, "sqlite")).database)
        file = tmp_path_factory.mktemp("used") / f"{version}.db"
        engine = sa.create_engine(f"sqlite:///{shutil.copyfile(empty, file)}")
        with engine.connect() as connection:
            insert_state(connection, "used", version)
            if with_models:
                insert_models(connection, Models())
            connection.commit()
        engine.dispose()
        return file

    return make


@pytest.fixture(scope="session")
def others(contents: Contents) -> Callable[[str, str], dict[str, list[str]]]:
    """Function that returns all rows of a database without keys that depend on free ones."""

    def read(url: str, version: str) -> dict[str, list[str]]:
        found = contents(url)
        found.pop("sqlite_sequence", None)
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            inspector = sa.inspect(connection)
            for name in RESULTS.keys() & found.keys():
                query, dropped = RESULTS[name]
                columns = [column["name"] for column in inspector.get_columns(name)]
                pinned = "pinned_" if name == "batch_batch" else ""
                text = query.format(
                    columns=", ".join(f's."{key}"' for key in columns if key not in dropped),
                    owners=OWNERS[version].format(pinned=pinned),
                )
                rows = connection.execute(sa.text(text))
                found[name] = sorted(str(tuple(row)) for row in rows)
        engine.dispose()
        return found

    return read


@pytest.fixture(scope="session")
def run(
    made: Made,
    fill: Fill,
    plan: Callable[..., BuildSpec],
    others: Callable[[str, str], dict[str, list[str]]],
    contents: Contents,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Function that executes commands, wipes all builds and compares what is left."""

    @cache
    def expected(version: str, with_models: bool, grown: bool) -> dict[str, list[str]]:
        file = tmp_path_factory.mktemp("alone") / "alone.db"
        url = f"sqlite:///{shutil.copyfile(made(version, with_models), file)}"
        if grown:
            grow(url)
        return others(url, version)

    def execute(version: str, with_models: bool, commands: list[str]) -> None:
        file = tmp_path_factory.mktemp("run") / "used.db"
        url = f"sqlite:///{shutil.copyfile(made(version, with_models), file)}"
        builds: list[str] = []
        for command in commands:
            if command == "grow":
                grow(url)
            elif command in ("append", "append with their models"):
                models = with_models and command != "append"
                built = fill(url, append=True, models=models, plan=partial(plan, ages=(12,)))
                builds.append(built.digest)
            elif command == "wipe" and builds:
                wipe(url, builds.pop())
            elif command == "wipe first" and len(builds) > 1:
                before = contents(url)
                with pytest.raises(StoreError, match="uses rows of this build: wipe it first"):
                    wipe(url, builds[0])
                assert contents(url) == before
        while builds:
            wipe(url, builds.pop())
        left, alone = others(url, version), expected(version, with_models, "grow" in commands)
        assert {name for name in alone if left.get(name) != alone[name]} == set()
        assert left.keys() == alone.keys()
        file.unlink()

    return execute


@pytest.mark.parametrize(
    ("commands", "with_models"),
    [
        ("append, grow, wipe", False),
        ("append, grow, wipe", True),
        ("grow, append, grow, append with their models, wipe first, grow, wipe, grow", True),
    ],
)
def test_what_others_have_is_what_grow_alone_derives(
    run: Run, commands: str, with_models: bool
) -> None:
    run("v61", with_models, commands.split(", "))


def test_projection_runs_of_others_are_what_grow_alone_derives(run: Run) -> None:
    run("head", True, ["append", "grow"])


COMMANDS = st.sampled_from(["grow", "append", "append with their models", "wipe", "wipe first"])


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(commands=st.lists(COMMANDS, min_size=2, max_size=4), with_models=st.booleans())
def test_any_order_of_commands(run: Run, commands: list[str], with_models: bool) -> None:
    run("v61", with_models, commands)


def test_grow_changes_nothing_of_a_build_beside_later_records_of_others(
    made: Made,
    fill: Fill,
    plan: Callable[..., BuildSpec],
    contents: Contents,
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{shutil.copyfile(made('head', True), tmp_path / 'used.db')}"
    grow(url)
    fill(url, append=True, plan=partial(plan, ages=(12,)))
    before = contents(url)
    grow(url)
    assert contents(url) == before
