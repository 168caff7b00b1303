"""Holding data against the check suite: as the last stage of a build, or any database."""

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

_LARGE = frozenset({"readings", "no-orphans-in-environmental"})
"""These go through all readings, and take as long as writing them: `aquadata verify` has them."""


def failing(connection: sa.Connection) -> frozenset[str]:
    """Names of the hard checks, but those that read all readings, that a database fails."""
    report = run_checks(connection, only=_quick())
    return frozenset(one.check.name for one in report.hard_failures)


def _quick() -> list[str]:
    return [
        check.name
        for check in CHECKS
        if check.kind == "hard" and not {check.subject, check.name} & _LARGE
    ]


def verify(
    database: sa.Engine | sa.Connection, known: Collection[str] = (), at_once: int = 1
) -> None:
    """Hold a database just built against the hard checks, but those that read all readings.

    Args:
        database: the database, or the connection whose transaction alone shows it.
        known: names of checks that it failed before.
        at_once: how many connections look at once.

    Raises:
        ChecksFailed: naming the first check that fails and a row that offends.
    """
    quick = [name for name in _quick() if name not in known]
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
        SettingError: when `only` holds a name there is not.
        StoreError: when there is no such database, or it has another schema.
    """
    home = database_location(url)
    engine = home.engine(writable=False)
    try:
        with as_store_errors(f"{home.where} cannot be read"):
            return run_checks(
                engine,
                only=only,
                at_once=usable_processors(),
                farm=farm_of_latest_build(engine),
            )
    finally:
        engine.dispose()
