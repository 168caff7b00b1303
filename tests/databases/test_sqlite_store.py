"""The SQLite store: finished files or none, and existing tables beside the new ones."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from pytest_aquadata.databases import sqlite_rows
from pytest_aquadata.databases import sqlite_store as sqlite
from pytest_aquadata.databases.metadata_table import METADATA_TABLE, OBJECTS
from pytest_aquadata.databases.sqlite_store import ShardWriter, SqliteStore
from pytest_aquadata.databases.store import UnfinishedBuild
from pytest_aquadata.errors import StoreError
from pytest_aquadata.lifecycle.columns import Column, Columns, coded, constant, integers, texts
from pytest_aquadata.schema import TABLES, Base, Species

Rows = Callable[..., Columns]
Query = Callable[[Path, str], list[tuple[Any, ...]]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


def begun(path: Path, keep: bool = True) -> SqliteStore:
    store = SqliteStore(path, keep)
    try:
        store.begin()
        store.create_schema("{}")
    except StoreError:
        store.close(keep=False)
        raise
    return store


def finished(path: Path, tables: dict[str, Columns], keep: bool = True) -> None:
    store = begun(path, keep)
    store.load("all", "", tables)
    store.finish()
    store.seal({"manifest": "{}"})
    store.close(keep=False)


def test_all_tables_are_created(path: Path, query: Query) -> None:
    finished(path, {})
    names = {name for (name,) in query(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {name for name in names if not name.startswith("sqlite_")} == {*TABLES, METADATA_TABLE}


def index_names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql <> ''")
    return {name for (name,) in rows}


def test_all_indexes_are_created(path: Path) -> None:
    finished(path, {})
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with closing(engine.raw_connection()) as connection:
        expected = index_names(connection.driver_connection)
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        assert index_names(connection) == expected


def test_the_query_planner_has_statistics(path: Path, awkward_rows: Rows, query: Query) -> None:
    finished(path, {"batch_mortalityevent": awkward_rows("batch_mortalityevent", 500)})
    counted = query(path, "SELECT stat FROM sqlite_stat1 WHERE tbl = 'batch_mortalityevent'")
    assert all(stat.startswith("500 ") for (stat,) in counted)
    assert counted


def test_metadata_are_kept_with_the_data(path: Path, query: Query) -> None:
    finished(path, {})
    assert ("manifest", "{}") in query(path, f"SELECT name, value FROM {METADATA_TABLE}")


def test_new_rows_get_keys_above_those_loaded(path: Path, awkward_rows: Rows) -> None:
    rows = awkward_rows("batch_species", 7).with_columns(id=integers([5, 6, 7, 8, 9, 1000, 10]))
    finished(path, {"batch_species": rows})
    engine = sa.create_engine(f"sqlite:///{path}")
    with Session(engine) as session:
        moment = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        species = Species(
            name="Arctic Char", scientific_name="", created_at=moment, updated_at=moment
        )
        session.add(species)
        session.commit()
        assert species.id > 1000
    engine.dispose()


changes = st.lists(st.integers(0, 199), max_size=8, unique=True)


@settings(max_examples=20, deadline=None)
@given(changes, st.sampled_from([0, 1, 10**9]))
def test_literals_and_bound_values_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, starts: list[int], rows_per_run: int
) -> None:
    """A column that rarely changes is a literal in the statement; others are bound."""
    runs = np.searchsorted(np.sort(starts), np.arange(200), side="right")
    words = ["it's", "Føroyar; --", "", "a\nb", "%s ?1", '"', "\\", "NULL", "0"]
    mortality = {
        "id": integers(np.arange(1, 201)),
        "event_date": integers(19_000 - 7_000 * runs),
        "count": constant(5, 200),
        "biomass_kg": integers(-725 * runs),
        "cause": constant("it's one", 200),
        "description": coded(runs, words),
        "created_at": integers(1_700_000_000_000_000 - runs),
        "updated_at": constant(0, 200),
        "batch_id": integers(np.where(runs > 3, 7, 8)),
        "assignment_id": integers(runs, runs % 2 == 1),
    }
    stored = []
    for run_length in (sqlite_rows._ROWS_PER_RUN, rows_per_run):
        path = tmp_path_factory.mktemp("literal") / "x.db"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sqlite_rows, "_ROWS_PER_RUN", run_length)
            status = path.parent.stat()
            writer = ShardWriter(path.parent, (status.st_dev, status.st_ino))
            writer.write("x", "", {"batch_mortalityevent": Columns(mortality, 200)})
            path = writer.shard("x")
        columns = ", ".join(f"{name}, typeof({name})" for name in mortality)
        with closing(sqlite3.connect(path)) as connection:
            rows = connection.execute(f"SELECT {columns} FROM batch_mortalityevent").fetchall()
        stored.append(rows)
        path.unlink()
    assert stored[0] == stored[1]
    described = 2 * list(mortality).index("description")
    assert [row[described] for row in stored[0]] == [words[run] for run in runs.tolist()]


def test_one_array_can_be_two_columns(path: Path, awkward_rows: Rows, query: Query) -> None:
    """The same numbers are days in one column and integers in another."""
    shared = integers([19_000, 3, 20_500])
    rows = awkward_rows("batch_mortalityevent", 3)
    finished(path, {"batch_mortalityevent": rows.with_columns(event_date=shared, count=shared)})
    assert query(path, "SELECT event_date, count FROM batch_mortalityevent") == [
        ("2022-01-08", 19_000),
        ("1970-01-04", 3),
        ("2026-02-16", 20_500),
    ]


def test_a_table_without_rows_can_be_loaded(path: Path, awkward_rows: Rows, query: Query) -> None:
    finished(path, {"inventory_feedpurchase": awkward_rows("inventory_feedpurchase", 0)})
    assert query(path, "SELECT count(*) FROM inventory_feedpurchase") == [(0,)]


def test_the_rows_of_a_shard_are_copied_and_its_file_removed(
    path: Path, tmp_path: Path, awkward_rows: Rows, query: Query
) -> None:
    store = begun(path)
    names = ["batch_mortalityevent", "environmental_environmentalreading", "batch_batch"]
    for shard in range(3):
        tables = {}
        for name in names:
            rows = awkward_rows(name, 60)
            third = np.arange(20 * shard, 20 * shard + 20)
            tables[name] = rows.take(third)
        store.writer().write(f"part {shard}", "", tables)
        assert store.writer().shard(f"part {shard}").exists()
        store.absorb(f"part {shard}")
        assert not store.writer().shard(f"part {shard}").exists()
    store.finish()
    store.seal({})
    store.close(keep=False)
    whole = path.with_name("whole.db")
    finished(whole, {name: awkward_rows(name, 60) for name in names})
    for name in names:
        assert query(path, f"SELECT * FROM {name}") == query(whole, f"SELECT * FROM {name}")


def test_a_shard_that_fails_adds_no_row(
    path: Path, tmp_path: Path, awkward_rows: Rows, query: Query
) -> None:
    store = begun(path)
    store.load("part", "", {"batch_batch": awkward_rows("batch_batch", 3)})
    rows = awkward_rows("batch_batch", 3).with_columns(id=integers([7, 8, 2]))
    tables = {"batch_species": awkward_rows("batch_species", 4), "batch_batch": rows}
    store.writer().write("shard", "", tables)
    with pytest.raises(StoreError, match=r"cannot write .*farm\.db: UNIQUE constraint failed"):
        store.absorb("shard")
    store.seal({})
    store.close(keep=False)
    assert query(path, "SELECT count(*) FROM batch_batch") == [(3,)]
    assert query(path, "SELECT count(*) FROM batch_species") == [(0,)]


def test_a_part_that_fails_adds_no_rows(path: Path, awkward_rows: Rows, query: Query) -> None:
    store = begun(path)
    doubled = awkward_rows("batch_batch", 5000)
    doubled = doubled.with_columns(id=integers([*range(1, 5000), 1]))
    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        store.load(
            "part", "", {"batch_species": awkward_rows("batch_species"), "batch_batch": doubled}
        )
    store.load("part", "", {"batch_species": awkward_rows("batch_species")})
    store.seal({})
    store.close(keep=False)
    assert query(path, "SELECT count(*) FROM batch_batch") == [(0,)]
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_failed_check_constraint_is_an_error(path: Path, awkward_rows: Rows) -> None:
    rows = awkward_rows("batch_mortalityevent", 2).with_columns(count=integers([3, -1]))
    store = begun(path)
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        store.load("part", "", {"batch_mortalityevent": rows})
    store.close(keep=False)


def test_a_discarded_build_leaves_no_files(path: Path, awkward_rows: Rows) -> None:
    store = begun(path)
    store.load("part", "", {"batch_species": awkward_rows("batch_species")})
    store.writer().write("batch", "", {"batch_batch": awkward_rows("batch_batch")})
    store.close(keep=False)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("keep", [True, False])
def test_a_discarded_build_leaves_the_existing_file_unchanged(
    path: Path, awkward_rows: Rows, keep: bool
) -> None:
    finished(path, {"batch_species": awkward_rows("batch_species")})
    before = path.read_bytes()
    store = begun(path, keep)
    store.load("part", "", {"batch_batch": awkward_rows("batch_batch")})
    store.close(keep=False)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


KILLED = """
import os, sys
from pathlib import Path
from pytest_aquadata.lifecycle.columns import table
from pytest_aquadata.schema import TABLES
from pytest_aquadata.databases import sqlite_store as sqlite
from pytest_aquadata.databases.column_types import complete
store = sqlite.SqliteStore(Path(sys.argv[1]))
store.begin()
store.create_schema("this build")
def species(key):
    name = f"Salmo {key}"
    rows = table(1, id=key, name=name, scientific_name=name, created_at=0, updated_at=0)
    return {"batch_species": complete(TABLES["batch_species"], rows)}
