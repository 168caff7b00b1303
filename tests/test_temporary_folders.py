"""Temporary folders: private, and removed even if the process that made them is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_aquadata.errors import StoreError
from pytest_aquadata.temporary_folders import (
    private_folder,
    remove_abandoned_folders,
    temporary_folder,
)

HOLD = """
import sys
from pytest_aquadata.temporary_folders import temporary_folder
with temporary_folder() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this process and of those that it starts."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def holder() -> tuple[subprocess.Popen[str], Path]:
    """Start a process that has a temporary folder until it is killed or its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_private_and_removed() -> None:
    with temporary_folder() as folder:
        (folder / "file").touch()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent == private_folder()
        assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert list(private_folder().iterdir()) == []


def test_a_folder_of_a_killed_process_is_removed_by_the_next() -> None:
    process, left = holder()
    with process:
        process.kill()
        process.wait()
    assert left.exists()
    with temporary_folder() as folder:
        assert list(private_folder().iterdir()) == [folder]


def test_a_folder_of_a_living_process_stays() -> None:
    process, folder = holder()
    with process:
        remove_abandoned_folders()
        assert (folder / "file").exists()
        process.communicate("\n")
    assert not folder.exists()


def test_a_folder_that_others_can_write_is_refused(base: Path) -> None:
    private_folder().chmod(0o777)
    with pytest.raises(StoreError, match="only you can read and write") as refused:
        temporary_folder().__enter__()
    assert "set TMPDIR" in str(refused.value)


def test_a_link_in_its_place_is_refused(base: Path) -> None:
    elsewhere = base / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (base / f"aquadata-{os.getuid()}").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="only you can read and write"):
        temporary_folder().__enter__()
    assert list(elsewhere.iterdir()) == []


def test_a_link_among_abandoned_folders_is_not_followed(base: Path) -> None:
    kept = base / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (private_folder() / "folder-link").symlink_to(kept)
    remove_abandoned_folders()
    assert (kept / "file").exists()
