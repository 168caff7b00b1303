"""The cache in a folder: listing, order of removal, and locks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from pytest_aquadata.cache.backend import CacheEntry, clear, enforce_size_limit
from pytest_aquadata.cache.filesystem import FilesystemCache, is_complete
from pytest_aquadata.datasets.dataset import Dataset

KEYS = [f"{number:020x}" for number in range(5)]


def entry_path(folder: Path, key: str) -> Path:
    return folder / f"small-{key}.db"


def entry(key: str) -> CacheEntry:
    return CacheEntry("small", key, 100, 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five datasets of 100 bytes; the first was used most recently."""
    for number, key in enumerate(KEYS):
        path = entry_path(tmp_path, key)
        path.write_bytes(bytes(100))
        path.chmod(0o400)
        os.utime(path, (1_000_000, 1_000_000 - 10 * number))
    return tmp_path


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
        os.utime(entry_path(folder, KEYS[2]), (1, 1))
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
    workspace.mkdir()
    (workspace / "database").write_bytes(bytes(9))
    now = workspace.stat().st_mtime
    os.utime(workspace, (now, now - 86_400 * age_days))
    enforce_size_limit(FilesystemCache(folder), 10**9)
    assert workspace.exists() == stays
    with FileLock(folder / "other"):
        clear(FilesystemCache(folder))
    assert not workspace.exists()


def test_a_build_under_way_is_not_removed(folder: Path) -> None:
    workspace = folder / f".small-{KEYS[0]}.db.building"
    workspace.mkdir()
    with FileLock(workspace / "lock"):
        clear(FilesystemCache(folder))
        assert workspace.exists()


@pytest.fixture
def copied(small: Dataset, tmp_path: Path) -> Path:
    path = tmp_path / "copy.db"
    shutil.copyfile(small.url.removeprefix("sqlite:///"), path)
    return path


def test_a_finished_dataset_is_complete(copied: Path) -> None:
    assert is_complete(copied)


@pytest.mark.parametrize("size", [0, 50, 8192, -8192, -1])
def test_a_truncated_file_is_not_complete(copied: Path, size: int) -> None:
    os.truncate(copied, size if size >= 0 else copied.stat().st_size + size)
    assert not is_complete(copied)


def test_a_missing_or_other_file_is_not_complete(tmp_path: Path) -> None:
    assert not is_complete(tmp_path / "nowhere.db")
    (tmp_path / "text.db").write_text("Dear diary. " * 1000)
    assert not is_complete(tmp_path / "text.db")
