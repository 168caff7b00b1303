"""All checks, and how they are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

import sqlalchemy as sa

from ..errors import SettingError, StoreError
from ..schema import TABLES
from ..text import nearest
from .context import CheckContext
from .hard import HARD
from .model import Check, Report, Result
from .soft import SOFT

CHECKS: tuple[Check, ...] = (*HARD, *SOFT)
"""All checks, in the order in which they are listed."""

Progress = Callable[[Result, int, int], None]
"""Told of each result as it comes, with how many there are so far and will be."""

_CACHE_KIB = 65_536
"""Of SQLite, for all connections together; what a sort holds before it goes to a file, too."""
_MOST_AT_ONCE = 4


def run_checks(
    database: sa.Engine | sa.Connection,
    *,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
    at_once: int = 1,
) -> Report:
    """Check a database with AquaMind's schema. Nothing is changed in it.

    Args:
        database: an engine, or an open connection whose transaction the checks then share.
        only: names of checks, subjects, or kinds (`hard`, `soft`); all checks if None.
        progress: is told of each result.
        at_once: how many connections of an engine look at once, if all of them see the same.

    Raises:
        SettingError: when `only` holds a name there is not.
        StoreError: when the database lacks a table.
    """
    wanted, started = chosen(only), time.perf_counter()
    results: list[Result] = []
    with _connected(database, min(at_once, _MOST_AT_ONCE)) as connections:
        _refuse_other_schema(connections[0])
        for result in _results(wanted, connections):
            results.append(result)
            if progress is not None:
                progress(result, len(results), len(wanted))
    return Report(tuple(results), time.perf_counter() - started)


def _results(checks: Sequence[Check], connections: Sequence[sa.Connection]) -> Iterator[Result]:
    """What each check found, in their order, by all connections at once."""
    first = CheckContext(connections[0])
    if len(connections) == 1:
        yield from (_result(check, first) for check in checks)
        return
    free: SimpleQueue[CheckContext] = SimpleQueue()
    for connection in connections:
        free.put(CheckContext(connection, beside=first))

    def measure(check: Check) -> Result:
        context = free.get()
        try:
            return _result(check, context)
        finally:
            free.put(context)

    threads = ThreadPoolExecutor(len(connections), thread_name_prefix="aquadata-check")
    try:
        yield from threads.map(measure, checks)
    finally:
        threads.shutdown(cancel_futures=True)


def chosen(only: Collection[str] | None) -> tuple[Check, ...]:
    """The checks that names, subjects or kinds stand for.

    Raises:
        SettingError: for a name there is not.
    """
    if only is None:
        return CHECKS
    words = {check.name: {check.name, check.subject, check.kind} for check in CHECKS}
    known = sorted(set().union(*words.values()))
    for name in only:
        if name not in known:
            near = nearest(name, known, similarity=0.6)
            meant = f"did you mean {near}? " if near else ""
            raise SettingError(
                f"there is no check {name!r}: {meant}give the name of a check, a subject such as "
                "feed, or hard or soft"
            )
    return tuple(check for check in CHECKS if words[check.name] & set(only))


@contextmanager
def _connected(
    database: sa.Engine | sa.Connection, count: int
) -> Iterator[Sequence[sa.Connection]]:
    """The connection given, or so many of an engine's."""
    if isinstance(database, sa.Connection):
        yield [database]
        return
    with ExitStack() as held:
        connections = [held.enter_context(database.connect()) for _ in range(count)]
        if database.dialect.name == "sqlite":
            for connection in connections:
                held.enter_context(_cached(connection, _CACHE_KIB // count))
        yield connections


@contextmanager
def _cached(connection: sa.Connection, cache_kib: int) -> Iterator[None]:
    """A cache for the time of the checks on SQLite: the connection goes back to a pool."""
    kept = int(connection.exec_driver_sql("PRAGMA cache_size").scalar_one())
    connection.exec_driver_sql(f"PRAGMA cache_size = -{cache_kib}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {kept}")


def _refuse_other_schema(connection: sa.Connection) -> None:
    missing = sorted(TABLES.keys() - set(sa.inspect(connection).get_table_names()))
    if missing:
        raise StoreError(
            f"the database has no table {missing[0]}"
            + (f" and lacks {len(missing) - 1} more" if len(missing) > 1 else "")
            + "; give one with AquaMind's schema, such as `aquadata seed` makes"
        )


def _result(check: Check, context: CheckContext) -> Result:
    started = time.perf_counter()
    finding = check.measure(context)
    passed = None if finding.value is None else check.bound.holds(finding.value)
    return Result(
        check=check,
        passed=passed,
        value=finding.value,
        rows=finding.rows,
        total=finding.total,
        reason=finding.reason,
        seconds=time.perf_counter() - started,
    )
