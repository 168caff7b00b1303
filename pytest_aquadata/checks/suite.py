"""The check suite: all checks, and `run_checks`, which runs them on a database."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

import sqlalchemy as sa

from ..databases.dialect import dialect_of
from ..errors import SettingError, StoreError
from ..presets.farm import Farm, load_farm
from ..schema import TABLES
from ..text import nearest
from .context import CheckContext
from .hard import HARD
from .model import Check, Report, Result
from .soft import SOFT

CHECKS: tuple[Check, ...] = (*HARD, *SOFT)
"""All checks, in the order of the report."""

Progress = Callable[[Result, int, int], None]
"""Called with each result, the number of results so far and the number of checks."""

_CACHE_KIB = 65_536
"""Cache of a database in a file, shared by all connections; a larger sort uses a file."""
_MOST_CONNECTIONS = 4
_TYPO_SIMILARITY = 0.6


def run_checks(
    database: sa.Engine | sa.Connection,
    *,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
    at_once: int = 1,
    farm: Farm | None = None,
) -> Report:
    """Check a database with AquaMind's schema; nothing in it is changed.

    Args:
        database: an engine, or an open connection, in whose transaction the checks then run.
        only: names of checks, subjects, or kinds (`hard`, `soft`); all checks if None.
        progress: called with each result.
        at_once: connections of an engine to use at the same time, if all see the same data.
        farm: farm whose rules the soft checks apply, such as the one the database was built for;
            the standard farm if None.

    Raises:
        SettingError: when `only` contains a name that does not exist.
        StoreError: when the database lacks a table.
    """
    checks, started = selected_checks(only), time.perf_counter()
    results: list[Result] = []
    with _connections(database, min(at_once, _MOST_CONNECTIONS)) as connections:
        _refuse_other_schema(connections[0])
        for result in _results(checks, connections, farm or load_farm()):
            results.append(result)
            if progress is not None:
                progress(result, len(results), len(checks))
    return Report(tuple(results), time.perf_counter() - started)


def _results(
    checks: Sequence[Check], connections: Sequence[sa.Connection], farm: Farm
) -> Iterator[Result]:
    """Yield the result of each check in order; one thread a connection."""
    first = CheckContext(connections[0], farm)
    if len(connections) == 1:
        for check in checks:
            with dialect_of(connections[0]).interruptible(connections):
                result = _result(check, first)
            yield result
        return
    idle: SimpleQueue[CheckContext] = SimpleQueue()
    for connection in connections:
        idle.put(CheckContext(connection, farm, share_with=first))

    def run(check: Check) -> Result:
        context = idle.get()
        try:
            return _result(check, context)
        finally:
            idle.put(context)

    threads = ThreadPoolExecutor(len(connections), thread_name_prefix="aquadata-check")
    with dialect_of(connections[0]).interruptible(connections) as end:
        try:
            yield from threads.map(run, checks)
        except BaseException:
            end()
            raise
        finally:
            threads.shutdown(cancel_futures=True)


def selected_checks(only: Collection[str] | None) -> tuple[Check, ...]:
    """Return the checks with these names, subjects or kinds; all if None.

    Raises:
        SettingError: for a name that does not exist.
    """
    if only is None:
        return CHECKS
    words = {check.name: {check.name, check.subject, check.kind} for check in CHECKS}
    valid = sorted(set().union(*words.values()))
    for name in only:
        if name not in valid:
            similar = nearest(name, valid, _TYPO_SIMILARITY)
            hint = f"did you mean {similar}? " if similar else ""
            raise SettingError(
                f"there is no check {name!r}: {hint}give the name of a check, a subject such as "
                "feed, or hard or soft"
            )
    return tuple(check for check in CHECKS if words[check.name] & set(only))


@contextmanager
def _connections(
    database: sa.Engine | sa.Connection, count: int
) -> Iterator[Sequence[sa.Connection]]:
    """Yield the given connection, or `count` new ones of an engine."""
    if isinstance(database, sa.Connection):
        yield [database]
        return
    with ExitStack() as stack:
        connections = [stack.enter_context(database.connect()) for _ in range(count)]
        dialect = dialect_of(database)
        for connection in connections:
            stack.enter_context(dialect.page_cache(connection, _CACHE_KIB // count))
        yield connections


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
    finding = check.find(context)
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
