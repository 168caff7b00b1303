from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.lifecycle.columns import BatchTables, constant, decimals, integers, table
from pytest_aquadata.lifecycle.days import instant
from pytest_aquadata.lifecycle.imperfections import (
    KINDS,
    Flaw,
    Imperfection,
    duplicated,
    late,
    missing,
    mistyped,
    with_imperfections,
)

READINGS = "environmental_environmentalreading"
DEATHS = "batch_mortalityevent"
FIRST, DAYS = 19_000, 2_000
TODAY = FIRST + DAYS - 1


@pytest.fixture
def tables() -> BatchTables:
    day = np.arange(DAYS)
    when = instant(FIRST + day, 12.0)
    return {
        READINGS: table(
            DAYS,
            id=integers(1 + day),
            value=decimals(8.5 + (day % 97) / 50.0, 4),
            reading_time=integers(when),
            created_at=integers(when),
        ),
        DEATHS: table(
            DAYS,
            id=integers(501 + day),
            event_date=integers(FIRST + day),
            count=integers(day % 300),
            created_at=integers(when),
            updated_at=integers(when),
        ),
        "batch_batch": table(1, id=integers([1]), notes=constant("", 1)),
    }


def make_imperfect(
    tables: BatchTables, *requested: Imperfection, batch: str = "FAR-2022-001"
) -> tuple[BatchTables, tuple[Flaw, ...]]:
    return with_imperfections(tables, requested, 1, batch, TODAY)


def all_kinds() -> tuple[Imperfection, ...]:
    return (missing(0.05), duplicated(0.05), late(0.05), mistyped(0.05))


def test_rows_are_unchanged_without_a_request(tables: BatchTables) -> None:
    changed_tables, flaws = make_imperfect(tables)
    assert changed_tables == dict(tables)
    assert flaws == ()


def test_every_flaw_is_listed_and_nothing_else_differs(tables: BatchTables) -> None:
    changed_tables, flaws = make_imperfect(tables, *all_kinds())
    assert changed_tables["batch_batch"] is tables["batch_batch"]
    for name in (READINGS, DEATHS):
        of_table = {kind: [f for f in flaws if (f.kind, f.table) == (kind, name)] for kind in KINDS}
        before = dict(zip(tables[name].values("id").tolist(), range(DAYS), strict=True))
        after = {key: row for row, key in enumerate(changed_tables[name].values("id").tolist())}
        assert before.keys() - after.keys() == {flaw.row_id for flaw in of_table["missing"]}
        assert after.keys() - before.keys() == {flaw.row_id for flaw in of_table["duplicated"]}
        changed = {
            (column, key)
            for column in tables[name].columns
            for key in before.keys() & after.keys()
            if tables[name].values(column)[before[key]]
            != changed_tables[name].values(column)[after[key]]
        }
        listed = {(f.column, f.row_id) for kind in ("late", "mistyped") for f in of_table[kind]}
        listed |= {("updated_at", f.row_id) for f in of_table["late"] if name == DEATHS}
        assert changed == listed


def test_the_rate_is_met_and_a_row_is_affected_once(tables: BatchTables) -> None:
    _, flaws = make_imperfect(tables, *all_kinds())
    for (kind, _), count in Counter((flaw.kind, flaw.table) for flaw in flaws).items():
        assert 60 < count < 145, kind
    struck = Counter((flaw.table, flaw.original_id) for flaw in flaws)
    assert set(struck.values()) == {1}


def test_a_duplicate_is_a_copy_with_its_own_key(tables: BatchTables) -> None:
    changed_tables, flaws = make_imperfect(tables, duplicated(0.1, DEATHS))
    rows = changed_tables[DEATHS]
    row_of = {key: row for row, key in enumerate(rows.values("id").tolist())}
    assert len(row_of) == len(rows) == DAYS + len(flaws)
    for flaw in flaws:
        copy, original = row_of[flaw.row_id], row_of[flaw.original_id]
        for column in rows.columns.keys() - {"id"}:
            assert rows.values(column)[copy] == rows.values(column)[original]


def test_late_rows_are_delayed_within_the_limit_and_not_after_today(
    tables: BatchTables,
) -> None:
    changed_tables, flaws = make_imperfect(tables, late(0.9, READINGS, within_days=3))
    for flaw in flaws:
        assert timedelta(days=1) <= flaw.became - flaw.was <= timedelta(days=3)
    assert changed_tables[READINGS].values("created_at").max() < int(instant(TODAY + 1))
    assert (
        changed_tables[READINGS].values("reading_time").tolist()
        == tables[READINGS].values("reading_time").tolist()
    )


def test_a_mistyped_number_differs_from_the_correct_one(tables: BatchTables) -> None:
    _, flaws = make_imperfect(tables, mistyped(1.0))
    assert len(flaws) == 2 * DAYS
    for flaw in flaws:
        assert flaw.was != flaw.became
        assert flaw.became > 0
    readings = [flaw for flaw in flaws if flaw.table == READINGS]
    ratios = {flaw.became / flaw.was for flaw in readings}
    assert Decimal(10) in ratios
    assert any(abs(flaw.became - flaw.was) < 2 for flaw in readings)


def test_affected_rows_depend_on_batch_and_kind_alone(tables: BatchTables) -> None:
    _, once = make_imperfect(tables, *all_kinds())
    _, again = make_imperfect(tables, *reversed(all_kinds()))
    assert once == again
    _, alone = make_imperfect(tables, missing(0.05))
    assert alone == tuple(flaw for flaw in once if flaw.kind == "missing")
    _, other = make_imperfect(tables, *all_kinds(), batch="FAR-2022-002")
    assert other != once


@pytest.mark.parametrize(
    ("request_imperfection", "message"),
    [
        (lambda: missing(0.0), "missing records: rate must be above 0 and at most 1, not 0"),
        (lambda: mistyped(1.5), "mistyped records: rate must be above 0 and at most 1, not 1.5"),
        (lambda: late(0.1, within_days=0), "within_days must be between 1 and 3,650"),
        (lambda: missing(0.1, "health_licecounts"), "did you mean 'health_licecount'?"),
        (lambda: late(0.1, "health_licecount"), "late records: 'health_licecount' cannot have"),
        (
            lambda: duplicated(0.1, "batch_individualgrowthobservation"),
            "duplicated records: 'batch_individualgrowthobservation' cannot have any",
        ),
    ],
)
def test_impossible_requests_are_refused_with_a_hint(
    request_imperfection: Callable[[], Imperfection], message: str
) -> None:
    with pytest.raises(HistoryError) as raised:
        request_imperfection()
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
