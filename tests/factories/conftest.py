"""What tests of the factories share: names of all of them, and the hard checks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from pytest_aquadata.checks.suite import run_checks


@pytest.fixture
def all_hold(aquadata_session: Session) -> Callable[[], None]:
    """Fails when what is in the session breaks a hard check."""

    def check() -> None:
        aquadata_session.flush()
        report = run_checks(aquadata_session.connection(), only=["hard"])
        told = [line for result in report.hard_failures for line in result.lines()]
        assert report.ok, "\n".join(told)
        assert all(result.passed is not None for result in report.results)

    return check
