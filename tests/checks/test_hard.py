"""The presets pass every hard check, and every check is described."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from pytest_aquadata.checks import CHECKS, Check, Report, run_checks
from pytest_aquadata.checks.hard import HARD

every_hard_check = pytest.mark.parametrize("check", HARD, ids=lambda check: check.name)


@pytest.fixture(scope="module")
def report(small: sa.Engine) -> Report:
    return run_checks(small, only=["hard"])


@every_hard_check
def test_small_preset_passes(check: Check, report: Report) -> None:
    result = report[check.name]
    assert result.passed, "\n".join(result.lines())


def test_farm_of_the_violation_tests_passes_all_hard_checks(engine: sa.Engine) -> None:
    report = run_checks(engine, only=["hard"])
    assert report.ok, "\n".join(report.lines())


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mysql"])
def test_every_query_compiles_for_every_database(database: str) -> None:
    dialect = {"sqlite": sqlite, "postgresql": postgresql, "mysql": mysql}[database].dialect()
    for check in HARD:
        (query,) = check.measure.args  # type: ignore[attr-defined]
        assert str(query().compile(dialect=dialect)), check.name


def test_names_are_unique_and_in_kebab_case() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


def test_every_check_has_a_sentence_and_every_soft_check_a_source() -> None:
    for check in CHECKS:
        assert check.description.endswith("."), check.name
        assert bool(check.source) == (check.kind == "soft"), check.name
