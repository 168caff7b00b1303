"""Running checks, and the report of their results."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import CHECKS, Bound, Check, Finding, Report, Result, run_checks, suite
from pytest_aquadata.checks.context import CheckContext
from pytest_aquadata.checks.hard import HARD
from pytest_aquadata.errors import SettingError, StoreError
from pytest_aquadata.schema import FeedingEvent, LiceCount


def result(name: str = "one", kind: str = "hard", **fields: object) -> Result:
    check = Check(
        name,
        "fish",
        "Nothing is lost.",
        kind,  # type: ignore[arg-type]
        Bound(high=0, unit="rows") if kind == "hard" else Bound(0.5, 1.5, "kg"),
        lambda context: Finding(0),
    )
    defaults = {"passed": True, "value": 0, "rows": (), "total": 0, "reason": "", "seconds": 0.1}
    return Result(check, **{**defaults, **fields})  # type: ignore[arg-type]


def test_report_is_ok_if_only_soft_checks_fail() -> None:
    failed = result("two", passed=False, value=1, total=1)
    unreal = result("three", "soft", passed=False, value=2.0)
    assert Report((result(), unreal)).ok
    assert not Report((result(), failed, unreal)).ok
    assert Report((failed, unreal)).hard_failures == (failed,)
    assert Report((failed, unreal)).soft_failures == (unreal,)


def test_soft_share_leaves_out_checks_that_do_not_apply() -> None:
    soft = [
        result(passed=passed, kind="soft", value=None if passed is None else 1.0)
        for passed in (True, True, False, None)
    ]
    report = Report(tuple(soft))
    assert report.soft_share == pytest.approx(2 / 3)
    assert "2 of 3 soft checks pass, 1 lacks data" in report.summary


def test_report_has_a_line_for_each_check_and_rows_of_failures() -> None:
    rows = tuple({"assignment": number, "kg": Decimal("1.50")} for number in range(10))
    report = Report(
        (
            result("good"),
            result("bad", passed=False, value=12, rows=rows, total=12),
            result("odd", "soft", passed=False, value=1.75),
            result("unknown", "soft", passed=None, value=None, reason="there are too few lice"),
        )
    )
    lines = report.lines()
    assert lines[0] == "PASS  hard  good"
    assert lines[1].split() == ["FAIL", "hard", "bad", "12", "rows"]
    assert lines[2] == "      assignment 0, kg 1.5"
    assert lines[12] == "      and 2 more"
    assert lines[13].split(maxsplit=3)[3] == "1.75 (0.5 to 1.5 kg)"
    assert lines[14].split(maxsplit=3)[3] == "there are too few lice"


def test_json_has_the_results_with_bounds_and_sources(engine: sa.Engine) -> None:
    report = run_checks(engine, only=["feed-mass-balance", "gutted-yield"])
    values = json.loads(report.to_json())
    assert values["ok"] is True
    assert [result["name"] for result in values["results"]] == ["feed-mass-balance", "gutted-yield"]
    assert values["results"][1]["low"] == 0.82
    assert values["results"][1]["source"]
    assert values["results"][1]["needs"] == {"harvested rings": 10}
    assert [result["outcome"] for result in values["results"]] == ["ok", "not enough data"]


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound(1, 2, "kg"), "1 to 2 kg"),
        (Bound(high=200_000), "at most 200,000"),
        (Bound(low=0.85, unit="correlation"), "at least 0.85 correlation"),
    ],
)
def test_a_bound_is_shown_as_text(bound: Bound, text: str) -> None:
    assert str(bound) == text


def test_both_ends_of_a_bound_are_allowed() -> None:
    assert Bound(1, 2).holds(1)
    assert Bound(1, 2).holds(2)
    assert not Bound(1, 2).holds(2.001)
    assert not Bound(1, 2).holds(float("nan"))


def test_all_rows_are_counted_and_ten_are_shown(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        wrong = connection.execute(sa.update(FeedingEvent).values(method="BY HAND")).rowcount
        connection.execute(sa.update(LiceCount).values(fish_sampled=0))
        counts = connection.scalar(sa.select(sa.func.count(LiceCount.id)))
        report = run_checks(connection, only=["choices-respected", "lice-counted-by-type"])
        connection.rollback()
    assert report["choices-respected"].rows[0]["times"] == wrong
    assert report["lice-counted-by-type"].total == counts
    assert len(report["lice-counted-by-type"].rows) == 10


def test_checks_are_selected_by_name_or_subject(engine: sa.Engine) -> None:
    report = run_checks(engine, only=["feed-mass-balance", "numbers"])
    names = {result.check.name for result in report.results}
    assert "feed-mass-balance" in names
    assert "batch-numbers" in names
    assert {result.check.subject for result in report.results} == {"feed", "numbers"}


def test_unknown_check_is_refused_with_a_similar_name(engine: sa.Engine) -> None:
    with pytest.raises(SettingError, match="did you mean feed-mass-balance"):
        run_checks(engine, only=["feed-mas-balance"])


def test_database_with_another_schema_is_refused() -> None:
    engine = sa.create_engine("sqlite://")
    with pytest.raises(StoreError, match="has no table"):
        run_checks(engine)
    engine.dispose()


def test_progress_is_called_with_every_result(engine: sa.Engine) -> None:
    calls: list[tuple[str, int, int]] = []
    run_checks(
        engine,
        only=["numbers"],
        progress=lambda result, done, total: calls.append((result.check.name, done, total)),
    )
    assert [done for _, done, _ in calls] == [1, 2, 3, 4]
    assert {total for _, _, total in calls} == {4}


def test_several_connections_give_the_same_results(engine: sa.Engine) -> None:
    def outcomes(at_once: int) -> list[tuple[str, bool | None, float | None]]:
        report = run_checks(engine, at_once=at_once)
        return [(result.check.name, result.passed, result.value) for result in report.results]

    assert outcomes(3) == outcomes(1)


def test_error_in_one_thread_is_raised_and_all_threads_end(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: CheckContext) -> Finding:
        raise sa.exc.OperationalError("SELECT", None, Exception("disk I/O error"))

    checks = [
        replace(check, measure=broken) if check.subject == "fish" else check for check in HARD
    ]
    monkeypatch.setattr(suite, "CHECKS", tuple(checks))
    with pytest.raises(sa.exc.OperationalError, match="disk I/O error"):
        run_checks(engine, only=["hard"], at_once=3)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("aquadata")]


def test_pooled_connection_keeps_its_settings(engine: sa.Engine) -> None:
    def settings() -> list[object]:
        with engine.connect() as connection:
            return [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("cache_size", "temp_store")
            ]

    before = settings()
    run_checks(engine, only=["numbers"])
    assert settings() == before


def test_nothing_is_written(engine: sa.Engine) -> None:
    with engine.connect() as connection:

        def changes() -> object:
            return connection.exec_driver_sql("SELECT total_changes()").scalar()

        before = changes()
        run_checks(connection, only=[check.name for check in CHECKS[:20]])
        assert changes() == before
