"""Events of a session after which rows that are remembered may not be its own any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

_EVENTS = (
    "after_soft_rollback",
    "persistent_to_deleted",
    "persistent_to_detached",
    "persistent_to_transient",
)
"""A rollback, a deleted row, a row that is expunged or whose session is closed, a transient one."""


class SessionEvents:
    """Calls back when a session loses rows."""

    def __init__(self, callback: Callable[[], None]) -> None:
        """Follow no session yet.

        Args:
            callback: is called at each event.
        """
        self._callback = callback
        self._session: Session | None = None

    def follow(self, session: Session) -> None:
        """Follow a session, and no other."""
        if session is not self._session:
            self.stop()
            self._session = session
            for name in _EVENTS:
                event.listen(session, name, self._call)

    def stop(self) -> None:
        """Follow no session."""
        if self._session is not None:
            for name in _EVENTS:
                event.remove(self._session, name, self._call)
            self._session = None

    def _call(self, *_: Any) -> None:
        self._callback()
