"""SQLite statements that a signal ends early; one may take minutes.

While SQLite runs a statement, Python calls no handler of a signal. So SQLite calls a function of
Python every few milliseconds. The handlers of the program are called when the statement has ended,
since an exception in that function would be lost.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event

from ..signals import signals_deferred

_INSTRUCTIONS = 100_000
"""Instructions of SQLite's virtual machine between two calls, about ten milliseconds."""


@contextmanager
def interruptible(connections: Iterable[sqlite3.Connection]) -> Iterator[Callable[[], None]]:
    """End the statements of a block when Ctrl-C, SIGTERM or SIGHUP arrives.

    Their handlers are called when the block has ended. Yields a function that ends the statements,
    too; statements that begin later end at once.

    Raises:
        sqlite3.OperationalError: when they were ended, and no handler has raised anything else.
    """
    ended, watched = Event(), list(connections)
    for connection in watched:
        connection.set_progress_handler(ended.is_set, _INSTRUCTIONS)
    try:
        with signals_deferred(ended.set):
            yield ended.set
    finally:
        for connection in watched:
            connection.set_progress_handler(None, 0)
