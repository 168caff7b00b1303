"""A finished dataset: its values, its protection against changes, and its clones."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from packaging.version import Version
from sqlalchemy.exc import OperationalError

from pytest_aquadata.datasets.dataset import Dataset, open_dataset
from pytest_aquadata.errors import ReadOnly, StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed_database
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.schema import TABLES, Batch, MortalityEvent

pytestmark = pytest.mark.slow


def test_counts_are_those_of_the_tables(small: Dataset) -> None:
    with small.connection() as connection:
        for name, table in TABLES.items():
            rows = connection.scalar(sa.select(sa.func.count()).select_from(table))
            assert small.counts.get(name, 0) == rows, name


def test_all_foreign_keys_hold(small: Dataset) -> None:
    with small.connection() as connection:
        assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []


def test_the_file_passes_the_integrity_check(small: Dataset) -> None:
    with small.connection() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"


def test_batches_have_status_geography_and_stage(small: Dataset, small_build: BuildSpec) -> None:
    assert [batch.number for batch in small.batches] == [
        batch.number for batch in small_build.schedule.batches
    ]
    assert Counter(batch.status for batch in small.batches) == {"ACTIVE": 6, "COMPLETED": 2}
    assert Counter(batch.geography for batch in small.batches) == {
        "Faroe Islands": 4,
        "Scotland": 4,
    }
    assert [batch.stage for batch in small.batches] == [6, 6, 6, 5, 4, 3, 2, 1]


def test_days_to_harvest_count_from_as_of(small: Dataset, small_build: BuildSpec) -> None:
    for batch, plan in zip(small.batches, small_build.schedule.batches, strict=True):
        assert batch.start == plan.starts
        if batch.status == "COMPLETED":
            assert batch.days_to_harvest is None
        else:
            assert batch.days_to_harvest == (plan.ends - small.as_of).days


def test_schedule_and_farm_are_kept_with_the_data(small: Dataset, small_build: BuildSpec) -> None:
    assert small.schedule == small_build.schedule
    assert small.farm == small_build.farm
    assert small.as_of == date(2025, 11, 21)


def test_a_session_loads_models(small: Dataset) -> None:
    with small.session() as session:
        batch = session.scalars(sa.select(Batch).order_by(Batch.id)).first()
        assert batch is not None
        assert batch.batch_number == small.batches[0].number


def test_a_table_is_read_as_columns(small: Dataset) -> None:
    deaths = small.table("batch_mortalityevent")
    assert len(deaths) == small.counts["batch_mortalityevent"]
    with small.connection() as connection:
        total = connection.scalar(sa.select(sa.func.sum(MortalityEvent.count)))
    assert deaths.values("count").sum() == total


def test_an_unknown_table_is_refused(small: Dataset) -> None:
    with pytest.raises(StoreError, match="there is no table batch_fish"):
        small.table("batch_fish")


def test_a_delete_is_refused_as_read_only(small: Dataset) -> None:
    with (
        small.connection() as connection,
        pytest.raises(ReadOnly, match=r"small is read-only.*aquadata_clone.*aquadata_session"),
    ):
        connection.execute(sa.delete(Batch))


def test_a_flush_is_refused_with_the_same_message(small: Dataset) -> None:
    with small.session() as session:
        session.scalars(sa.select(Batch)).first().notes = "mine"  # type: ignore[union-attr]
        with pytest.raises(ReadOnly, match="aquadata_clone"):
            session.commit()


def test_the_url_of_a_shared_dataset_refuses_changes_in_any_program(small: Dataset) -> None:
    engine = sa.create_engine(small.url)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Batch)) == 8
        with pytest.raises(OperationalError, match="readonly database"):
            connection.execute(sa.update(Batch).values(status="TERMINATED"))
    engine.dispose()
    uri = small.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM batch_batch").fetchone() == (8,)
        with pytest.raises(sqlite3.OperationalError, match="readonly database"):
            connection.execute("UPDATE batch_batch SET status = 'TERMINATED'")


def test_the_read_only_url_opens_and_clones_but_is_not_built_into(
    small: Dataset, tiny: BuildSpec
) -> None:
    with open_dataset(small.url) as again:
        assert again.manifest == small.manifest
        with again.clone() as clone, clone.session() as session:
            session.execute(sa.update(Batch).values(notes="mine"))
            session.commit()
            writable = sa.create_engine(clone.url)
            with writable.begin() as connection:
                connection.execute(sa.update(Batch).values(notes="mine, too"))
            writable.dispose()
    with pytest.raises(StoreError, match="mode=ro in the URL opens it for reading only"):
        seed_database(tiny, SeedRequest("tiny", small.url, replace=True), Silent())


def test_other_errors_are_unchanged(small: Dataset) -> None:
    with small.connection() as connection, pytest.raises(OperationalError, match="no such table"):
        connection.execute(sa.text("DELETE FROM batch_fish"))


def test_changes_in_a_clone_do_not_reach_the_original(small: Dataset) -> None:
    with small.clone() as clone:
        with clone.session() as session:
            session.execute(sa.update(Batch).values(notes="mine"))
            session.commit()
            assert set(session.scalars(sa.select(Batch.notes))) == {"mine"}
        assert clone.counts == small.counts
    with small.session() as session:
        assert "mine" not in set(session.scalars(sa.select(Batch.notes)))


def test_a_clone_is_private_and_removed(small: Dataset) -> None:
    with small.clone() as clone:
        path = Path(clone.url.removeprefix("sqlite:///"))
        folder = path.parent
        assert path.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_a_clone_is_removed_after_an_error(small: Dataset) -> None:
    made: list[Path] = []

    def fail() -> None:
        with small.clone() as clone:
            made.append(Path(clone.url.removeprefix("sqlite:///")))
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fail()
    assert not made[0].parent.exists()


def test_clones_are_independent(small: Dataset) -> None:
    with small.clone() as changed, small.clone() as unchanged:
        with changed.session() as session:
            session.execute(sa.update(Batch).values(notes="changed"))
            session.commit()
        with unchanged.session() as session:
            assert "changed" not in set(session.scalars(sa.select(Batch.notes)))


def test_closing_keeps_the_file(small: Dataset) -> None:
    again = open_dataset(small.url)
    again.close()
    assert Path(small.location_url.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize(
    "name",
    [
        "with blanks",
        "Føroyar",
        "100%",
        "it's",
        "a%20b",
        "no#1",
        pytest.param(
            "why?",
            marks=pytest.mark.skipif(
                Version(sa.__version__) < Version("2.1"),
                reason="URLs of SQLAlchemy 2.0 end at a ?; install SQLAlchemy 2.1",
            ),
        ),
    ],
)
def test_a_dataset_can_be_in_any_folder(tiny: BuildSpec, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    path = folder / "farm.db"
    url = sa.URL.create("sqlite", database=str(path)).render_as_string()
    with seed_database(tiny, SeedRequest("tiny", url), Silent()) as dataset:
        assert dataset.size_bytes == path.stat().st_size
        assert len(dataset.batches) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_a_database_that_aquadata_did_not_build_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreError, match="was not built by aquadata: it has no table"):
        open_dataset(f"sqlite:///{path}")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no database .*build it with `aquadata seed`"):
        open_dataset(f"sqlite:///{tmp_path / 'none.db'}")
