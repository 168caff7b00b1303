"""All checks, and how they are run."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from ..errors import SettingError, StoreError
from ..schema import TABLES
from .evidence import Evidence
from .hard import HARD
from .model import Check, Report, Result
from .soft import SOFT

CHECKS: tuple[Check, ...] = (*HARD, *SOFT)
"""All checks, in the order they are made."""

Progress = Callable[[Result, int, int], None]
"""Told of each result as it comes, with how many there are so far and will be."""

_FAST_SQLITE = ("PRAGMA cache_size = -262144", "PRAGMA temp_store = MEMORY")
"""What a large database on SQLite takes to be gone through quickly; nothing of it is kept."""


def run_checks(
    database: sa.Engine | sa.Connection,
    *,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check a database with AquaMind's schema. Nothing is changed in it.

    Args:
        database: an engine, or an open connection whose transaction the checks then share.
        only: names of checks, subjects, or kinds (`hard`, `soft`); all checks if None.
        progress: is told of each result.

    Raises:
        SettingError: when `only` holds a name there is not.
        StoreError: when the database lacks a table.
    """
    wanted = chosen(only)
    results: list[Result] = []
    with _connected(database) as connection:
        _refuse_other_schema(connection)
        evidence = Evidence(connection)
        for check in wanted:
            results.append(_result(check, evidence))
            if progress is not None:
                progress(results[-1], len(results), len(wanted))
    return Report(tuple(results))


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
            near = difflib.get_close_matches(name, known, 1)
            meant = f"did you mean {near[0]}? " if near else ""
            raise SettingError(
                f"there is no check {name!r}: {meant}give the name of a check, a subject such as "
                "feed, or hard or soft"
            )
    return tuple(check for check in CHECKS if words[check.name] & set(only))


@contextmanager
def _connected(database: sa.Engine | sa.Connection) -> Iterator[sa.Connection]:
    if isinstance(database, sa.Connection):
        yield database
        return
    with database.connect() as connection:
        if connection.dialect.name != "sqlite":
            yield connection
            return
        kept = _settings(connection)
        for statement in _FAST_SQLITE:
            connection.exec_driver_sql(statement)
        try:
            yield connection
        finally:
            for name, value in kept.items():
                connection.exec_driver_sql(f"PRAGMA {name} = {value}")


def _settings(connection: sa.Connection) -> Mapping[str, int]:
    """The settings that are changed for the time of the checks: the connection goes to a pool."""
    return {
        name: int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
        for name in ("cache_size", "temp_store")
    }


def _refuse_other_schema(connection: sa.Connection) -> None:
    missing = sorted(TABLES.keys() - set(sa.inspect(connection).get_table_names()))
    if missing:
        raise StoreError(
            f"the database has no table {missing[0]}"
            + (f" and lacks {len(missing) - 1} more" if len(missing) > 1 else "")
            + "; give one with AquaMind's schema, such as `aquadata seed` makes"
        )


def _result(check: Check, evidence: Evidence) -> Result:
    started = time.perf_counter()
    finding = check.look(evidence)
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
