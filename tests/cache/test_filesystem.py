"""The cache in a folder: listing, order of removal, and locks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from pytest_aquadata.cache.backend import CacheEntry, EntryState, clear, enforce_size_limit
from pytest_aquadata.cache.filesystem import FilesystemCache
from pytest_aquadata.errors import StoreError
from pytest_aquadata.jobs.build_lock import BuildLock
from pytest_aquadata.workspaces import Workspace

KEYS = [f"{number:020x}" for number in range(5)]


def entry_path(folder: Path, key: str) -> Path:
    return folder / f"small-{key}.db"


def entry(key: str) -> CacheEntry:
    return CacheEntry("small", key, 100, 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five datasets of 100 bytes; the first was used most recently."""
    for number, key in enumerate(KEYS):
        add_dataset(tmp_path, key)
        set_use(tmp_path, key, 1_000_000 - 10 * number)
    return tmp_path


def add_dataset(folder: Path, key: str) -> None:
    cache = FilesystemCache(folder)
    cache.prepare_build("small", key)
    entry_path(folder, key).write_bytes(bytes(100))
    cache.seal("small", key)


def set_use(folder: Path, key: str, time: int) -> None:
    os.utime(entry_path(folder, key).with_suffix(".json"), (time, time))


def keys(folder: Path) -> list[str]:
    return [entry.key for entry in FilesystemCache(folder).entries()]


def test_entries_are_listed_most_recently_used_first(folder: Path) -> None:
    assert keys(folder) == KEYS
    assert {entry.preset for entry in FilesystemCache(folder).entries()} == {"small"}
    assert sum(entry.size_bytes for entry in FilesystemCache(folder).entries()) == 500


@pytest.mark.parametrize("name", ["notes.txt", "mine.db", "small-123.db", "small.db"])
def test_other_files_in_the_folder_are_ignored_and_kept(folder: Path, name: str) -> None:
    (folder / name).write_bytes(bytes(900))
    assert keys(folder) == KEYS
    clear(FilesystemCache(folder))
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_missing_folder_is_an_empty_cache(tmp_path: Path) -> None:
    assert FilesystemCache(tmp_path / "nowhere").entries() == []
    assert clear(FilesystemCache(tmp_path / "nowhere")) == ([], [])


@pytest.mark.parametrize(("limit", "kept"), [(500, 5), (499, 4), (100, 1), (99, 0), (0, 0)])
def test_the_least_recently_used_are_removed_first(folder: Path, limit: int, kept: int) -> None:
    removed = enforce_size_limit(FilesystemCache(folder), limit)
    assert keys(folder) == KEYS[:kept]
    assert [entry.key for entry in removed] == KEYS[kept:][::-1]


def test_use_makes_a_dataset_the_most_recent(folder: Path) -> None:
    with FilesystemCache(folder).in_use("small", KEYS[4]):
        assert keys(folder)[0] == KEYS[4]
    enforce_size_limit(FilesystemCache(folder), 100)
    assert keys(folder) == [KEYS[4]]


def test_a_dataset_in_use_is_not_removed(folder: Path) -> None:
    with FilesystemCache(folder).in_use("small", KEYS[2]):
        set_use(folder, KEYS[2], 1)
        enforce_size_limit(FilesystemCache(folder), 0)
        assert keys(folder) == [KEYS[2]]
        removed, in_use = clear(FilesystemCache(folder))
        assert (removed, [entry.key for entry in in_use]) == ([], [KEYS[2]])
    assert FilesystemCache(folder).remove(entry(KEYS[2]))
    assert list(folder.iterdir()) == []


