"""Folders of builds and temporary files: whose they are, and what a killed process leaves."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pytest_aquadata import workspaces
from pytest_aquadata.errors import StoreError
from pytest_aquadata.held_folders import HeldFolder
from pytest_aquadata.workspaces import (
    Workspace,
    WorkspaceInUse,
    private_folder,
    remove_abandoned,
    remove_abandoned_folders,
    temporary_folder,
)

HOLD = """
import sys
from pytest_aquadata.workspaces import temporary_folder
with temporary_folder() as folder:
    (folder / "file").touch()
    print(folder, flush=True)
    sys.stdin.readline()
"""


def test_a_workspace_is_private_and_removed(tmp_path: Path) -> None:
    workspace = Workspace.acquire(tmp_path / "work")
    assert workspace.path.stat().st_mode & 0o777 == 0o700
    (workspace.path / "file").touch()
    (workspace.path / "folder").mkdir()
    workspace.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_in_use_is_refused_and_kept(tmp_path: Path) -> None:
    workspace = Workspace.acquire(tmp_path / "work")
    with pytest.raises(WorkspaceInUse):
        Workspace.acquire(tmp_path / "work")
    assert not remove_abandoned(tmp_path / "work")
    workspace.release()
    assert remove_abandoned(tmp_path / "work")
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_that_was_left_can_be_used_again(tmp_path: Path) -> None:
    Workspace.acquire(tmp_path / "work").release()
    (tmp_path / "work" / "file").write_text("left")
    workspace = Workspace.acquire(tmp_path / "work")
    assert (workspace.path / "file").read_text() == "left"
    workspace.remove()


@pytest.mark.parametrize("kind", ["empty", "file", "foreign", "link", "lock is a link", "open"])
def test_folders_of_others_are_kept(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "work"
    left = Workspace.acquire(tmp_path / "left")
    left.release()
    if kind == "file":
        path.write_text("mine")
    elif kind == "link":
        path.symlink_to(left.path)
    else:
        path.mkdir(mode=0o777 if kind == "open" else 0o700)
        if kind == "open":
            path.chmod(0o777)
            (path / "lock").write_bytes((left.path / "lock").read_bytes())
        elif kind == "foreign":
            (path / "lock").write_text("mine")
        elif kind == "lock is a link":
            (path / "lock").symlink_to(left.path / "lock")
    assert not remove_abandoned(path)
    assert os.path.lexists(path)
    assert (left.path / "lock").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to others")
@pytest.mark.parametrize("owned", [".", "lock"])
def test_workspaces_of_another_user_are_kept(tmp_path: Path, owned: str) -> None:
    workspace = Workspace.acquire(tmp_path / "work")
    workspace.release()
    os.chown(workspace.path / owned, 12345, -1)
    assert not remove_abandoned(workspace.path)
    assert workspace.path.is_dir()


def test_a_workspace_that_was_moved_is_not_removed_by_its_name(tmp_path: Path) -> None:
    """Others moved it and put a folder of the user in its place."""
    workspace = Workspace.acquire(tmp_path / "work")
    workspace.path.rename(tmp_path / "moved")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "precious").touch()
    with pytest.raises(OSError, match="was replaced by another program"):
        workspace.check_in_place()
    workspace.remove()
    assert (tmp_path / "work" / "precious").exists()


@pytest.fixture
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


def test_a_folder_is_private_and_removed(base: Path) -> None:
    with temporary_folder() as folder:
        (folder / "file").touch()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent == private_folder()
        assert folder.parent.stat().st_mode & 0o777 == 0o700
    assert list(private_folder().iterdir()) == []


def test_a_folder_of_a_killed_process_is_removed_by_the_next(base: Path) -> None:
    process, left = holder()
    with process:
        process.kill()
        process.wait()
    assert left.exists()
    with temporary_folder() as folder:
        assert list(private_folder().iterdir()) == [folder]


def test_a_folder_of_a_living_process_stays(base: Path) -> None:
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
    (base / f"aquadata-{os.geteuid()}").symlink_to(elsewhere)
    with pytest.raises(StoreError, match="only you can read and write"):
        temporary_folder().__enter__()
    assert list(elsewhere.iterdir()) == []


def test_a_folder_of_a_process_killed_before_it_made_the_lock_is_removed(base: Path) -> None:
    (private_folder() / "folder-new").mkdir(mode=0o700)
    with temporary_folder() as folder:
        assert list(private_folder().iterdir()) == [folder]


def test_a_folder_that_another_process_takes_for_abandoned_is_replaced(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process removes the first, and has just locked the second."""
    opened: list[Path] = []
    others: list[Workspace] = []

    def disturbed(path: Path) -> HeldFolder:
        opened.append(path)
        if len(opened) == 1:
            path.rmdir()
        elif len(opened) == 2:
            others.append(Workspace.acquire(path))
        return HeldFolder(path)

    monkeypatch.setattr(workspaces, "HeldFolder", disturbed)
    with temporary_folder() as folder:
        (other,) = others
        assert folder.is_dir()
        assert folder != other.path
    other.remove()


def test_a_link_among_abandoned_folders_is_not_followed(base: Path) -> None:
    kept = base / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (private_folder() / "folder-link").symlink_to(kept)
    remove_abandoned_folders()
    assert (kept / "file").exists()
