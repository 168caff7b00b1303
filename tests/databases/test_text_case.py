"""Rows whose unique texts differ only in case are left out where the database ignores case."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.sqlite import SqliteDialect
from pytest_aquadata.databases.text_case import distinct_without_case
from pytest_aquadata.lifecycle.columns import decimals, integers, table, texts

STAGES = table(
    4,
    tgc_model_id=integers([1, 1, 1, 2]),
    lifecycle_stage=texts(["fry", "Fry", "Post-Smolt", "Fry"]),
    tgc_value=decimals([1.0, 1.0, 2.0, 1.0], 4),
)


@pytest.mark.parametrize(
    ("ignores_case", "distinct"),
    [(True, [True, False, True, True]), (False, [True, True, True, True])],
)
def test_a_later_row_of_the_same_text_is_not_distinct(
    ignores_case: bool, distinct: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SqliteDialect, "ignores_case", lambda *_: ignores_case)
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        rows = distinct_without_case(connection, "scenario_tgc_model_stage", STAGES)
    engine.dispose()
    assert rows.tolist() == distinct