def test_the_lock_of_a_killed_process_is_released(folder: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from pytest_aquadata.cache.filesystem import FilesystemCache\n"
        "with FilesystemCache(Path(sys.argv[1])).in_use('small', sys.argv[2]):\n"
        "    print('using', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder), KEYS[0]],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "using\n"
        assert not FilesystemCache(folder).remove(entry(KEYS[0]))
        user.kill()
    assert FilesystemCache(folder).remove(entry(KEYS[0]))


@pytest.mark.parametrize(("age_days", "stays"), [(0, True), (6.9, True), (7.1, False)])
def test_interrupted_builds_are_removed_after_a_week(
    folder: Path, age_days: float, stays: bool
) -> None:
    workspace = folder / f".small-{KEYS[0]}.db.building"
    left = Workspace.acquire(workspace)
    (workspace / "database").write_bytes(bytes(9))
    left.release()
    now = workspace.stat().st_mtime
    os.utime(workspace, (now, now - 86_400 * age_days))
    enforce_size_limit(FilesystemCache(folder), 10**9)
    assert workspace.exists() == stays
    with FileLock(folder / "other"):
        clear(FilesystemCache(folder))
    assert not workspace.exists()


def test_a_build_under_way_is_not_removed(folder: Path) -> None:
    workspace = Workspace.acquire(folder / f".small-{KEYS[0]}.db.building")
    clear(FilesystemCache(folder))
    assert workspace.path.exists()
    workspace.remove()


def state(folder: Path) -> EntryState:
    return FilesystemCache(folder).state("small", KEYS[0])


def test_a_dataset_is_complete_until_it_is_changed(folder: Path) -> None:
    assert state(folder) is EntryState.COMPLETE
    path = entry_path(folder, KEYS[0])
    path.chmod(0o600)
    path.write_bytes(bytes(99) + b"1")
    assert state(folder) is EntryState.CHANGED


@pytest.mark.parametrize("size", [0, 50, 101])
def test_a_file_of_another_size_is_changed(folder: Path, size: int) -> None:
    os.truncate(entry_path(folder, KEYS[0]), size)
    assert state(folder) is EntryState.CHANGED


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_a_dataset_with_files_of_sqlite_beside_it_is_changed(folder: Path, end: str) -> None:
    Path(f"{entry_path(folder, KEYS[0])}{end}").write_bytes(b"changes")
    assert state(folder) is EntryState.CHANGED
    clear(FilesystemCache(folder))
    assert list(folder.iterdir()) == []


def test_a_copy_of_the_cache_is_complete(folder: Path, tmp_path: Path) -> None:
    """A CI service restores the folder with other inodes and times."""
    restored = tmp_path / "restored"
    restored.mkdir()
    for file in folder.glob("small-*"):
        shutil.copyfile(file, restored / file.name)
    assert state(restored) is EntryState.COMPLETE
    before = (restored / f"small-{KEYS[0]}.json").read_bytes()
    assert before != (folder / f"small-{KEYS[0]}.json").read_bytes()
    assert state(restored) is EntryState.COMPLETE
    assert (restored / f"small-{KEYS[0]}.json").read_bytes() == before


def test_a_dataset_that_was_not_finished_is_missing(tmp_path: Path) -> None:
    cache = FilesystemCache(tmp_path)
    assert state(tmp_path / "nowhere") is EntryState.MISSING
    cache.prepare_build("small", KEYS[0])
    entry_path(tmp_path, KEYS[0]).write_bytes(bytes(100))
    assert state(tmp_path) is EntryState.MISSING
    cache.prepare_build("small", KEYS[0])
    assert not entry_path(tmp_path, KEYS[0]).exists()


FOREIGN = f"backup-{KEYS[0]}"


@pytest.mark.parametrize(
    "name", [f"{FOREIGN}.db", f"{FOREIGN}.json", f".{FOREIGN}.db.building", f".{FOREIGN}.db.lock"]
)
@pytest.mark.parametrize("kind", ["file", "folder", "link", "pipe"])
def test_files_of_others_are_kept(folder: Path, name: str, kind: str) -> None:
    path = folder / name
    make(path, kind)
    before = sorted(folder.iterdir())
    assert FOREIGN.removesuffix(f"-{KEYS[0]}") not in {
        entry.preset for entry in FilesystemCache(folder).entries()
    }
    enforce_size_limit(FilesystemCache(folder), 10**9)
    assert sorted(folder.iterdir()) == before
    clear(FilesystemCache(folder))
    left = {path, folder / "elsewhere"} if kind == "link" else {path}
    assert set(folder.iterdir()) == left
    if kind != "pipe":
        assert (path if kind == "file" else path / "precious").read_text() == "mine"


def make(path: Path, kind: str) -> None:
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "file":
        path.write_text("mine")
    elif kind == "folder":
        path.mkdir()
        (path / "precious").write_text("mine")
    else:
        make(path.parent / "elsewhere", "folder")
        path.symlink_to("elsewhere")


def test_a_file_at_the_place_of_a_dataset_is_kept(tmp_path: Path) -> None:
    entry_path(tmp_path, KEYS[0]).write_text("mine")
    with pytest.raises(StoreError, match=rf"small-{KEYS[0]}\.db is no file of the cache; move"):
        FilesystemCache(tmp_path).prepare_build("small", KEYS[0])
    assert entry_path(tmp_path, KEYS[0]).read_text() == "mine"


def test_a_record_that_was_copied_proves_nothing(folder: Path) -> None:
    shutil.copyfile(folder / f"small-{KEYS[0]}.json", folder / f"{FOREIGN}.json")
    (folder / f"{FOREIGN}.db").write_text("mine")
    clear(FilesystemCache(folder))
    assert sorted(path.name for path in folder.iterdir()) == [f"{FOREIGN}.db", f"{FOREIGN}.json"]


def test_a_dataset_replaced_by_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(bytes(100))
    entry_path(folder, KEYS[0]).unlink()
    entry_path(folder, KEYS[0]).symlink_to(elsewhere)
    assert state(folder) is EntryState.CHANGED
    clear(FilesystemCache(folder))
    assert elsewhere.read_bytes() == bytes(100)


def test_lock_files_that_killed_builds_left_are_removed(folder: Path) -> None:
    base = f".small-{KEYS[0]}.db"
    with BuildLock(folder / base.removeprefix(".")):
        for file in folder.glob(f"{base}.*"):
            shutil.copyfile(file, folder / f"{file.name}.kept")
    for file in folder.glob("*.kept"):
        file.rename(file.with_suffix(""))
    assert {file.name for file in folder.glob(f"{base}.*")} == {f"{base}.lock", f"{base}.owner"}
    (folder / f".{base}.owner.12-0123abcd").touch()
    FilesystemCache(folder).prepare_build("small", "f" * 20)
    clear(FilesystemCache(folder))
    assert list(folder.iterdir()) == []


def test_lock_files_of_a_build_under_way_are_kept(folder: Path) -> None:
    base = f".small-{KEYS[0]}.db"
    (folder / f"{base}.owner").write_text('{"pid": 1}')
    FilesystemCache(folder).prepare_build("small", KEYS[0])
    with FileLock(folder / f"{base}.lock"):
        clear(FilesystemCache(folder))
        left = {f"{base}.lock", f"{base}.owner", f"small-{KEYS[0]}.json"}
        assert {path.name for path in folder.iterdir()} == left


def test_a_folder_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert state(link) is EntryState.COMPLETE


@pytest.mark.parametrize("mode", [0o777, 0o703])
def test_a_folder_in_which_all_users_may_replace_files_is_refused(folder: Path, mode: int) -> None:
    folder.chmod(mode)
    with pytest.raises(StoreError, match=r"all users may replace files in it.*--cache-dir"):
        FilesystemCache(folder).prepare()
    with pytest.raises(StoreError, match="all users may replace files in it"):
        state(folder)
    folder.chmod(0o1777)
    FilesystemCache(folder).prepare()
    assert state(folder) is EntryState.COMPLETE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to others")
def test_a_folder_and_files_of_another_user_are_not_used(folder: Path) -> None:
    os.chown(entry_path(folder, KEYS[0]), 12345, -1)
    assert state(folder) is EntryState.CHANGED
    os.chown(folder / f"small-{KEYS[0]}.json", 12345, -1)
    assert state(folder) is EntryState.MISSING
    clear(FilesystemCache(folder))
    names = {f"small-{KEYS[0]}.db", f"small-{KEYS[0]}.json"}
    assert {path.name for path in folder.iterdir()} == names
    os.chown(folder, 12345, -1)
    with pytest.raises(StoreError, match="it is of another user"):
        FilesystemCache(folder).prepare()
