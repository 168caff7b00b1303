"""`--replace` removes only a build that is proved whole, and nothing of users."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed_database
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.provenance.replacement import refuse_unproven

Change = Callable[..., AbstractContextManager[None]]
Execute = Callable[..., None]
Scalar = Callable[[str], object]

INSERTED = (
    "INSERT INTO batch_species (id, name, scientific_name, description, created_at, updated_at) "
    "VALUES (990, 'Mine', 'Mine', '', '2025-01-01 00:00:00', '2025-01-01 00:00:00')"
)


def refused(url: str) -> str:
    with pytest.raises(StoreError, match="--replace leaves it") as error:
        refuse_unproven(url)
    assert len(str(error.value).splitlines()) == 1
    return str(error.value)


def test_a_build_as_it_was_written_is_proved(url: str) -> None:
    refuse_unproven(url)


def test_objects_and_rows_of_users_are_named(url: str, change: Change, kind: str) -> None:
    on_table = " ON batch_batch" if kind == "mariadb" else ""
    trigger = {
        "sqlite": "CREATE TRIGGER mine AFTER INSERT ON batch_batch BEGIN SELECT 1; END",
        "mariadb": "CREATE TRIGGER mine AFTER INSERT ON batch_batch FOR EACH ROW SET @mine = 1",
        "postgresql": "CREATE RULE mine AS ON INSERT TO batch_batch DO ALSO SELECT 1",
    }[kind]
    undo_trigger = "DROP RULE mine ON batch_batch" if kind == "postgresql" else "DROP TRIGGER mine"
    table = "table batch_batch" if kind == "mariadb" else "index mine"
    with change("CREATE VIEW mine AS SELECT 1 AS x", undo=("DROP VIEW mine",)):
        assert "view mine" in refused(url)
    with change("CREATE TABLE sqlites (id integer)", undo=("DROP TABLE sqlites",)):
        assert "table sqlites" in refused(url)
    with change(
        "CREATE INDEX mine ON batch_batch (start_date)", undo=(f"DROP INDEX mine{on_table}",)
    ):
        assert table in refused(url)
    with change(trigger, undo=(undo_trigger,)):
        assert " mine" in refused(url)
    with change(INSERTED, undo=("DELETE FROM batch_species WHERE id = 990",)):
        assert "has 1 row in batch_species that aquadata did not write" in refused(url)
    with change(
        "INSERT INTO aquadata_build VALUES ('mine', 'x')",
        undo=("DELETE FROM aquadata_build WHERE name = 'mine'",),
    ):
        assert "entry 'mine' in aquadata_build" in refused(url)
    refuse_unproven(url)


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"], indirect=True)
def test_functions_of_users_are_named(url: str, change: Change, kind: str) -> None:
    language = " LANGUAGE sql AS 'SELECT 1'" if kind == "postgresql" else " RETURN 1"
    returns = "RETURNS integer"
    with change(f"CREATE FUNCTION mine() {returns}{language}", undo=("DROP FUNCTION mine",)):
        assert "function mine" in refused(url)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "change_sql",
    [
        "UPDATE batch_batch SET notes = 'mine'",
        "DELETE FROM batch_mortalityevent WHERE id = 1",
        "UPDATE batch_actualdailyassignmentstate SET population = 1 WHERE id = 1",
    ],
)
def test_a_changed_row_is_named(url: str, execute: Execute, change_sql: str) -> None:
    execute(change_sql)
    assert "rows that were changed, removed or replaced since the build, in " in refused(url)


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_an_empty_table_of_metadata_proves_nothing(
    tiny: BuildSpec, url: str, execute: Execute, scalar: Scalar
) -> None:
    execute("DELETE FROM aquadata_build")
    with pytest.raises(StoreError, match="was not built by aquadata, so --replace leaves it"):
        seed_database(tiny, SeedRequest("tiny", url, replace=True), Silent())
    assert scalar("SELECT count(*) FROM batch_batch") == 1


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_views_of_users_survive_replace(
    tiny: BuildSpec, url: str, execute: Execute, scalar: Scalar
) -> None:
    execute("CREATE VIEW mine AS SELECT 7 AS x")
    with pytest.raises(StoreError, match="view mine"):
        seed_database(replace(tiny, seed=2), SeedRequest("tiny", url, replace=True), Silent())
    assert scalar("SELECT x FROM mine") == 7
