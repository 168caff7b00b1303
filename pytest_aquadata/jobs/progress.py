"""How a build tells how far it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told of a build's progress."""

    def waiting(self, builder: str) -> None:
        """This process waits for the one that builds; told again and again."""

    def phase(self, name: str) -> None:
        """A phase begins, such as `simulating`."""

    def at_work(self, processes: int) -> None:
        """So many processes work on it now."""

    def batches(self, done: int, total: int, rows: int) -> None:
        """So many batches are finished, with so many rows in all."""

    def note(self, line: str) -> None:
        """A line of the log, for those who want to know all."""

    def close(self) -> None:
        """The build has ended, well or badly."""


class Silent:
    """Tells nobody."""

    def waiting(self, builder: str) -> None:
        """Wait."""

    def phase(self, name: str) -> None:
        """Begin a phase."""

    def at_work(self, processes: int) -> None:
        """Count processes."""

    def batches(self, done: int, total: int, rows: int) -> None:
        """Count finished batches."""

    def note(self, line: str) -> None:
        """Note a line."""

    def close(self) -> None:
        """End."""
