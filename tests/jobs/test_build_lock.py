"""One process builds, the others wait for it, and the lock ends with the process that holds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_aquadata.errors import BuildError, StoreError
from pytest_aquadata.jobs import build_lock
from pytest_aquadata.jobs.build_lock import BuildLock
from pytest_aquadata.jobs.progress import Silent

HOLD = """
import sys
from pathlib import Path
from pytest_aquadata.jobs import build_lock
from pytest_aquadata.jobs.build_lock import BuildLock
build_lock._BEAT_S = 0.05
with BuildLock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def owner(target: Path, run: str = "another") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is released."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", HOLD, str(target)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTEST_XDIST_TESTRUNUID": run,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


class Waiting(Silent):
    """Records the owners that are waited for, and acts once when `is_time` says so."""

    def __init__(
        self, is_time: Callable[[int], bool], act: Callable[[], object] = lambda: None
    ) -> None:
        self.owners: list[str] = []
        self._is_time = is_time
        self._act = act
        self._has_acted = False

    def waiting(self, builder: str) -> None:
        self.owners.append(builder)
        if not self._has_acted and self._is_time(len(self.owners)):
            self._has_acted = True
            self._act()


def third(calls: int) -> bool:
    return calls == 3


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "farm.db"


@pytest.fixture
def is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the lock every few milliseconds."""
    monkeypatch.setattr(build_lock, "_POLL_S", 0.01)


def test_no_file_is_left(target: Path) -> None:
    for _ in range(2):
        with BuildLock(target):
            assert list(target.parent.iterdir())
    assert list(target.parent.iterdir()) == []


def test_an_error_in_the_build_releases_the_lock(target: Path) -> None:
    with pytest.raises(ZeroDivisionError), BuildLock(target):
        raise ZeroDivisionError
    assert list(target.parent.iterdir()) == []


@pytest.mark.usefixtures("is_quick")
def test_the_lock_is_acquired_when_its_owner_has_released_it(target: Path) -> None:
    with owner(target) as process:
        progress = Waiting(third, lambda: release(process))
        with BuildLock(target, progress=progress):
            assert process.wait(60) == 0
    assert len(progress.owners) >= 3
    assert all(name.startswith(f"process {process.pid} (") for name in progress.owners)
    assert list(target.parent.iterdir()) == []


@pytest.mark.usefixtures("is_quick")
def test_the_owner_is_not_named_within_one_test_run(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The controller shows the progress of workers of the same run."""
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", "this")
    progress = Waiting(third)
    with owner(target, run="this") as process, pytest.raises(BuildError):  # noqa: PT012
        os.kill(process.pid, signal.SIGSTOP)
        BuildLock(target, patience_s=0.3, progress=progress).__enter__()
    assert progress.owners == []


def test_without_waiting_the_owner_is_named_at_once(target: Path) -> None:
    with owner(target) as process, pytest.raises(BuildError) as refused:
        BuildLock(target, timeout_s=0).__enter__()
    assert str(refused.value).startswith(f"process {process.pid} (")
    assert str(refused.value).endswith(
        f"is building {target} right now; wait for it to finish, or give a longer --lock-timeout"
    )


def test_a_database_is_named_instead_of_its_lock(target: Path) -> None:
    with owner(target), pytest.raises(BuildError, match=r"is building the farm right now"):
        BuildLock(target, name="the farm", timeout_s=0).__enter__()


def test_the_lock_is_waited_for_no_longer_than_the_timeout(target: Path) -> None:
    with owner(target), pytest.raises(BuildError, match=r" right now after 0\.5 s; wait for it"):
        BuildLock(target, timeout_s=0.5).__enter__()


@pytest.mark.usefixtures("is_quick")
def test_waiting_ends_when_the_owner_gives_no_sign_of_life(target: Path) -> None:
    """The lock is not taken from a living process."""
    with owner(target) as process:
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(BuildError, match=rf"process {process.pid} .* no sign of life for \d s"):
            BuildLock(target, patience_s=0.5).__enter__()
        assert process.poll() is None
        os.kill(process.pid, signal.SIGCONT)


@pytest.mark.usefixtures("is_quick")
def test_a_heartbeat_prolongs_the_waiting(target: Path) -> None:
    with owner(target) as process:
        started = time.monotonic()
        progress = Waiting(lambda _: time.monotonic() > started + 2.5, lambda: release(process))
        with BuildLock(target, patience_s=2.0, progress=progress):
            assert process.wait(60) == 0
    assert time.monotonic() > started + 2.5


@pytest.mark.usefixtures("is_quick")
def test_when_the_owner_is_killed_another_process_gets_the_lock(target: Path) -> None:
    with owner(target) as process, BuildLock(target, progress=Waiting(third, process.kill)):
        assert process.wait(60) == -signal.SIGKILL
    assert list(target.parent.iterdir()) == []


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no folder .*none; create it first"):
        BuildLock(tmp_path / "none" / "farm.db").__enter__()
    assert list(tmp_path.iterdir()) == []


def test_files_of_a_killed_owner_are_removed_by_the_next_build_in_the_folder(target: Path) -> None:
    with owner(target) as process:
        process.kill()
        process.wait()
    assert len(list(target.parent.iterdir())) == 2
    with BuildLock(target.with_name("other.db")):
        assert {path.name for path in target.parent.iterdir()} == {
            ".other.db.lock",
            ".other.db.owner",
        }


def test_files_of_a_living_owner_and_of_other_programs_stay(target: Path) -> None:
    others = [target.with_name(name) for name in (".app.owner", ".app.lock", ".b.owner")]
    for other in others:
        other.write_text("{}", encoding="utf-8")
    with owner(target):
        with BuildLock(target.with_name("other.db")):
            pass
        assert len(list(target.parent.iterdir())) == len(others) + 2


@pytest.mark.parametrize("name", [".farm.db.lock", ".farm.db.owner"])
def test_a_file_of_another_program_with_the_name_of_the_lock_is_kept(
    target: Path, name: str
) -> None:
    assert target.name == "farm.db"
    theirs = target.with_name(name)
    theirs.write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match=rf"{name} is no file of aquadata.*move or remove it"):
        BuildLock(target).__enter__()
    assert theirs.read_text(encoding="utf-8") == "mine"
    theirs.unlink()
    with BuildLock(target):
        pass


@pytest.mark.parametrize("kind", ["pipe", "link to an endless file"])
def test_no_file_that_others_put_into_the_folder_is_waited_for(target: Path, kind: str) -> None:
    theirs = target.with_name(".other.db.owner")
    if kind == "pipe":
        os.mkfifo(theirs)
    else:
        theirs.symlink_to("/dev/zero")
    with BuildLock(target):
        pass
    assert os.path.lexists(theirs)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1]",
        "{}",
        '{"pid": 1, "name": "a", "since": "yesterday", "run": ""}',
        '{"pid": 1, "name": "a", "since": "2025-01-01T00:00:00", "run": ""}',
        '{"pid": 1, "name": "\\u001b[2J", "since": "2025-01-01T00:00:00+00:00", "run": ""}',
        '{"pid": {}, "name": "a", "since": "2025-01-01T00:00:00+00:00", "run": ""}',
    ],
)
def test_what_others_write_into_the_file_of_the_owner_is_not_shown(
    target: Path, content: str
) -> None:
    with owner(target):
        target.with_name(".farm.db.owner").write_text(content, encoding="utf-8")
        with pytest.raises(BuildError, match=r"^another process is building"):
            BuildLock(target, timeout_s=0).__enter__()
