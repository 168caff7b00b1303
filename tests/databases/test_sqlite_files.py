"""Databases that exist already: links, owners, and what SQLite keeps beside a file."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pytest_aquadata.databases import sqlite_files
from pytest_aquadata.databases.sqlite_files import copy_database
from pytest_aquadata.databases.sqlite_location import SqliteLocation
from pytest_aquadata.databases.sqlite_store import SqliteStore
from pytest_aquadata.errors import StoreError
from pytest_aquadata.workspaces import Workspace

OTHER_USER = 12345


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_files, "_SECONDS_TO_WAIT", 0.01)


def build(path: Path, keep: bool = True) -> None:
    store = SqliteStore(path, keep)
    try:
        store.begin()
        store.create_schema("{}")
        store.finish()
        store.seal({"manifest": "{}"})
    finally:
        store.close(keep=False)


def make(path: Path, journal: str = "delete") -> None:
    """Write a database with a table of another program, of one row."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE mine (id INTEGER)")
        connection.execute("INSERT INTO mine VALUES (1)")
        connection.commit()


def mine(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [key for (key,) in connection.execute("SELECT id FROM mine ORDER BY id")]


def has_build(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        query = "SELECT count(*) FROM sqlite_master WHERE name = 'aquadata_build'"
        return bool(connection.execute(query).fetchone()[0])


WRITER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2].split(";"):
    connection.execute(statement)
print("ready", flush=True)
time.sleep(600)
"""


@contextmanager
def other_process(path: Path, statements: str) -> Iterator[subprocess.Popen[str]]:
    """Another program with the database open; it is killed at the end."""
    command = [sys.executable, "-c", WRITER, str(path), statements]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def kill_writer(path: Path, statements: str) -> None:
    with other_process(path, statements):
        pass


INSERT = "INSERT INTO mine VALUES (2)"
UNFINISHED = f"PRAGMA cache_size=1; BEGIN; {INSERT}; CREATE TABLE filler AS SELECT zeroblob(99999)"


@pytest.mark.parametrize("keep", [True, False])
def test_rows_in_a_wal_that_was_left_are_not_lost(path: Path, keep: bool) -> None:
    make(path, "wal")
    kill_writer(path, INSERT)
    assert Path(f"{path}-wal").stat().st_size
    build(path, keep)
    assert has_build(path)
    if keep:
        assert mine(path) == [1, 2]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("journal", "statements"),
    [
        ("wal", "SELECT * FROM mine"),
        ("wal", INSERT),
        ("delete", f"BEGIN; {INSERT}"),
        ("delete", "BEGIN; SELECT * FROM mine"),
    ],
)
@pytest.mark.parametrize("keep", [True, False])
def test_a_database_open_in_another_process_is_refused(
    path: Path, journal: str, statements: str, keep: bool
) -> None:
    make(path, journal)
    with other_process(path, statements):
        with pytest.raises(StoreError, match=r"another process has it open; close it there"):
            build(path, keep)
        assert not SqliteStore(path).workspace.exists()
    assert 1 in mine(path)
    assert not has_build(path)


@pytest.mark.parametrize("keep", [True, False])
def test_a_database_opened_during_the_build_is_left_unchanged(path: Path, keep: bool) -> None:
    make(path, "wal")
    store = SqliteStore(path, keep)
    store.begin()
    store.create_schema("{}")
    with other_process(path, INSERT):
        with pytest.raises(StoreError, match="another process has it open"):
            store.seal({})
        store.close(keep=False)
    assert mine(path) == [1, 2]


def test_rows_written_to_a_wal_during_the_build_are_not_lost(path: Path) -> None:
    make(path, "wal")
    store = SqliteStore(path)
    store.begin()
    store.create_schema("{}")
    kill_writer(path, INSERT)
    with pytest.raises(StoreError, match="was changed by another process while it was being built"):
        store.seal({})
    store.close(keep=False)
    assert mine(path) == [1, 2]


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("size", [0, 100])
def test_files_beside_a_missing_database_are_refused(path: Path, end: str, size: int) -> None:
    beside = Path(f"{path}{end}")
    beside.write_bytes(bytes(size))
    with pytest.raises(StoreError, match=rf"farm\.db{end} is there, .* remove it"):
        build(path)
    assert list(path.parent.iterdir()) == [beside]
    assert beside.read_bytes() == bytes(size)


def test_a_wal_that_appears_during_the_build_is_refused(path: Path) -> None:
    store = SqliteStore(path)
    store.begin()
    store.create_schema("{}")
    Path(f"{path}-wal").write_bytes(b"frames")
    with pytest.raises(StoreError, match="-wal is there"):
        store.seal({})
    store.close(keep=False)
    assert not path.exists()


def test_a_journal_that_a_killed_writer_left_is_rolled_back(path: Path) -> None:
    make(path)
    kill_writer(path, UNFINISHED)
    assert Path(f"{path}-journal").stat().st_size
    with pytest.raises(StoreError, match=r"must be rolled back; open it once with the program"):
        SqliteLocation(path).prepare(replace=False, needed_bytes=0)
    build(path)
    assert mine(path) == [1]


def test_a_killed_replacement_is_undone(path: Path, tmp_path: Path) -> None:
    """The former content is in the journal until the new one is complete."""
    make(path)
    code = (
        "import sqlite3, os, signal, sys\n"
        "from pathlib import Path\n"
        "from pytest_aquadata.databases.sqlite_store import SqliteStore\n"
        "store = SqliteStore(Path(sys.argv[1]), False)\n"
        "store.begin(); store.create_schema('{}'); store.finish()\n"
        "class Killed(sqlite3.Connection):\n"
        "    def backup(self, target):\n"
        "        super().backup(target, pages=50, progress=lambda *_: os.kill(os.getpid(), 9))\n"
        "connect = sqlite3.connect\n"
        "sqlite3.connect = lambda *a, **k: connect(*a, factory=Killed, **k)\n"
        "store.seal({})\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert mine(path) == [1]
    assert not has_build(path)
    build(path)
    assert mine(path) == [1]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_copy_has_the_newest_rows(path: Path, tmp_path: Path, journal: str) -> None:
    make(path, journal)
    with other_process(path, INSERT):
        copy_database(path, tmp_path / "copy.db")
    assert mine(tmp_path / "copy.db") == [1, 2]
    assert not Path(f"{tmp_path / 'copy.db'}-wal").exists()


def test_a_copy_is_private(path: Path, tmp_path: Path) -> None:
    make(path)
    copy_database(path, tmp_path / "copy.db")
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


def test_a_sealed_database_that_was_switched_to_wal_is_copied_whole(path: Path) -> None:
    make(path)
    with (
        other_process(path, f"PRAGMA journal_mode=WAL; {INSERT}"),
        SqliteLocation(path, is_sealed=True).copy() as copy,
    ):
        assert mine(Path(copy.display_name)) == [1, 2]


@pytest.mark.parametrize("keep", [True, False])
def test_links_to_a_database_are_kept(path: Path, tmp_path: Path, keep: bool) -> None:
    real = tmp_path / "elsewhere" / "real.db"
    real.parent.mkdir()
    make(real)
    (tmp_path / "second.db").symlink_to(real)
    path.symlink_to("second.db")
    build(path, keep)
    assert path.readlink() == Path("second.db")
    assert has_build(real)
    assert list(real.parent.iterdir()) == [real]
    assert SqliteLocation(path).lock_path == real


def test_a_link_to_nothing_is_refused(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "nothing.db")
    with pytest.raises(StoreError, match=r"is a symbolic link to .*nothing.db, which does not"):
        build(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_to_itself_is_refused(path: Path) -> None:
    path.symlink_to(path)
    with pytest.raises(StoreError, match="symbolic link that leads to itself"):
        build(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_a_link_of_another_user_is_not_followed(path: Path, tmp_path: Path) -> None:
    make(tmp_path / "real.db")
    path.symlink_to("real.db")
    os.chown(path, OTHER_USER, -1, follow_symlinks=False)
    with pytest.raises(StoreError, match=r"symbolic link of another user \(uid 12345\)"):
        build(path, keep=False)
    assert not has_build(tmp_path / "real.db")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
@pytest.mark.parametrize("keep", [True, False])
def test_a_file_keeps_its_mode_and_identity(path: Path, mode: int, keep: bool) -> None:
    make(path)
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, OTHER_USER, OTHER_USER)
    before = path.stat()
    build(path, keep)
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid, after.st_ino) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
        before.st_ino,
    )
    assert has_build(path)


def test_a_file_with_two_names_is_refused(path: Path, tmp_path: Path) -> None:
    make(path)
    os.link(path, tmp_path / "snapshot.db")
    with pytest.raises(StoreError, match=r"the file has 2 names \(hard links\)"):
        build(path, keep=False)
    assert mine(tmp_path / "snapshot.db") == [1]


@pytest.mark.parametrize("make_other", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_refused(path: Path, make_other: object) -> None:
    assert callable(make_other)
    make_other(path)
    with pytest.raises(StoreError, match="it is no file; give another --url"):
        build(path)
    with pytest.raises(StoreError, match="it is no file; give another --url"):
        SqliteLocation(path).prepare(replace=True, needed_bytes=0)
    assert list(path.parent.iterdir()) == [path]


def test_a_new_file_has_the_usual_permissions(path: Path, tmp_path: Path) -> None:
    build(path)
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_that_appears_during_the_build_is_kept(path: Path) -> None:
    store = SqliteStore(path)
    store.begin()
    store.create_schema("{}")
    path.write_text("mine")
    with pytest.raises(StoreError, match="was changed by another process"):
        store.seal({})
    store.close(keep=False)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("name", ["database", "part-0", "lock", "notes.txt"])
def test_a_folder_of_others_at_the_place_of_the_workspace_is_kept(path: Path, name: str) -> None:
    workspace = SqliteStore(path).workspace
    workspace.mkdir(mode=0o700)
    (workspace / name).write_text("mine")
    with pytest.raises(StoreError, match=r"\.farm\.db\.building holds files that aquadata did not"):
        build(path)
    assert (workspace / name).read_text() == "mine"
    assert not path.exists()


def test_a_workspace_that_others_replace_is_not_used(path: Path, tmp_path: Path) -> None:
    store = SqliteStore(path)
    store.begin()
    store.create_schema("{}")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "database").write_text("precious")
    store.workspace.rename(tmp_path / "moved")
    store.workspace.symlink_to(elsewhere)
    with pytest.raises(StoreError, match="building was replaced by another program"):
        store.seal({})
    with pytest.raises(StoreError, match="is a symbolic link; remove it"):
        store.writer().write("part", "", {})
    store.close(keep=False)
    assert not path.exists()
    assert [file.name for file in elsewhere.iterdir()] == ["database"]
    assert (elsewhere / "database").read_text() == "precious"


def test_links_in_a_workspace_are_not_followed(path: Path, tmp_path: Path) -> None:
    """A killed build left the workspace; a link in it leads to a database of the user."""
    precious = tmp_path / "precious.db"
    make(precious)
    store = SqliteStore(path)
    workspace = Workspace.acquire(store.workspace)
    (workspace.path / "database").symlink_to(precious)
    (workspace.path / "folder").mkdir()
    (workspace.path / "folder" / "link").symlink_to(tmp_path)
    workspace.release()
    with pytest.raises(StoreError, match="database is no regular file of this user"):
        store.begin()
    store.close(keep=False)
    assert mine(precious) == [1]
    build(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["farm.db", "precious.db"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to others")
def test_a_workspace_of_another_user_is_refused(path: Path) -> None:
    workspace = SqliteStore(path).workspace
    workspace.mkdir()
    os.chown(workspace, OTHER_USER, -1)
    with pytest.raises(StoreError, match="is a folder of another user"):
        build(path)
    assert workspace.is_dir()
