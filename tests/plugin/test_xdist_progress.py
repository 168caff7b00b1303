"""Progress under pytest-xdist: workers write progress files, the controller prints them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_aquadata.plugin import xdist_progress
from pytest_aquadata.plugin.xdist_progress import ProgressPrinter, WorkerProgress


class Terminal(list[str]):
    """Lines that were printed."""

    def wait_for(self, matches: Callable[[str], object]) -> str:
        """Return the first line that matches; wait for it."""
        deadline = time.monotonic() + 60
        while not (lines := list(filter(matches, self))):
            assert time.monotonic() < deadline, self
            time.sleep(0.01)
        return lines[0]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture(params=[False, True], ids=["short", "verbose"])
def verbose(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def printer(
    tmp_path: Path, terminal: Terminal, verbose: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ProgressPrinter]:
    monkeypatch.setattr(xdist_progress, "_POLL_S", 0.01)
    monkeypatch.setattr(xdist_progress, "SECONDS_BETWEEN_LINES", 0.1)
    printer = ProgressPrinter(tmp_path, terminal.append, verbose)
    printer.start()
    yield printer
    printer.stop()


def test_each_worker_that_leads_a_build_has_its_lines(
    tmp_path: Path, terminal: Terminal, printer: ProgressPrinter
) -> None:
    for worker, preset in (("gw0", "small"), ("gw7", "medium")):
        progress = WorkerProgress(tmp_path, worker, preset)
        progress.phase("batches")
        progress.at_work(3)
        progress.batches(2, 8, 12_345)
    terminal.wait_for(
        "aquadata: small on gw0: simulating, 2 of 8 batches, 12,345 rows, 3 processes, 0 s".__eq__
    )
    terminal.wait_for(lambda line: line.startswith("aquadata: medium on gw7: simulating, 2 of 8"))


def test_lines_are_repeated_until_the_build_ends(
    tmp_path: Path, terminal: Terminal, printer: ProgressPrinter
) -> None:
    progress = WorkerProgress(tmp_path, "gw0", "small")
    progress.phase("indexes")
    deadline = time.monotonic() + 60
    while len(terminal) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    progress.close()
    printer.stop()
    assert all(line.startswith("aquadata: small on gw0: indexing, ") for line in terminal)
    assert not list(tmp_path.glob("*.state"))


def test_workers_that_wait_for_another_run_share_one_line(
    tmp_path: Path, terminal: Terminal, printer: ProgressPrinter
) -> None:
    for worker in ("gw0", "gw1"):
        WorkerProgress(tmp_path, worker, "small").waiting("process 7 (gw0, begun 3 s ago)")
    terminal.wait_for("aquadata: waiting for process 7 (gw0, begun 3 s ago)".__eq__)
    printer.stop()
    assert len(terminal) == 1


def test_the_state_file_of_a_crashed_worker_is_removed(
    tmp_path: Path, terminal: Terminal, printer: ProgressPrinter
) -> None:
    WorkerProgress(tmp_path, "gw0", "small").phase("checks")
    terminal.wait_for(lambda line: "checking" in line)
    printer.remove_worker("gw0")
    assert list(tmp_path.iterdir()) == []


def test_log_lines_are_printed_in_verbose_runs_only(
    tmp_path: Path, terminal: Terminal, printer: ProgressPrinter, verbose: bool
) -> None:
    progress = WorkerProgress(tmp_path, "gw0", "small")
    for line in ("farm: 3 rows in 0.1 s", "Føroyar-001: 4 rows in 0.2 s"):
        progress.log(line)
    printer.stop()
    lines = ["aquadata: farm: 3 rows in 0.1 s", "aquadata: Føroyar-001: 4 rows in 0.2 s"]
    assert terminal == (lines if verbose else [])


def test_a_missing_folder_does_not_stop_a_build(tmp_path: Path) -> None:
    progress = WorkerProgress(tmp_path / "gone", "gw0", "small")
    progress.phase("feed")
    progress.batches(1, 2, 3)
    progress.log("a line")
    progress.close()