store.load("first", "noted", species(1))
store.writer().write("second", "noted too", species(2))
store.absorb("second")
store.writer().write("never taken over", "", species(3))
half = store.writer().shard("half").with_name("half.123")
half.write_bytes(b"")
sqlite.insert_rows(store._open, TABLES["batch_species"], species(4)["batch_species"])
store._open.execute("BEGIN")
sqlite.insert_rows(store._open, TABLES["batch_species"], species(5)["batch_species"])
os._exit(9)
"""


@pytest.fixture
def killed(path: Path) -> Path:
    """Target of a build that was killed in the middle of a part."""
    process = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert process.returncode == 9
    assert not path.exists()
    return path


def test_a_killed_build_can_be_discarded_and_repeated(
    killed: Path, awkward_rows: Rows, query: Query
) -> None:
    """Half-written shards do not disturb the next build."""
    store = SqliteStore(killed)
    store.begin()
    store.discard()
    store.create_schema("{}")
    store.writer().write("first", "", {"batch_species": awkward_rows("batch_species", 2)})
    store.absorb("first")
    store.seal({})
    store.close(keep=False)
    assert query(killed, "SELECT count(*) FROM batch_species") == [(2,)]
    assert list(killed.parent.iterdir()) == [killed]


def test_a_killed_build_can_be_resumed(killed: Path, query: Query) -> None:
    store = SqliteStore(killed)
    unfinished = store.begin()
    assert unfinished == UnfinishedBuild("this build", {"first": "noted", "second": "noted too"})
    assert {file.name for file in store.workspace.iterdir()} <= {
        "lock",
        "database",
        "database-journal",
    }
    store.create_schema("this build")
    store.finish()
    store.seal({})
    store.close(keep=False)
    assert query(killed, "SELECT id FROM batch_species ORDER BY id") == [(1,), (2,), (4,)]
    assert query(killed, f"SELECT name FROM {METADATA_TABLE}") == [(OBJECTS,)]
    assert query(killed, "PRAGMA integrity_check") == [("ok",)]
    assert list(killed.parent.iterdir()) == [killed]


def touch(store: SqliteStore) -> None:
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")


DAMAGES: dict[str, Callable[[SqliteStore], object]] = {
    "the machine was restarted": lambda store: None,
    "the file has changed": touch,
    "it is damaged": lambda store: (store.workspace / "database").write_bytes(b"no database" * 99),
    "it is empty": lambda store: (store.workspace / "database").write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unusable_interrupted_build_is_not_resumed(
    killed: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(killed)
    DAMAGES[damage](store)
    if damage == "the machine was restarted":
        (killed.parent / "boot").write_text("another")
        monkeypatch.setattr(sqlite, "_BOOT_ID", killed.parent / "boot")
    assert store.begin() is None
    store.create_schema("{}")
    store.close(keep=False)
    assert not store.workspace.exists()


def test_a_workspace_that_is_a_symbolic_link_is_refused(path: Path, tmp_path: Path) -> None:
    """In a folder that others can write, it may lead to files that must not be removed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    SqliteStore(path).workspace.symlink_to(elsewhere)
    with pytest.raises(StoreError, match="is a symbolic link; remove it"):
        begun(path)
    assert [file.name for file in elsewhere.iterdir()] == ["precious"]


