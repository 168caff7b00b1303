"""Signals during a build: their handlers are called when a batch is complete."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_aquadata.signals import ended_in_order, signals_deferred


class TimeLimitError(Exception):
    """What a handler raises."""


@pytest.fixture
def limit() -> Iterator[None]:
    """A handler of SIGALRM that raises an error."""

    def reach_limit(*_: object) -> None:
        raise TimeLimitError

    before = signal.signal(signal.SIGALRM, reach_limit)
    yield
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("limit")
def test_a_handler_is_called_when_the_block_ends() -> None:
    steps = []
    with pytest.raises(TimeLimitError), signals_deferred():  # noqa: PT012
        with suppress(TimeLimitError):
            os.kill(os.getpid(), signal.SIGALRM)
            steps.append("after the signal")
        steps.append("at the end")
    assert steps == ["after the signal", "at the end"]
    with pytest.raises(TimeLimitError):
        signal.raise_signal(signal.SIGALRM)


@pytest.mark.usefixtures("limit")
def test_a_handler_that_raises_takes_precedence_over_an_error_of_the_block() -> None:
    with pytest.raises(TimeLimitError), signals_deferred():  # noqa: PT012
        signal.raise_signal(signal.SIGALRM)
        raise ArithmeticError


def test_without_a_signal_nothing_changes() -> None:
    before = signal.getsignal(signal.SIGINT)
    with signals_deferred():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_in_a_thread_signals_are_left_alone() -> None:
    errors: list[BaseException] = []

    def block() -> None:
        try:
            with signals_deferred(), ended_in_order():
                pass
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=block)
    thread.start()
    thread.join()
    assert errors == []


ORDERLY = """
import signal, sys
from pathlib import Path
from pytest_aquadata.signals import ended_in_order
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores it
try:
    with ended_in_order():
        try:
            print("begun", flush=True)
            sys.stdin.read()
        finally:
            Path(sys.argv[1]).touch()
finally:
    Path(sys.argv[1] + "-after").touch()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_is_told_to_end_cleans_up_and_ends(
    tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ORDERLY, str(tmp_path / "cleaned")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.wait(60) == -number
    assert [path.name for path in tmp_path.iterdir()] == ["cleaned"]


def test_a_handler_of_the_program_stays() -> None:
    def handle(*_: object) -> None:
        """Do nothing."""

    before = signal.signal(signal.SIGTERM, handle)
    try:
        with ended_in_order():
            assert signal.getsignal(signal.SIGTERM) is handle
    finally:
        signal.signal(signal.SIGTERM, before)
