"""The test, or the fixture of wider scope, for which rows are made at the moment.

The plugin sets it before the factories are imported, so this module imports nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class RowScope:
    """A test, or a fixture that outlives tests: its rows depend on what is made in it only.

    Attributes:
        subject: name of the test or fixture, the same in every order of tests and every process.
    """

    def __init__(self, subject: str = "") -> None:
        """Begin with nothing made."""
        self.subject = subject


class RowScopes:
    """The current scope of a process.

    Attributes:
        current: the scope for which rows are made.
    """

    def __init__(self) -> None:
        """Begin outside of tests."""
        self.current = RowScope()

    def begin_test(self, name: str) -> None:
        """Begin a test."""
        self.current = RowScope(name)

    @contextmanager
    def fixture(self, name: str) -> Iterator[None]:
        """Set up a fixture of wider scope than a test, and return to the test that asked for it."""
        outer = self.current
        self.current = RowScope(name)
        try:
            yield
        finally:
            self.current = outer


scopes = RowScopes()
