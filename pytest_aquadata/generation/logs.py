"""Logs of a build: one of the whole, and one of each batch with stages, row counts and digests."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..datasets.manifest import PartEntry
from ..errors import StoreError
from ..files import write_atomically
from ..lifecycle.plan import BatchPlan
from .batch_runner import FailedBatch

_RUN_LOG = "run.log"


class BuildLog:
    """Writes log files, if there is a folder for them, and passes on every line of the run."""

    def __init__(self, folder: Path | None, on_line: Callable[[str], object]) -> None:
        """Start an empty log of the run; files of an earlier build are overwritten.

        Args:
            folder: folder of the files, created if missing; None to write none.
            on_line: called with every line of the log of the run.

        Raises:
            StoreError: when the folder cannot be written.
        """
        self._folder = folder
        self._on_line = on_line
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(folder / _RUN_LOG, "")
        except OSError as error:
            raise StoreError(
                f"cannot write logs into {folder}: {error.strerror}; give another --log-dir"
            ) from error

    def run(self, line: str) -> None:
        """Add a line to the log of the run."""
        self._on_line(line)
        if self._folder is not None:
            # a link that has taken its place is not followed
            file = os.open(self._folder / _RUN_LOG, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
            with os.fdopen(file, "a", encoding="utf-8") as log:
                log.write(line + "\n")

    def part(self, entry: PartEntry) -> None:
        """Log one loaded part."""
        self.run(f"{entry.name}: {entry.rows:,} rows in {entry.seconds:.2f} s")

    @property
    def advice(self) -> str:
        """Return advice for an error message: where the logs are, or how to get them."""
        if self._folder is None:
            return "--log-dir=DIR keeps a log of each"
        return f"see the logs in {self._folder}"

    def failure(self, failed: FailedBatch) -> None:
        """Log a batch that failed at every attempt, with its traceback."""
        self.run(f"{failed.name}: failed after {failed.tries} tries: {failed.reason}")
        self._write(
            failed.name, [failed.reason, "".join(traceback.format_exception(failed.error)).rstrip()]
        )

    def batch(self, plan: BatchPlan, entry: PartEntry) -> None:
        """Log one loaded batch."""
        self.part(entry)
        self._write(entry.name, _batch_lines(plan, entry))

    def _write(self, name: str, lines: Iterable[str]) -> None:
        if self._folder is not None:
            write_atomically(self._folder / f"{name}.log", "\n".join(lines) + "\n")


def _batch_lines(plan: BatchPlan, entry: PartEntry) -> Iterator[str]:
    yield f"{plan.number} in {plan.geography}: {plan.eggs:,} eggs ordered for {plan.starts}"
    yield from _stay_lines(plan)
    yield (
        f"harvest from {plan.harvest_starts} to {plan.ends}, at {plan.harvest_weight_g:,} g planned"
    )
    for name, written in sorted(entry.tables.items()):
        yield f"{name}: {written.rows:,} rows, digest {written.digest}"
    yield f"{entry.rows:,} rows in {entry.seconds:.2f} s"


def _stay_lines(plan: BatchPlan) -> Sequence[str]:
    return [
        f"stage {stay.stage}: {stay.site}, {len(stay.places)} containers, "
        f"{stay.arrives} to {stay.leaves}"
        for stay in plan.stays
    ]
