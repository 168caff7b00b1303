"""Progress under pytest-xdist: workers write progress files, the controller prints them.

In the folder of the run, a worker that builds has a state file (JSON, replaced at each step) and a
log file (one line per message). All workers that wait for another run share one file.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..files import write_atomically
from ..generation.progress_display import SECONDS_BETWEEN_LINES, ProgressState

_POLL_S = 0.25
_STATE, _LOG, _NOTICES, _WAITING = ".state", ".log", ".notices", "waiting"


class WorkerProgress:
    """Writes the progress of a build that this worker leads; a build never fails because of it."""

    def __init__(self, folder: Path, worker: str, name: str) -> None:
        """Choose the files; they are written when a phase begins.

        Args:
            folder: folder that the controller reads.
            worker: name of this worker, such as `gw0`.
            name: name of the preset or schedule.
        """
        self._state_file = folder / f"{worker}{_STATE}"
        self._log_file = folder / f"{worker}{_LOG}"
        self._notices_file = folder / f"{worker}{_NOTICES}"
        self._waiting_file = folder / _WAITING
        self._name = name
        self._since = time.time()
        self._state = ProgressState()

    def waiting(self, builder: str) -> None:
        """Write which process of another run this one waits for."""
        with suppress(OSError):
            self._waiting_file.write_text(builder, encoding="utf-8")

    def phase(self, name: str) -> None:
        """Begin a phase."""
        self._state.phase = name
        self._write_state()

    def at_work(self, processes: int) -> None:
        """Set the number of processes that work on the build."""
        self._state.processes = processes

    def batches(self, done: int, total: int, rows: int) -> None:
        """Set the number of finished batches, and of rows in all."""
        self._state.done, self._state.total, self._state.rows = done, total, rows
        self._write_state()

    def log(self, line: str) -> None:
        """Append a line that verbose runs print."""
        _append(self._log_file, line)

    def notice(self, line: str) -> None:
        """Append a line that is always printed."""
        _append(self._notices_file, line)

    def close(self) -> None:
        """Remove the state file: the build has ended."""
        self._state_file.unlink(missing_ok=True)

    def _write_state(self) -> None:
        values = {"name": self._name, "state": str(self._state), "since": self._since}
        with suppress(OSError):
            write_atomically(self._state_file, json.dumps(values))


def _append(file: Path, line: str) -> None:
    with suppress(OSError), file.open("a", encoding="utf-8") as lines:
        lines.write(line + "\n")


class ProgressPrinter:
    """Prints the workers' progress from a thread: one line per build every few seconds."""

    def __init__(self, folder: Path, write_line: Callable[[str], object], verbose: bool) -> None:
        """Choose the folder; the thread starts with `start`.

        Args:
            folder: folder of the progress files.
            write_line: writes a line to the terminal.
            verbose: print every line of the log as well.
        """
        self._folder = folder
        self._write_line = write_line
        self._verbose = verbose
        self._printed_at: dict[str, float] = {}
        self._bytes_printed: dict[Path, int] = {}
        self._waiting_printed_at = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aquadata progress", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def remove_worker(self, worker: str) -> None:
        """Remove the state file of a worker that has ended; it may have crashed in a build."""
        (self._folder / f"{worker}{_STATE}").unlink(missing_ok=True)

    def stop(self) -> None:
        """Print the remaining lines of the logs, and stop the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        with suppress(OSError, ValueError):
            while not self._stopped.wait(_POLL_S):
                self._print_all()
            self._print_all()

    def _print_all(self) -> None:
        for kind in (_NOTICES, _LOG) if self._verbose else (_NOTICES,):
            for file in sorted(self._folder.glob(f"*{kind}")):
                self._print_log(file)
        with suppress(FileNotFoundError):
            self._print_waiting(self._folder / _WAITING)
        for file in sorted(self._folder.glob(f"*{_STATE}")):
            with suppress(FileNotFoundError):
                self._print_state(file.stem, json.loads(file.read_text(encoding="utf-8")))

    def _print_waiting(self, file: Path) -> None:
        written_at = file.stat().st_mtime
        if written_at - self._waiting_printed_at < SECONDS_BETWEEN_LINES:
            return
        if builder := file.read_text(encoding="utf-8"):
            self._waiting_printed_at = written_at
            self._write_line(f"aquadata: waiting for {builder}")

    def _print_log(self, file: Path) -> None:
        """Print the complete lines that were added since the last time."""
        start = self._bytes_printed.get(file, 0)
        with file.open("rb") as log:
            log.seek(start)
            lines = log.read().rpartition(b"\n")[0]
        if lines:
            self._bytes_printed[file] = start + len(lines) + 1
            for line in lines.decode().splitlines():
                self._write_line(f"aquadata: {line}")

    def _print_state(self, worker: str, values: dict[str, str]) -> None:
        build = f"{worker} {values['since']}"
        now = time.monotonic()
        if now - self._printed_at.get(build, -SECONDS_BETWEEN_LINES) < SECONDS_BETWEEN_LINES:
            return
        self._printed_at[build] = now
        seconds = time.time() - float(values["since"])
        self._write_line(
            f"aquadata: {values['name']} on {worker}: {values['state']}, {seconds:.0f} s"
        )
