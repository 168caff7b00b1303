"""Turns at a place: one builds, those who wait help, and the lock dies with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_aquadata.errors import BuildError, StoreError
from pytest_aquadata.jobs.build_lock import BuildLock
from pytest_aquadata.jobs.executor import FolderExecutor
from pytest_aquadata.jobs.progress import Silent

HOLDING = """
import os, sys, time
from pathlib import Path
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.jobs.executor import FolderExecutor
from pytest_aquadata.jobs.build_lock import BuildLock
with BuildLock(Path(sys.argv[1])) as folder, FolderExecutor(folder, 2, None) as executor:
    tasks = [executor.submit(os.getpid) for _ in range(8)]
    print("held", flush=True)
    if sys.stdin.readline() == "work\\n":
        time.sleep(0.5)
        print(*{task.result() for task in tasks}, flush=True)
        sys.stdin.readline()
"""


@contextmanager
def holder(target: Path) -> Iterator[subprocess.Popen[str]]:
    """A process whose turn it is."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", HOLDING, str(target)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTEST_XDIST_TESTRUNUID": "another",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


class Told(Silent):
    """Remembers whom it waited for."""

    def __init__(self) -> None:
        self.builders: set[str] = set()

    def waiting(self, builder: str) -> None:
        self.builders.add(builder)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


def test_a_turn_leaves_nothing(target: Path) -> None:
    for _ in range(2):
        with BuildLock(target) as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            assert folder.parent == target.parent
    assert list(target.parent.iterdir()) == []


def test_a_turn_ends_with_the_error_of_the_one_who_has_it(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), BuildLock(target):
        raise ZeroDivisionError
    assert list(target.parent.iterdir()) == []


def test_who_waits_helps(target: Path) -> None:
    with holder(target) as process:
        tell(process, "work")
        threading.Timer(2.0, lambda: tell(process, "done")).start()
        told = Told()
        with BuildLock(target, progress=told):
            assert told.builders
            assert all(one.startswith(f"process {process.pid} (") for one in told.builders)
            assert process.stdout is not None
            workers = set(map(int, process.stdout.readline().split()))
            assert os.getpid() in workers
    assert list(target.parent.iterdir()) == []


def test_who_does_not_wait_is_told_who_builds(target: Path) -> None:
    with holder(target) as process, pytest.raises(BuildError) as refused:
        BuildLock(target, timeout_s=0).__enter__()
    assert str(refused.value).startswith(f"process {process.pid} (")
    assert str(refused.value).endswith(
        f"is building {target} right now; wait for it to finish, or give a longer --lock-timeout"
    )


def test_the_lock_is_waited_for_no_longer_than_the_timeout(target: Path) -> None:
    with holder(target), pytest.raises(BuildError, match=r" right now after 0\.5 s; wait for it"):
        BuildLock(target, timeout_s=0.5).__enter__()


def test_who_waits_in_vain_is_told_for_whom(target: Path) -> None:
    """The turn is not taken from a process that lives, however long it gives no sign of life."""
    with holder(target) as process:
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(BuildError, match=rf"process {process.pid} .* no sign of life for \d s"):
            BuildLock(target, patience_s=1.5).__enter__()
        assert process.poll() is None
        os.kill(process.pid, signal.SIGCONT)


def test_who_gives_signs_of_life_is_waited_for(target: Path) -> None:
    with holder(target) as process:
        threading.Timer(4.0, lambda: tell(process, "done")).start()
        with BuildLock(target, patience_s=2.5):
            assert process.wait(60) == 0


def test_when_the_holder_is_killed_another_has_its_turn(target: Path) -> None:
    with holder(target) as process:
        threading.Timer(0.3, process.kill).start()
        with BuildLock(target) as folder, FolderExecutor(folder, 1, None) as executor:
            assert executor.submit(pow, 2, 2).result() == 4
            assert len(list(target.parent.glob(".farm.db.crew-*"))) == 1
    assert list(target.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no folder .*none; create it first"):
        BuildLock(tmp_path / "none" / "farm.db").__enter__()
    assert list(tmp_path.iterdir()) == []
