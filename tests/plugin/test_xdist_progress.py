"""Progress under pytest-xdist: what workers leave word of is written out by the controller."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_aquadata.plugin import xdist_progress as relay
from pytest_aquadata.plugin.xdist_progress import RelayedProgress, Watcher


class Terminal(list[str]):
    """Lines that were written."""

    def until(self, true: Callable[[str], object]) -> str:
        """The first line of a kind; wait for it."""
        give_up = time.monotonic() + 60
        while not (found := list(filter(true, self))):
            assert time.monotonic() < give_up, self
            time.sleep(0.01)
        return found[0]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture(params=[False, True], ids=["short", "verbose"])
def verbose(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def watcher(
    tmp_path: Path, terminal: Terminal, verbose: bool, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watcher]:
    monkeypatch.setattr(relay, "_POLL_S", 0.01)
    monkeypatch.setattr(relay, "SECONDS_BETWEEN_LINES", 0.1)
    watcher = Watcher(tmp_path, terminal.append, verbose)
    watcher.start()
    yield watcher
    watcher.stop()


def test_every_worker_that_leads_a_build_has_its_lines(
    tmp_path: Path, terminal: Terminal, watcher: Watcher
) -> None:
    for worker, what in (("gw0", "small"), ("gw7", "medium")):
        progress = RelayedProgress(tmp_path, worker, what)
        progress.phase("batches")
        progress.at_work(3)
        progress.batches(2, 8, 12_345)
    terminal.until(
        "aquadata: small on gw0: simulating, 2 of 8 batches, 12,345 rows, 3 processes, 0 s".__eq__
    )
    terminal.until(lambda line: line.startswith("aquadata: medium on gw7: simulating, 2 of 8"))


def test_lines_go_on_while_nothing_happens_and_end_with_the_build(
    tmp_path: Path, terminal: Terminal, watcher: Watcher
) -> None:
    progress = RelayedProgress(tmp_path, "gw0", "small")
    progress.phase("indexes")
    give_up = time.monotonic() + 60
    while len(terminal) < 3:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    progress.close()
    watcher.stop()
    assert all(line.startswith("aquadata: small on gw0: indexing, ") for line in terminal)
    assert not list(tmp_path.glob("*.state"))


def test_workers_that_wait_for_another_run_say_so_in_one_line(
    tmp_path: Path, terminal: Terminal, watcher: Watcher
) -> None:
    for worker in ("gw0", "gw1"):
        RelayedProgress(tmp_path, worker, "small").waiting("process 7 (gw0, begun 3 s ago)")
    terminal.until("aquadata: waiting for process 7 (gw0, begun 3 s ago)".__eq__)
    watcher.stop()
    assert len(terminal) == 1


def test_a_worker_that_died_is_forgotten(
    tmp_path: Path, terminal: Terminal, watcher: Watcher
) -> None:
    RelayedProgress(tmp_path, "gw0", "small").phase("checks")
    terminal.until(lambda line: "checking" in line)
    watcher.forget("gw0")
    assert list(tmp_path.iterdir()) == []


def test_notes_are_for_those_who_want_to_know_all(
    tmp_path: Path, terminal: Terminal, watcher: Watcher, verbose: bool
) -> None:
    progress = RelayedProgress(tmp_path, "gw0", "small")
    for note in ("farm: 3 rows in 0.1 s", "Føroyar-001: 4 rows in 0.2 s"):
        progress.note(note)
    watcher.stop()
    notes = ["aquadata: farm: 3 rows in 0.1 s", "aquadata: Føroyar-001: 4 rows in 0.2 s"]
    assert terminal == (notes if verbose else [])


def test_a_build_does_not_depend_on_being_heard(tmp_path: Path) -> None:
    progress = RelayedProgress(tmp_path / "gone", "gw0", "small")
    progress.phase("feed")
    progress.batches(1, 2, 3)
    progress.note("a line")
    progress.close()
