"""Progress of a build for people: a bar on a terminal, otherwise a plain line now and then."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Protocol, TextIO

_WORDS = {
    "feed": "keeping the feed ledger",
    "batches": "simulating",
    "indexes": "indexing",
    "checks": "checking",
}
"""Phases as a reader knows them; others are shown by name."""
SECONDS_BETWEEN_LINES = 5.0
"""Time between two plain lines about one build."""


class _Display(Protocol):
    """Shows how far a build is."""

    def start(self) -> None: ...

    def update(self, state: State) -> None: ...

    def note(self, line: str) -> None: ...

    def stop(self) -> None: ...


class State:
    """How far a build is."""

    def __init__(self) -> None:
        self.phase = ""
        self.done = 0
        self.total = 0
        self.rows = 0
        self.processes = 1
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since it began."""
        return time.monotonic() - self._started

    def __str__(self) -> str:
        """All but the time, in a line."""
        parts = [_WORDS.get(self.phase, self.phase)]
        if self.total:
            parts += [f"{self.done} of {self.total} batches", f"{self.rows:,} rows"]
        if self.processes > 1:
            parts.append(f"{self.processes} processes")
        return ", ".join(parts)


class TerminalProgress:
    """Tells a terminal, or a log, how far one build is; says nothing until a phase begins."""

    def __init__(
        self,
        stream: TextIO,
        *,
        before: Callable[[], object] = lambda: None,
        verbose: bool = False,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
    ) -> None:
        """Choose a bar or plain lines.

        Args:
            stream: where to write.
            before: called once, before the first thing is written.
            verbose: whether to write every note as well.
            seconds_between_lines: time between two plain lines.
        """
        self._before = before
        self._verbose = verbose
        self._stream = stream
        self._waited = -SECONDS_BETWEEN_LINES
        self._state = State()
        self._display: _Display
        if stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown"):
            self._display = _Bar(stream)
        else:
            self._display = _Lines(stream, self._state, seconds_between_lines)
        self._shown = False

    def waiting(self, builder: str) -> None:
        """This process waits for the one that builds; a line now and then."""
        now = time.monotonic()
        if now - self._waited >= SECONDS_BETWEEN_LINES:
            self._waited = now
            print(f"aquadata: waiting for {builder}", file=self._stream, flush=True)

    def phase(self, name: str) -> None:
        """A phase begins."""
        self._state.phase = name
        self._display.update(self._state)
        if not self._shown:
            self._shown = True
            self._before()
            self._display.start()

    def batches(self, done: int, total: int, rows: int) -> None:
        """So many batches are finished, with so many rows in all."""
        self._state.done, self._state.total, self._state.rows = done, total, rows
        if self._shown:
            self._display.update(self._state)

    def at_work(self, processes: int) -> None:
        """So many processes work on it."""
        self._state.processes = processes

    def note(self, line: str) -> None:
        """A line for those who want to know all."""
        if self._verbose and self._shown:
            self._display.note(f"aquadata: {line}")

    def close(self) -> None:
        """The build has ended, well or badly."""
        if self._shown:
            self._shown = False
            self._display.stop()


class _Lines:
    """A line at once and every few seconds, from a thread: some phases report nothing for long."""

    def __init__(self, stream: TextIO, state: State, seconds: float) -> None:
        self._stream = stream
        self._state = state
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="aquadata progress", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def update(self, state: State) -> None:
        """Leave it to the thread."""

    def note(self, line: str) -> None:
        print(line, file=self._stream, flush=True)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        while True:
            try:
                line = f"aquadata: {self._state}, {self._state.seconds:.0f} s"
                print(line, file=self._stream, flush=True)
            except (OSError, ValueError):
                return
            if self._ended.wait(self._seconds):
                return


class _Bar:
    """A bar that goes when the build ends."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self._task = self._progress.add_task("aquadata", total=None)

    def start(self) -> None:
        self._progress.start()

    def update(self, state: State) -> None:
        self._progress.update(
            self._task,
            description=f"aquadata: {state}",
            completed=state.done,
            total=state.total or None,
        )

    def note(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False)

    def stop(self) -> None:
        self._progress.stop()
