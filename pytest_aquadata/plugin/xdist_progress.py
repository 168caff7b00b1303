"""Progress under pytest-xdist: workers leave word in a folder, the controller writes it out."""

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
_STATE, _NOTES, _WAITING = ".state", ".notes", "waiting"


class RelayedProgress:
    """What a worker tells of one build it leads."""

    def __init__(self, folder: Path, worker: str, what: str) -> None:
        """Name the files; nothing is written until a phase begins.

        Args:
            folder: that the controller watches.
            worker: name of this worker.
            what: what is built.
        """
        self._file = folder / f"{worker}{_STATE}"
        self._notes = folder / f"{worker}{_NOTES}"
        self._what = what
        self._since = time.time()
        self._state = ProgressState()

    def waiting(self, builder: str) -> None:
        """This process waits for the one that builds; all workers say so in one place."""
        with suppress(OSError):
            self._file.with_name(_WAITING).write_text(builder, encoding="utf-8")

    def phase(self, name: str) -> None:
        """A phase begins."""
        self._state.phase = name
        self._leave_word()

    def at_work(self, processes: int) -> None:
        """So many processes work on it."""
        self._state.processes = processes

    def batches(self, done: int, total: int, rows: int) -> None:
        """So many batches are finished, with so many rows in all."""
        self._state.done, self._state.total, self._state.rows = done, total, rows
        self._leave_word()

    def note(self, line: str) -> None:
        """A line for those who want to know all."""
        with suppress(OSError), self._notes.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def close(self) -> None:
        """The build has ended, well or badly."""
        self._file.unlink(missing_ok=True)

    def _leave_word(self) -> None:
        """Say how far it is, if it can be said: the build does not depend on it."""
        word = {"what": self._what, "state": str(self._state), "since": self._since}
        with suppress(OSError):
            write_atomically(self._file, json.dumps(word))


class Watcher:
    """Writes out what the workers leave word of: a line a build at once and every few seconds."""

    def __init__(self, folder: Path, write: Callable[[str], object], verbose: bool) -> None:
        """Choose what to watch.

        Args:
            folder: where the workers leave word.
            write: writes a line.
            verbose: whether to write every note as well.
        """
        self._folder = folder
        self._write = write
        self._verbose = verbose
        self._told: dict[str, float] = {}
        self._read: dict[Path, int] = {}
        self._waited = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="aquadata watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def forget(self, worker: str) -> None:
        """A worker is no more; if it died it could not say that its build has ended."""
        (self._folder / f"{worker}{_STATE}").unlink(missing_ok=True)

    def stop(self) -> None:
        """End, with the notes that are left."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        with suppress(OSError, ValueError):
            while not self._ended.wait(_POLL_S):
                self._tell()
            self._tell()

    def _tell(self) -> None:
        if self._verbose:
            for file in sorted(self._folder.glob(f"*{_NOTES}")):
                self._tell_notes(file)
        with suppress(FileNotFoundError):
            self._tell_waiting(self._folder / _WAITING)
        for file in sorted(self._folder.glob(f"*{_STATE}")):
            with suppress(FileNotFoundError):
                self._tell_state(file.stem, json.loads(file.read_text(encoding="utf-8")))

    def _tell_waiting(self, file: Path) -> None:
        said = file.stat().st_mtime
        if said - self._waited >= SECONDS_BETWEEN_LINES and (builder := file.read_text("utf-8")):
            self._waited = said
            self._write(f"aquadata: waiting for {builder}")

    def _tell_notes(self, file: Path) -> None:
        start = self._read.get(file, 0)
        with file.open("rb") as notes:
            notes.seek(start)
            whole = notes.read().rpartition(b"\n")[0]
        if whole:
            self._read[file] = start + len(whole) + 1
            for line in whole.decode().splitlines():
                self._write(f"aquadata: {line}")

    def _tell_state(self, worker: str, word: dict[str, str]) -> None:
        build = f"{worker} {word['since']}"
        now = time.monotonic()
        if now - self._told.get(build, -SECONDS_BETWEEN_LINES) < SECONDS_BETWEEN_LINES:
            return
        self._told[build] = now
        seconds = time.time() - float(word["since"])
        self._write(f"aquadata: {word['what']} on {worker}: {word['state']}, {seconds:.0f} s")
