"""Hard checks as the last phase of a build, and all checks of any database."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from ..checks.model import Report
from ..checks.suite import CHECKS, run_checks
from ..databases.connections import as_store_errors
from ..databases.urls import database_location
from ..datasets.build_farm import earlier_failures_of, farm_of_latest_build
from ..errors import ChecksFailed
from .worker_options import usable_processors

_LARGE = frozenset({"readings", "no-orphans-in-environmental", "feeding summaries"})
"""Subjects and checks that read all sensor readings, or sum all meals by week. They take about as
long as writing the rows, so builds leave them to `aquadata verify`."""


def failing_checks(connection: sa.Connection) -> Mapping[str, int]:
    """Return the hard checks that a database fails, with the number of rows that break the rule."""
    report = run_checks(connection, only=["hard"])
    return {result.check.name: result.total for result in report.hard_failures}


def _quick_checks() -> list[str]:
    """Return the names of the hard checks that builds run."""
    return [
        check.name
        for check in CHECKS
        if check.kind == "hard" and not {check.subject, check.name} & _LARGE
    ]


def verify(
    database: sa.Engine | sa.Connection,
    earlier_failures: Mapping[str, int],
    at_once: int = 1,
) -> None:
    """Run the quick hard checks on a database that was just built.

    Args:
        database: the database, or the connection of the transaction that alone sees the rows.
        earlier_failures: checks that the database failed before the build, with their rows.
        at_once: number of connections that check at once.

    Raises:
        ChecksFailed: naming the first check that fails and a row that violates it.
    """
    quick = _quick_checks()
    report = run_checks(database, only=quick, at_once=at_once).without_earlier(earlier_failures)
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

    A rule that rows of others broke before the build does not apply while no further row breaks it.

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
            return check_build(engine, only, usable_processors())
    finally:
        engine.dispose()


def check_build(
    database: sa.Engine | sa.Connection, only: Collection[str] | None = None, at_once: int = 1
) -> Report:
    """Run checks by what the latest build has left in the database: its farm, earlier failures.

    Args:
        database: the database.
        only: names of checks, subjects, or kinds (`hard`, `soft`); all checks if None.
        at_once: number of connections that check at once.
    """
    farm, earlier_failures = farm_of_latest_build(database), earlier_failures_of(database)
    report = run_checks(database, only=only, at_once=at_once, farm=farm)
    return report.without_earlier(earlier_failures)
