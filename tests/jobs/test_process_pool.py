"""A pool of processes: calls, errors, the death of a process, the death of its owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pool_tasks as tasks
import pytest

from pytest_aquadata.errors import BuildError
from pytest_aquadata.jobs import worker_process
from pytest_aquadata.jobs.process_pool import LostWorkerError, ProcessPool

pytestmark = pytest.mark.slow

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def shared_pool() -> Iterator[ProcessPool]:
    with ProcessPool(1, tasks.set_greeting, "Hello") as pool:
        yield pool


def test_each_process_is_initialized_with_the_arguments(shared_pool: ProcessPool) -> None:
    assert shared_pool.submit(tasks.greet, "salmon").result() == "Hello, salmon"


def test_calls_run_in_another_process(shared_pool: ProcessPool) -> None:
    assert shared_pool.submit(os.getpid).result() != os.getpid()


def test_calls_run_in_as_many_processes_as_asked_for(tmp_path: Path) -> None:
    with ProcessPool(2, tasks.set_greeting, "") as pool:
        calls = [pool.submit(tasks.meet, tmp_path, 2) for _ in range(2)]
        assert len({call.result() for call in calls}) == 2


def test_an_error_comes_back_with_the_traceback_of_its_process(shared_pool: ProcessPool) -> None:
    with pytest.raises(ValueError, match="invalid literal") as caught:
        shared_pool.submit(int, "x").result()
    assert "Traceback" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (tasks.raise_unpicklable, BuildError, "UnpicklableError: never ever"),
        (threading.Lock, TypeError, "cannot pickle"),
    ],
    ids=["error", "value"],
)
def test_what_cannot_be_sent_back_is_an_error(
    shared_pool: ProcessPool,
    function: Callable[..., object],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        shared_pool.submit(function).result()
    assert shared_pool.submit(tasks.greet, "salmon").result() == "Hello, salmon"


def test_processes_do_not_write_to_stdout(
    shared_pool: ProcessPool, capfd: pytest.CaptureFixture[str]
) -> None:
    with ProcessPool(1, tasks.set_greeting, "") as pool:
        pool.submit(tasks.write_to_stdout, "noise").result()
    assert capfd.readouterr().out == ""


def test_the_death_of_a_process_is_an_error_and_later_calls_have_new_processes(
    tmp_path: Path,
) -> None:
    with ProcessPool(2, tasks.set_greeting, "Hello") as pool:
        call = pool.submit(tasks.die_once, tmp_path / "died")
        with pytest.raises(LostWorkerError, match="a process died while it worked"):
            call.result()
        assert pool.submit(tasks.die_once, tmp_path / "died").result() != os.getpid()
        assert pool.submit(tasks.greet, "salmon").result() == "Hello, salmon"


def test_a_death_fails_only_the_call_that_the_process_worked_on(tmp_path: Path) -> None:
    with ProcessPool(2, tasks.set_greeting, "Hello") as pool:
        others = [pool.submit(tasks.meet, tmp_path, 2)]
        lethal = pool.submit(tasks.die_once, tmp_path / "died")
        others += [pool.submit(tasks.meet, tmp_path, 2) for _ in range(3)]
        with pytest.raises(LostWorkerError):
            lethal.result()
        assert len({call.result() for call in others}) == 2


def test_a_process_that_dies_while_it_is_idle_is_replaced() -> None:
    with ProcessPool(1, tasks.set_greeting, "Hello") as pool:
        process = pool.submit(os.getpid).result()
        os.kill(process, signal.SIGKILL)
        while is_alive(process):
            time.sleep(0.01)
        with suppress(LostWorkerError):  # if the call comes before the death is noticed
            pool.submit(tasks.greet, "trout").result()
        assert pool.submit(tasks.greet, "salmon").result() == "Hello, salmon"


def test_calls_that_were_not_started_are_cancelled_when_the_pool_is_closed(tmp_path: Path) -> None:
    with ProcessPool(1, tasks.set_greeting, "Hello") as pool:
        pool.submit(tasks.work_until, tmp_path / "finish")
        queued = [pool.submit(tasks.greet, "trout") for _ in range(20)]
        queued[-1].add_done_callback(lambda _: (tmp_path / "finish").touch())
    assert all(call.cancelled() for call in queued)


@pytest.fixture
def is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """End processes that do nothing for a moment."""
    monkeypatch.setattr(worker_process, "IDLE_LIMIT_S", 0.5)
    monkeypatch.setattr(worker_process, "_TICK_S", 0.05)


@pytest.mark.usefixtures("is_impatient")
def test_a_process_that_is_stopped_is_ended_and_replaced(tmp_path: Path) -> None:
    with ProcessPool(1, tasks.set_greeting, "Hello") as pool:
        call = pool.submit(tasks.stop_once, tmp_path / "stopped")
        with pytest.raises(LostWorkerError, match=r"a process was ended that had done nothing for"):
            call.result()
        assert is_ended(int((tmp_path / "stopped").read_text()))
        assert pool.submit(tasks.stop_once, tmp_path / "stopped").result() != os.getpid()


@pytest.mark.usefixtures("is_impatient")
def test_a_process_that_waits_for_ever_is_ended_and_one_that_works_is_not(tmp_path: Path) -> None:
    with ProcessPool(2, tasks.set_greeting, "Hello") as pool:
        deadlock = pool.submit(tasks.block, tmp_path / "blocked")
        work = pool.submit(tasks.work_until, tmp_path / "finish")
        with pytest.raises(LostWorkerError):
            deadlock.result()
        (tmp_path / "finish").touch()
        assert work.result() != os.getpid()


def test_after_an_error_no_call_is_waited_for(tmp_path: Path) -> None:
    """A process that is stopped ends, too."""
    with pytest.raises(KeyboardInterrupt), ProcessPool(2, tasks.set_greeting, "") as pool:  # noqa: PT012
        pool.submit(tasks.block, tmp_path / "blocked")
        pool.submit(tasks.stop_once, tmp_path / "stopped")
        tasks.wait_until((tmp_path / "blocked").exists)
        tasks.wait_until((tmp_path / "stopped").exists)
        raise KeyboardInterrupt
    assert is_ended(int((tmp_path / "stopped").read_text()))


def test_nothing_is_left_in_shared_memory() -> None:
    if not SHARED_MEMORY.exists():
        pytest.skip("shared memory has no folder here")
    before = set(SHARED_MEMORY.glob("psm_*"))
    with ProcessPool(1, tasks.set_greeting, "Hello" * 100_000) as pool:
        assert len(pool.submit(tasks.greet, "salmon").result()) == 500_008
        assert set(SHARED_MEMORY.glob("psm_*")) <= before


SCRIPT = """
import sys
import pool_tasks as tasks
from pytest_aquadata.jobs.process_pool import LostWorkerError, ProcessPool

