"""The interface through which a build reports its progress."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the progress of a build."""

    def waiting(self, builder: str) -> None:
        """Report that this process waits for another one that builds; called repeatedly."""

    def phase(self, name: str) -> None:
        """Report the start of a phase: `feed`, `batches`, `indexes` or `checks`."""

    def at_work(self, processes: int) -> None:
        """Report how many processes simulate."""

    def batches(self, done: int, total: int, rows: int) -> None:
        """Report how many batches are loaded, and the rows loaded so far."""

    def log(self, line: str) -> None:
        """Report a line of the log; shown with `-v`."""

    def notice(self, line: str) -> None:
        """Report a line that is always shown; before the first phase."""

    def close(self) -> None:
        """Report that the build has ended or failed."""


class Silent:
    """Progress that is not shown."""

    def waiting(self, builder: str) -> None:
        """Ignore that this process waits."""

    def phase(self, name: str) -> None:
        """Ignore a phase."""

    def at_work(self, processes: int) -> None:
        """Ignore the number of processes."""

    def batches(self, done: int, total: int, rows: int) -> None:
        """Ignore loaded batches."""

    def log(self, line: str) -> None:
        """Ignore a line of the log."""

    def notice(self, line: str) -> None:
        """Ignore a line."""

    def close(self) -> None:
        """Ignore the end."""
