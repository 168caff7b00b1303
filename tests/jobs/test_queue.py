"""Folders of work belong to one user alone, and what is left in them is not done."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from pytest_aquadata.errors import BuildError
from pytest_aquadata.jobs.executor import FolderExecutor
from pytest_aquadata.jobs.queue import WorkFolder, folders_at, work_folder


def test_a_folder_that_others_can_read_is_not_worked_in(place: Path, tmp_path: Path) -> None:
    for name, mode in (("crew-open", 0o755), ("crew-linked", 0o700)):
        tmp_path.joinpath(name).mkdir(mode=mode)
    tmp_path.joinpath("place.crew-1").symlink_to(tmp_path / "crew-linked")
    tmp_path.joinpath("crew-open").rename(tmp_path / "place.crew-2")
    assert folders_at(place) == []
    for name in ("place.crew-1", "place.crew-2"):
        with pytest.raises(BuildError, match="is not a folder of this user alone"):
            WorkFolder(tmp_path / name)


def test_a_folder_of_another_user_is_not_worked_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    with pytest.raises(BuildError, match="is not a folder of this user alone"):
        WorkFolder(folder)
    monkeypatch.undo()


def test_what_a_killed_process_has_left_is_removed_and_not_done(place: Path) -> None:
    left = place.with_name("place.crew-left")
    left.mkdir(mode=0o700)
    task = pickle.dumps((Path.touch, (place.with_name("done"),), {}))
    left.joinpath("000000.task").write_bytes(task)
    with work_folder(place) as folder, FolderExecutor(folder, 1, None) as executor:
        assert executor.submit(pow, 2, 2).result() == 4
    assert list(place.parent.iterdir()) == []
