"""Comparison of existing tables with our schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.column_types import complete
from pytest_aquadata.databases.layout import Layout, read_layout
from pytest_aquadata.errors import StoreError
from pytest_aquadata.lifecycle.columns import integers, table, texts
from pytest_aquadata.schema import TABLES

Ddl = Callable[[str, str], list[str]]


@contextmanager
def database(url: str, statements: list[str]) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%"))
            yield connection
    finally:
        engine.dispose()


def layout_of(ddl: list[str], *changes: tuple[str, str]) -> Layout:
    """Read the layout of a SQLite database with replacements in its DDL."""
    text = "\0".join(ddl)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    with database("sqlite://", text.split("\0")) as connection:
        return read_layout(connection, "mine")


@pytest.fixture(scope="session")
def v61(aquamind_ddl: Ddl) -> list[str]:
    return aquamind_ddl("v61", "sqlite")


def test_every_version_of_aquamind_can_be_filled(aquamind_url: str) -> None:
    with database(aquamind_url, []) as connection:
        layout = read_layout(connection, "mine")
    assert layout.tables.keys() == TABLES.keys()


def test_new_columns_of_later_versions_get_djangos_defaults(aquamind_ddl: Ddl) -> None:
    layout = layout_of(aquamind_ddl("head", "sqlite"))
    actions = layout.tables["batch_transferaction"]
    assert actions.columns["created_via"].default.arg == "PLANNED"
    assert actions.columns["allow_mixed"].default.arg is False
    assert "dest_container_id" not in actions.columns
    rows = table(2, id=integers([1, 2]), app_label="batch", model=texts(["a", "b"]))
    whole = layout.complete("django_content_type", rows)
    assert list(whole.columns) == ["id", "app_label", "model"]
    assert "pinned_scenario_id" not in layout.tables["batch_batch"].columns


def test_a_column_that_a_later_version_dropped_is_left_out(aquamind_ddl: Ddl) -> None:
    layout = layout_of(aquamind_ddl("head", "sqlite"))
    batch = TABLES["batch_batch"]
    values = {
        column.name: 1
        for column in batch.columns
        if not column.nullable and not column.default and column.name != "pinned_scenario_id"
    }
    rows = complete(batch, table(1, **values))
    assert "pinned_scenario_id" in rows
    assert "pinned_scenario_id" not in layout.complete("batch_batch", rows)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            ('"expected_end_date" date', '"other" date'),
            "batch_batch.expected_end_date is missing",
        ),
        (
            ('"batch_number" varchar(50) NOT NULL', '"batch_number" date NOT NULL'),
            "batch_batch.batch_number is date, not varchar(50)",
        ),
        (
            ('"actual_end_date" date', '"actual_end_date" date NOT NULL'),
            "batch_batch.actual_end_date must not be null",
        ),
        (
            ('"actual_end_date" date', '"actual_end_date" date, "mine" integer NOT NULL'),
            "batch_batch.mine is unknown, needs a value and has no default",
        ),
    ],
)
def test_a_column_that_does_not_fit_is_named(
    v61: list[str], change: tuple[str, str], reason: str
) -> None:
    with pytest.raises(StoreError) as refused:
        layout_of(v61, change)
    assert str(refused.value) == (
        f"mine has tables that cannot be filled: {reason}; migrate it to AquaMind 6.1 or later, or "
        "give a database without these tables"
    )


@pytest.mark.parametrize(
    "own", ['"mine" integer NOT NULL DEFAULT 7', '"mine" integer', "\"mine\" text DEFAULT 'x'"]
)
def test_additional_columns_keep_their_default(v61: list[str], own: str) -> None:
    layout = layout_of(v61, ('"actual_end_date" date', f'"actual_end_date" date, {own}'))
    assert "mine" not in layout.tables["batch_batch"].columns


def test_missing_tables_are_reported_in_one_line(v61: list[str]) -> None:
    with pytest.raises(StoreError, match=r"there is no table batch_batch; .* and \d+ more; "):
        layout_of([ddl for ddl in v61 if "infrastructure_container" in ddl or "PRAGMA" in ddl])


@pytest.mark.parametrize(("dialect", "version"), [("postgresql", "v61")])
@pytest.mark.parametrize(
    ("altered", "reason"),
    [
        ("batch_number TYPE varchar(10)", "batch_batch.batch_number is varchar(10), too small"),
        ("start_date TYPE timestamptz USING start_date", "batch_batch.start_date is timestamp"),
        (
            "created_at TYPE timestamp",
            "batch_batch.created_at is timestamp, too small for timestamp with time zone",
        ),
        ("species_id TYPE integer", "batch_batch.species_id is integer, too small for bigint"),
    ],
)
def test_columns_that_are_too_small_are_refused_on_a_server(
    aquamind_url: str, altered: str, reason: str
) -> None:
    with database(aquamind_url, []) as connection:
        connection.exec_driver_sql(f"ALTER TABLE batch_batch ALTER COLUMN {altered}")
        with pytest.raises(StoreError) as refused:
            read_layout(connection, "mine")
        connection.rollback()
    assert reason in str(refused.value)


@pytest.mark.parametrize(("dialect", "version"), [("postgresql", "v61")])
def test_a_wider_column_is_accepted(aquamind_url: str) -> None:
    with database(aquamind_url, []) as connection:
        connection.exec_driver_sql(
            'ALTER TABLE batch_lifecyclestage ALTER COLUMN "order" TYPE bigint'
        )
        layout = read_layout(connection, "mine")
        connection.rollback()
    assert isinstance(layout.tables["batch_lifecyclestage"].columns["order"].type, sa.BigInteger)
