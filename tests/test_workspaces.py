"""Folders of builds: whose they are, and what a killed process leaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_aquadata.workspaces import (
    Workspace,
    WorkspaceInUse,
    remove_abandoned,
)


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
