"""Work in a folder: done once, by whoever comes; a process that dies holds nobody up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from pytest_aquadata.errors import BuildError
from pytest_aquadata.jobs.executor import FolderExecutor
from pytest_aquadata.jobs.queue import LostWorkerError, WorkFolder, folders_at, work_folder

HELPER = [sys.executable, "-W", "error", "-m", "pytest_aquadata.jobs.worker_main"]


@contextmanager
def helping(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that works in the folder as a worker of pytest-xdist would."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([*HELPER, str(folder)], stdin=subprocess.PIPE, env=environment) as helper:
        yield helper
        helper.kill()


def until(true: Callable[[], object]) -> None:
    """Wait for what is bound to come."""
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def meet(folder: Path, count: int) -> int:
    """Wait until so many processes are here; this process."""
    (folder / f"met-{os.getpid()}").touch()
    until(lambda: len(list(folder.glob("met-*"))) >= count)
    return os.getpid()


def fall(folder: Path) -> int:
    """Kill the process that does this the first time."""
    if (folder / "fallen").exists():
        return os.getpid()
    (folder / "fallen").touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def sleep_forever(folder: Path) -> None:
    (folder / "asleep").write_text(str(os.getpid()))
    time.sleep(600)


class Stubborn(Exception):
    """Cannot be unpickled."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def refuse() -> None:
    raise Stubborn("never ", "ever")


def test_alone_the_one_who_waits_does_the_work(folder: Path) -> None:
    with FolderExecutor(folder, 1, None) as executor:
        assert list(executor.map(pow, [2, 3, 4], [3, 2, 1])) == [8, 9, 4]
        assert executor.submit(os.getpid).result() == os.getpid()


def test_results_may_be_asked_for_in_any_order_and_again(folder: Path) -> None:
    with FolderExecutor(folder, 1, None) as executor:
        first, second = executor.submit(pow, 2, 5), executor.submit(pow, 2, 6)
        assert (second.result(), first.result(), second.result()) == (64, 32, 64)


def test_an_error_comes_back_with_the_story_of_the_one_who_met_it(folder: Path) -> None:
    with FolderExecutor(folder, 1, None) as executor:
        failed = executor.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal") as caught:
            failed.result()
        assert "Traceback" in caught.value.__notes__[0]
        assert isinstance(failed.exception(), ValueError)


@pytest.mark.parametrize(
    ("function", "said"),
    [(refuse, "Stubborn: never ever"), (threading.Lock, "lock object .* cannot be handed over")],
    ids=["error", "value"],
)
def test_what_cannot_be_sent_back_is_an_error(
    folder: Path, function: Callable[..., object], said: str
) -> None:
    with FolderExecutor(folder, 1, None) as executor, pytest.raises(BuildError, match=said):
        executor.submit(function).result()


def test_processes_are_started_for_the_room_that_is_left(folder: Path) -> None:
    with FolderExecutor(folder, 3, 0.0) as executor:
        met = set(executor.map(meet, [folder] * 3, [3] * 3))
    assert len(met) == 3
    assert os.getpid() in met


def test_who_comes_by_helps_and_no_process_is_started_for_them(folder: Path) -> None:
    with helping(folder) as helper, FolderExecutor(folder, 2, 0.0) as executor:
        until(lambda: (folder / f"{helper.pid}.here").exists())
        met = set(executor.map(meet, [folder] * 2, [2] * 2))
        assert met == {os.getpid(), helper.pid}


def test_who_waits_for_more_to_do_does_not_hold_up_the_end(place: Path) -> None:
    work = work_folder(place)
    folder = work.__enter__()
    with (
        ThreadPoolExecutor(1) as thread,
        FolderExecutor(folder, 2, None),
        helping(folder) as helper,
    ):
        until(lambda: (folder / f"{helper.pid}.here").exists())
        thread.submit(work.__exit__, None, None, None).result(60)
    assert not folder.exists()


def test_no_more_work_than_there_is_room_for(folder: Path) -> None:
    with FolderExecutor(folder, 2, None), helping(folder), helping(folder):
        until(lambda: len(list(folder.glob("*.here"))) == 2)
        third = WorkFolder(folder)
        assert not third.join()
        assert third.room == 0


def test_a_process_that_dies_is_told_and_its_task_can_be_done_by_another(folder: Path) -> None:
    with FolderExecutor(folder, 2, None) as executor, helping(folder) as helper:
        task = executor.submit(fall, folder)
        until((folder / "fallen").exists)
        with pytest.raises(LostWorkerError, match=rf"process {helper.pid} died while it worked"):
            task.result()
        assert executor.submit(fall, folder).result() == os.getpid()


def test_another_process_is_started_for_one_that_was_killed(folder: Path) -> None:
    with FolderExecutor(folder, 2, 0.0) as executor:
        first = set(executor.map(meet, [folder] * 2, [2] * 2)) - {os.getpid()}
        killed = first.pop()
        os.kill(killed, signal.SIGKILL)
        # a process that has ended may hold its locks for a moment: its threads end one by one
        until(lambda: WorkFolder(folder).room == 1)
        met = set(executor.map(meet, [folder] * 2, [3] * 2))
        assert len(met) == 2


LEADING = """
import os, sys
from pathlib import Path
from pytest_aquadata.jobs.executor import FolderExecutor
from pytest_aquadata.jobs.queue import work_folder
sys.path.insert(0, sys.argv[2])
from test_executor import meet, sleep_forever
with work_folder(Path(sys.argv[1])) as folder, FolderExecutor(folder, 2, 0.0) as executor:
    print(folder, *executor.map(meet, [folder] * 2, [2] * 2), flush=True)
    executor.submit(sleep_forever, folder).result()
"""


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_processes_end_with_the_one_that_started_them_and_leave_no_trace(place: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEADING, str(place), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as leader:
        assert leader.stdout is not None
        folder, *pids = leader.stdout.readline().split()
        until((Path(folder) / "asleep").exists)
        leader.kill()
    assert len(set(pids)) == 2
    until(lambda: not any(alive(int(pid)) for pid in pids))
    assert folders_at(place) == [Path(folder)]
    with work_folder(place) as mine:
        assert folders_at(place) == [mine]
    assert list(place.parent.iterdir()) == []
