"""Holding data against the check suite: as the last stage of a build, or any database."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from ..checks.model import Report
from ..checks.suite import CHECKS, run_checks
from ..errors import ChecksFailed, StoreError
from .targets import masked, parse_url, sqlite_path

_LARGE = frozenset({"readings", "no-orphans-in-environmental"})
"""These go through all readings, and take as long as writing them: `aquadata verify` has them."""


def verify(connection: sa.Connection) -> None:
    """Hold a database just built against the hard checks, but those that read all readings.

    Raises:
        ChecksFailed: naming the first check that fails and a row that offends.
    """
    quick = [
        check.name
        for check in CHECKS
        if check.kind == "hard" and not {check.subject, check.name} & _LARGE
    ]
    report = run_checks(connection, only=quick)
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
    """Hold any database with the schema against the check suite; nothing is changed in it.

    Args:
        url: the database.
        only: names of checks, subjects, or kinds (`hard`, `soft`); all checks if None.

    Raises:
        SettingError: when `only` holds a name there is not.
        StoreError: when there is no such database, or it has another schema.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = sqlite_path(url)
        if not path.is_file():
            raise StoreError(f"there is no database {path}; give another --url")
        parsed = sa.URL.create(
            "sqlite", database=path.absolute().as_uri(), query={"mode": "ro", "uri": "true"}
        )
    try:
        engine = sa.create_engine(parsed)
        try:
            return run_checks(engine, only=only)
        finally:
            engine.dispose()
    except (sa.exc.DBAPIError, sa.exc.NoSuchModuleError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise StoreError(f"{masked(parse_url(url))} cannot be read: {reason}") from error
