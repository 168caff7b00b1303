"""Hard checks as the last phase of a build, and all checks of any database."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from ..checks.model import Report
from ..checks.suite import CHECKS, run_checks
from ..databases.connections import as_store_errors
from ..databases.urls import database_location
from ..datasets.build_farm import farm_of_latest_build
from ..errors import ChecksFailed
from .worker_options import usable_processors

_LARGE = frozenset({"readings", "no-orphans-in-environmental", "feeding summaries"})
"""Subjects and checks that read all sensor readings, or sum all meals by week. They take about as
long as writing the rows, so builds leave them to `aquadata verify`."""


def failing_checks(connection: sa.Connection) -> frozenset[str]:
    """Return the names of the quick hard checks that a database fails."""
    report = run_checks(connection, only=_quick_checks())
    return frozenset(result.check.name for result in report.hard_failures)


def _quick_checks() -> list[str]:
    """Return the names of the hard checks that builds run."""
    return [
        check.name
        for check in CHECKS
        if check.kind == "hard" and not {check.subject, check.name} & _LARGE
    ]


def verify(
    database: sa.Engine | sa.Connection, earlier_failures: Collection[str] = (), at_once: int = 1
) -> None:
    """Run the quick hard checks on a database that was just built.

    Args:
        database: the database, or the connection of the transaction that alone sees the rows.
        earlier_failures: names of checks that the database failed before the build.
        at_once: number of connections that check at once.

    Raises:
        ChecksFailed: naming the first check that fails and a row that violates it.
    """
    quick = [name for name in _quick_checks() if name not in earlier_failures]
    report = run_checks(database, only=quick, at_once=at_once)
    if report.ok:
        return
    worst = report.hard_failures[0]
    row = ", ".join(f"{name} {value}" for name, value in worst.rows[0].items())
    raise ChecksFailed(
        f"the data built break {len(report.hard_failures)} of {len(quick)} hard checks, first "
        f"{worst.check.name} in {worst.total:,} rows ({row}); nothing was written: please report "
        "this with the seed and the schedule"
    )


def verify_database(url: str, only: Collection[str] | None = None) -> Report:
    """Check any database with the schema by the rules of its latest build's farm; change nothing.

    Args:
        url: the database.
        only: names of checks, subjects, or kinds (`hard`, `soft`); all checks if None.

    Raises:
        SettingError: when `only` holds an unknown name.
        StoreError: when there is no such database, or it has another schema.
    """
    location = database_location(url)
    engine = location.engine(writable=False)
    try:
        with as_store_errors(f"{location.display_name} cannot be read"):
            return run_checks(
                engine,
                only=only,
                at_once=usable_processors(),
                farm=farm_of_latest_build(engine),
            )
    finally:
        engine.dispose()