print("begun", flush=True)
with ProcessPool(2, tasks.set_greeting, "Hello" * 100_000) as pool:
    if "fail" in sys.argv:
        sys.executable = "/bin/false"
    try:
        print(len(pool.submit(tasks.greet, "salmon").result()))
    except LostWorkerError:
        print("lost")
"""


def output_of(*arguments: str, stdin: str = "") -> list[str]:
    """Run Python, with warnings as errors; return the words that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not done.stderr
    return done.stdout.split()


def test_a_script_without_a_main_guard_is_not_imported_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    assert output_of(str(script)) == ["begun", "500008"]


def test_the_program_can_come_from_standard_input() -> None:
    assert output_of("-", stdin=SCRIPT) == ["begun", "500008"]


def test_a_process_that_dies_while_it_starts_is_lost() -> None:
    assert output_of("-c", SCRIPT, "fail") == ["begun", "lost"]


def test_no_process_is_left_when_the_pool_is_closed(tmp_path: Path) -> None:
    with ProcessPool(2, tasks.set_greeting, "") as pool:
        calls = [pool.submit(tasks.meet, tmp_path, 2) for _ in range(2)]
        pids = [call.result() for call in calls]
    assert not any(is_alive(pid) for pid in pids)


def test_processes_ignore_ctrl_c(tmp_path: Path) -> None:
    """A terminal sends SIGINT to all processes; only the owner of the pool reacts to it."""
    with ProcessPool(1, tasks.set_greeting, "Hello") as pool:
        os.kill(pool.submit(os.getpid).result(), signal.SIGINT)
        assert pool.submit(tasks.greet, "salmon").result() == "Hello, salmon"


OWNER = """
import sys
from pathlib import Path
import pool_tasks as tasks
from pytest_aquadata.jobs.process_pool import ProcessPool

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with ProcessPool(2, tasks.set_greeting, "") as pool:
        print(*(pool.submit(tasks.meet, folder, 1).result() for _ in range(1)), flush=True)
        pool.submit(tasks.block, folder / "blocked").result()
"""


def is_ended(pid: int) -> bool:
    return not is_alive(pid)


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("is_script", [True, False], ids=["script", "command"])
def test_processes_end_when_their_owner_is_killed(tmp_path: Path, is_script: bool) -> None:
    script = tmp_path / "owner.py"
    script.write_text(OWNER, encoding="utf-8")
    program = [str(script)] if is_script else ["-c", OWNER]
    with subprocess.Popen(
        [sys.executable, "-W", "error", *program, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        pids = [int(pid) for pid in owner.stdout.readline().split()]
        tasks.wait_until((tmp_path / "blocked").exists)
        owner.kill()
    assert len(pids) == 1
    tasks.wait_until(lambda: not any(is_alive(pid) for pid in pids))