def test_a_file_changed_during_the_build_is_not_replaced(path: Path, query: Query) -> None:
    finished(path, {})
    store = begun(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (id INTEGER)")
        connection.commit()
    with pytest.raises(StoreError, match="was changed by another process while it was being built"):
        store.seal({})
    store.close(keep=False)
    assert query(path, "SELECT count(*) FROM mine") == [(0,)]


def test_a_second_build_of_the_file_is_refused(
    path: Path, awkward_rows: Rows, query: Query
) -> None:
    first, second = begun(path), SqliteStore(path)
    with pytest.raises(StoreError, match=r"another process is building .* right now; wait"):
        second.begin()
    second.close(keep=False)
    first.load("part", "", {"batch_species": awkward_rows("batch_species", 2)})
    first.seal({})
    first.close(keep=False)
    assert query(path, "SELECT count(*) FROM batch_species") == [(2,)]


def test_the_lock_is_released_after_a_build(path: Path) -> None:
    for _ in range(2):
        begun(path).close(keep=False)


def test_other_tables_in_the_file_are_kept(path: Path, awkward_rows: Rows, query: Query) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE django_session (key TEXT PRIMARY KEY, data BLOB)")
        connection.execute("INSERT INTO django_session VALUES ('a', x'00ff'), ('b', NULL)")
        connection.execute("CREATE INDEX by_data ON django_session (data)")
        connection.execute("CREATE VIEW keys AS SELECT key FROM django_session")
        connection.commit()
    finished(path, {"batch_species": awkward_rows("batch_species", 2)})
    assert query(path, "SELECT * FROM django_session") == [("a", b"\x00\xff"), ("b", None)]
    assert query(path, "SELECT key FROM keys") == [("a",), ("b",)]
    assert query(path, "SELECT count(*) FROM batch_species") == [(2,)]


def test_a_file_is_replaced_on_request(path: Path, awkward_rows: Rows, query: Query) -> None:
    finished(path, {"batch_species": awkward_rows("batch_species", 5)})
    finished(path, {"batch_species": awkward_rows("batch_species", 2)}, keep=False)
    assert query(path, "SELECT count(*) FROM batch_species") == [(2,)]


def test_an_existing_table_may_have_another_order_of_columns(
    path: Path, tmp_path: Path, awkward_rows: Rows, query: Query
) -> None:
    """Migrations add columns at the end, so the tables of an AquaMind have another order."""
    names = [column.name for column in TABLES["batch_species"].columns]
    with closing(sqlite3.connect(path)) as connection:
        columns = ", ".join(f"{name} TEXT" for name in reversed(names[1:]))
        connection.execute(f"CREATE TABLE batch_species (id INTEGER PRIMARY KEY, {columns})")
    store = begun(path)
    store.writer().write("shard", "", {"batch_species": awkward_rows("batch_species", 2)})
    store.absorb("shard")
    store.seal({})
    store.close(keep=False)
    assert query(path, "SELECT created_at FROM batch_species")[0][0].startswith("2023-11-14 22:")


def test_an_emptied_database_can_be_filled_again(
    path: Path, awkward_rows: Rows, query: Query
) -> None:
    finished(path, {"batch_species": awkward_rows("batch_species")})
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM batch_species")
        connection.commit()
    finished(path, {"batch_species": awkward_rows("batch_species", 2)})
    assert query(path, "SELECT count(*) FROM batch_species") == [(2,)]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        begun(tmp_path / "nowhere" / "farm.db")


def test_a_file_that_is_not_a_database_is_unchanged(path: Path) -> None:
    path.write_text("not a database, but long enough to be looked at as one" * 20)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is no SQLite database"):
        begun(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_is_an_error(path: Path, awkward_rows: Rows) -> None:
    store = begun(path)
    assert store._connection is not None
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages + 1}")
    with pytest.raises(StoreError, match="no space left on the disk"):
        store.load("part", "", {"batch_mortalityevent": awkward_rows("batch_mortalityevent", 5000)})
    store.close(keep=False)
    assert list(path.parent.iterdir()) == []


def test_nulls_of_a_constant_column_are_nulls(path: Path, awkward_rows: Rows, query: Query) -> None:
    rows = awkward_rows("batch_mortalityevent", 4)
    dense = Column(np.zeros(4, np.int64), np.ones(4, np.bool_))
    rows = rows.with_columns(assignment_id=dense, description=texts(["a", "b", "c", "d"]))
    finished(path, {"batch_mortalityevent": rows})
    assert query(path, "SELECT DISTINCT assignment_id FROM batch_mortalityevent") == [(None,)]
