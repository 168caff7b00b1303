"""Progress of a build: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TextIO

from ..text import encodable

_PHASE_NAMES = {
    "feed": "keeping the feed ledger",
    "batches": "simulating",
    "indexes": "indexing",
    "checks": "checking",
}
"""Names of phases for people; others are shown as they are."""
SECONDS_BETWEEN_LINES = 5.0
"""Time between two lines about one build."""


def _shows_bars(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that can redraw a line and has the bar's characters."""
    is_utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return is_utf8 and stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


class _Display(Protocol):
    """Shows the state of a build."""

    def start(self) -> None: ...

    def update(self, state: ProgressState) -> None: ...

    def log(self, line: str) -> None: ...

    def stop(self) -> None: ...


class ProgressState:
    """Phase, loaded batches and rows of a build."""

    def __init__(self) -> None:
        self.phase = ""
        self.done = 0
        self.total = 0
        self.rows = 0
        self.processes = 1
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return the time since the build began."""
        return time.monotonic() - self._started

    def __str__(self) -> str:
        """Return everything except the time, in one line."""
        parts = [_PHASE_NAMES.get(self.phase, self.phase)]
        if self.total:
            parts += [f"{self.done} of {self.total} batches", f"{self.rows:,} rows"]
        if self.processes > 1:
            parts.append(f"{self.processes} processes")
        return ", ".join(parts)


def _write_line(stream: TextIO, line: str) -> None:
    """Write a line; escape characters that the stream lacks, and ignore a closed stream."""
    with suppress(OSError, ValueError):
        print(encodable(line, stream), file=stream, flush=True)


class TerminalProgress:
    """Shows one build on a terminal or in a log, from its first phase on."""

    def __init__(
        self,
        stream: TextIO | None,
        *,
        before: Callable[[], object] = lambda: None,
        verbose: bool = False,
        seconds_between_lines: float = SECONDS_BETWEEN_LINES,
    ) -> None:
        """Choose a bar or plain lines.

        Args:
            stream: terminal or file; None, if the process has no standard output, for neither.
            before: called once, before anything is written.
            verbose: also write every line of the log.
            seconds_between_lines: time between two lines.
        """
        stream = io.StringIO() if stream is None else stream
        self._before = before
        self._verbose = verbose
        self._stream = stream
        self._last_waiting = -SECONDS_BETWEEN_LINES
        self._state = ProgressState()
        self._display: _Display
        if _shows_bars(stream):
            self._display = _Bar(stream)
        else:
            self._display = _Lines(stream, self._state, seconds_between_lines)
        self._shown = False

    def waiting(self, builder: str) -> None:
        """Write a line every few seconds while this process waits."""
        now = time.monotonic()
        if now - self._last_waiting >= SECONDS_BETWEEN_LINES:
            self._last_waiting = now
            _write_line(self._stream, f"aquadata: waiting for {builder}")

    def phase(self, name: str) -> None:
        """Show a phase; the first one starts the display."""
        self._state.phase = name
        self._display.update(self._state)
        if not self._shown:
            self._shown = True
            self._before()
            self._display.start()

    def batches(self, done: int, total: int, rows: int) -> None:
        """Show how many batches and rows are loaded."""
        self._state.done, self._state.total, self._state.rows = done, total, rows
        if self._shown:
            self._display.update(self._state)

    def at_work(self, processes: int) -> None:
        """Show how many processes simulate."""
        self._state.processes = processes

    def log(self, line: str) -> None:
        """Write a line of the log, if verbose."""
        if self._verbose and self._shown:
            self._display.log(f"aquadata: {line}")

    def notice(self, line: str) -> None:
        """Write a line."""
        self._before()
        print(f"aquadata: {line}", file=self._stream, flush=True)

    def close(self) -> None:
        """Stop the display."""
        if self._shown:
            self._shown = False
            self._display.stop()


class _Lines:
    """Writes a line at once and every few seconds, in a thread: some phases report nothing."""

    def __init__(self, stream: TextIO, state: ProgressState, seconds: float) -> None:
        self._stream = stream
        self._state = state
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._write, name="aquadata progress", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def update(self, state: ProgressState) -> None:
        """Do nothing: the thread reads the state."""

    def log(self, line: str) -> None:
        _write_line(self._stream, line)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _write(self) -> None:
        while True:
            _write_line(self._stream, f"aquadata: {self._state}, {self._state.seconds:.0f} s")
            if self._ended.wait(self._seconds):
                return


class _Bar:
    """Shows a bar, and removes it when the build ends."""

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

    def update(self, state: ProgressState) -> None:
        self._progress.update(
            self._task,
            description=f"aquadata: {state}",
            completed=state.done,
            total=state.total or None,
        )

    def log(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False)

    def stop(self) -> None:
        self._progress.stop()
