"""Builds into AquaMind's tables of both versions, in every kind of database, and their removal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import ChecksFailed, StoreError
from pytest_aquadata.generation import pipeline as run
from pytest_aquadata.generation.existing_databases import Planner, existing_store, plan_for_existing
from pytest_aquadata.generation.pipeline import build_into
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.provenance.wipe import wipe
from pytest_aquadata.schema import Base

pytestmark = pytest.mark.slow

Contents = Callable[[str], dict[str, list[str]]]
Fill = Callable[..., Manifest]


@pytest.fixture
def connection(aquamind_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(aquamind_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def scalar(connection: sa.Connection, query: str) -> object:
    return connection.execute(sa.text(query)).scalar()


def test_wipe_restores_the_database_from_before_the_build(
    aquamind_url: str,
    connection: sa.Connection,
    version: str,
    dialect: str,
    fill: Fill,
    contents: Contents,
) -> None:
    before = contents(aquamind_url)
    first = fill(aquamind_url)
    after_first = contents(aquamind_url)
    assert {name: len(rows) for name, rows in after_first.items() if rows} == {
        **{name: written.rows for name, written in first.tables.items()},
        **({"scenario_projection_run": 4} if version == "head" else {}),
        "aquadata_build": 3,
    }
    report = run_checks(connection, only=["hard"])
    assert report.ok, report.hard_failures
    if version == "head":
        assert scalar(connection, "SELECT count(*) FROM batch_transferaction") == scalar(
            connection,
            "SELECT count(*) FROM batch_transferaction "
            "WHERE created_via = 'PLANNED' AND NOT allow_mixed",
        )
    connection.rollback()
    grow(aquamind_url)
    assert contents(aquamind_url) == after_first
    insert_own_row(connection, first)
    second = fill(aquamind_url, append=True)
    assert second.used is not None
    assert first.used is not None
    assert not first.used["auth_user"]
    assert second.used["auth_user"] == 10
    assert "infrastructure_container" not in second.tables
    assert run_checks(connection, only=["fish", "references", "occupancy", "feed"]).ok
    connection.rollback()

    wipe(aquamind_url, second.digest[:10])
    connection.execute(sa.text("DELETE FROM broodstock_eggsupplier WHERE name = 'Mine'"))
    connection.commit()
    assert contents(aquamind_url) == after_first

    wiped = wipe(aquamind_url)
    assert sum(wiped.rows.values()) == first.rows + (4 if version == "head" else 0)
    after = contents(aquamind_url)
    after.pop("sqlite_sequence", None)
    assert after == before


def insert_own_row(connection: sa.Connection, first: Manifest) -> None:
    """Insert a supplier as an application does: the database assigns the primary key."""
    connection.execute(
        sa.text(
            "INSERT INTO broodstock_eggsupplier "
            "(name, contact_details, certifications, created_at, updated_at) "
            "VALUES ('Mine', '', '', '2025-01-01 00:00:00', '2025-01-01 00:00:00')"
        )
    )
    key = scalar(connection, "SELECT id FROM broodstock_eggsupplier WHERE name = 'Mine'")
    assert isinstance(key, int)
    assert key > first.keys["broodstock_eggsupplier"].last
    connection.commit()


@pytest.mark.parametrize(("dialect", "version"), [("sqlite", "v61")])
def test_a_database_in_use_is_refused_without_append(
    aquamind_url: str, fill: Fill, contents: Contents
) -> None:
    fill(aquamind_url)
    before = contents(aquamind_url)
    with pytest.raises(StoreError, match=r"already holds data \(batch_batch has 2\).*--append"):
        fill(aquamind_url)
    assert contents(aquamind_url) == before


@pytest.mark.parametrize("version", ["v61"])
def test_a_failed_build_leaves_no_rows(
    aquamind_url: str, fill: Fill, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ChecksFailed("negative population")

    before = contents(aquamind_url)
    monkeypatch.setattr(run, "verify", fail)
    with pytest.raises(ChecksFailed, match="negative population"):
        fill(aquamind_url)
    after = contents(aquamind_url)
    for tables in (before, after):
        tables.pop("sqlite_sequence", None)
    assert after == before


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_second_build_is_appended_to_tables_of_our_schema(
    empty_url: str, fill: Fill, contents: Contents
) -> None:
    engine = sa.create_engine(empty_url)
    Base.metadata.create_all(engine)
    fill(empty_url)
    before = contents(empty_url)
    second = fill(empty_url, append=True)
    assert run_checks(engine, only=["hard"]).ok
    wipe(empty_url, second.digest)
    assert contents(empty_url) == before
    engine.dispose()


@pytest.mark.parametrize("version", ["v61"])
def test_a_row_inserted_after_planning_is_reported_in_one_line(
    aquamind_url: str,
    connection: sa.Connection,
    small_farm: Farm,
    plan: Planner,
    contents: Contents,
) -> None:
    build = plan_for_existing(
        aquamind_url, small_farm, plan, append=False, use_places=True, use_models=False
    )
    connection.execute(
        sa.text("INSERT INTO health_sampletype (id, name, description) VALUES (1, 'x', '')")
    )
    connection.commit()
    before = contents(aquamind_url)
    with pytest.raises(StoreError, match=r"^cannot write [^\n]*health_sampletype[^\n]*$|Duplicate"):
        build_into(build, existing_store(aquamind_url), 1, Silent())
    after = contents(aquamind_url)
    for tables in (before, after):
        tables.pop("sqlite_sequence", None)
    assert after == before


def test_a_clone_is_like_the_database(aquamind_url: str, fill: Fill, contents: Contents) -> None:
    fill(aquamind_url)
    with open_dataset(aquamind_url) as dataset:
        expected = contents(aquamind_url)
        with dataset.clone() as copy:
            assert contents(copy.url) == expected
            assert copy.table("batch_batch").values("id").tolist() == (
                dataset.table("batch_batch").values("id").tolist()
            )
