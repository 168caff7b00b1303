"""Rows of users that refer to a build stop its removal, however their keys are declared."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.errors import StoreError
from pytest_aquadata.provenance.wipe import wipe

Change = Callable[..., AbstractContextManager[None]]
Scalar = Callable[[str], object]

STATES = "batch_actualdailyassignmentstate"


def quoted(name: str, kind: str) -> str:
    mark = "`" if kind == "mariadb" else '"'
    return mark + name.replace(mark, 2 * mark) + mark


def refused(url: str) -> str:
    """Return the message with which both `wipe` and `wipe --force` refuse."""
    messages = []
    for force in (False, True):
        with pytest.raises(StoreError) as error:
            wipe(url, force=force)
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    assert len(messages[0].splitlines()) == 1
    return messages[0]


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "NO ACTION"])
def test_a_key_of_two_columns_stops_wipe(
    url: str, change: Change, scalar: Scalar, action: str
) -> None:
    with change(
        "CREATE TABLE mine (id integer PRIMARY KEY, an bigint, am date, "
        f"FOREIGN KEY (an, am) REFERENCES {STATES} (assignment_id, date) ON DELETE {action})",
        f"INSERT INTO mine SELECT id, assignment_id, date FROM {STATES} WHERE id <= 8",
        undo=("DROP TABLE mine",),
    ):
        assert "8 rows of mine through an, am" in refused(url)
        assert scalar("SELECT count(*) FROM mine WHERE an IS NOT NULL") == 8


def test_a_key_to_a_unique_column_stops_wipe(
    url: str, change: Change, scalar: Scalar, kind: str
) -> None:
    # MariaDB allows a key of texts only between columns of one collation
    collation = " COLLATE utf8mb4_nopad_bin" if kind == "mariadb" else ""
    with change(
        f"CREATE TABLE mine (batch varchar(50){collation}, "
        "FOREIGN KEY (batch) REFERENCES batch_batch (batch_number) ON DELETE CASCADE)",
        "INSERT INTO mine SELECT batch_number FROM batch_batch",
        undo=("DROP TABLE mine",),
    ):
        assert "1 rows of mine through batch" in refused(url)
        assert scalar("SELECT count(*) FROM mine") == 1


@pytest.mark.parametrize("name", ["Mein Tisch", 'a"b', "100%", "it's", "select"])
def test_names_of_any_characters_are_quoted(url: str, change: Change, kind: str, name: str) -> None:
    table, column = quoted(name, kind), quoted(f"{name} Id", kind)
    with change(
        f"CREATE TABLE {table} ({column} bigint, "
        f"FOREIGN KEY ({column}) REFERENCES batch_batch (id) ON DELETE CASCADE)",
        f"INSERT INTO {table} SELECT id FROM batch_batch",
        undo=(f"DROP TABLE {table}",),
    ):
        assert f"1 rows of {name} through {name} Id" in refused(url)


def test_a_key_in_another_schema_stops_wipe(
    url: str, change: Change, scalar: Scalar, server_of_kind: Server | None
) -> None:
    if server_of_kind is None:
        pytest.skip("a file has one schema")
    name = "aquadata_test_other" + str(sa.make_url(url).database)[-12:]
    own = f"{sa.make_url(url).database}." if server_of_kind.kind == "mariadb" else ""
    with change(
        f"CREATE SCHEMA {name}",
        f"CREATE TABLE {name}.mine (batch bigint, "
        f"FOREIGN KEY (batch) REFERENCES {own}batch_batch (id) ON DELETE CASCADE)",
        f"INSERT INTO {name}.mine SELECT id FROM batch_batch",
        undo=(f"DROP TABLE {name}.mine", f"DROP SCHEMA {name}"),
    ):
        assert f"1 rows of {name}.mine through batch" in refused(url)
        assert scalar(f"SELECT count(*) FROM {name}.mine") == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_a_key_of_a_partitioned_table_stops_wipe(url: str, change: Change) -> None:
    with change(
        "CREATE TABLE mine (batch bigint REFERENCES batch_batch ON DELETE CASCADE) "
        "PARTITION BY RANGE (batch)",
        "CREATE TABLE mine_low PARTITION OF mine FOR VALUES FROM (0) TO (1000)",
        "INSERT INTO mine SELECT id FROM batch_batch",
        undo=("DROP TABLE mine",),
    ):
        message = refused(url)
        assert "1 rows of mine through batch" in message
        assert "mine_low" not in message


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_key_in_another_case_or_without_columns_stops_wipe(url: str, change: Change) -> None:
    with change(
        "CREATE TABLE mine (batch integer REFERENCES Batch_BATCH ON DELETE CASCADE, "
        "number text REFERENCES BATCH_batch (Batch_Number))",
        "INSERT INTO mine SELECT id, batch_number FROM batch_batch",
    ):
        message = refused(url)
        assert "1 rows of mine through batch" in message
        assert "1 rows of mine through number" in message


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_reference_within_aquamind_needs_no_declared_key(url: str, change: Change) -> None:
    with change(
        "ALTER TABLE environmental_environmentalreading RENAME TO old",
        "CREATE TABLE environmental_environmentalreading AS SELECT * FROM old",
        "DROP TABLE old",
        "INSERT INTO environmental_environmentalreading SELECT * FROM "
        "environmental_environmentalreading LIMIT 1",
        "UPDATE environmental_environmentalreading SET id = 999999999 WHERE rowid = "
        "(SELECT max(rowid) FROM environmental_environmentalreading)",
    ):
        assert "1 rows of environmental_environmentalreading through" in refused(url)


def test_a_trigger_on_delete_stops_wipe(url: str, change: Change, kind: str) -> None:
    body = {
        "sqlite": "BEGIN SELECT 1; END",
        "mariadb": "FOR EACH ROW SET @mine = 1",
        "postgresql": "FOR EACH ROW EXECUTE FUNCTION mine()",
    }[kind]
    function = "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'"
    is_postgresql = kind == "postgresql"
    with change(
        *([function] if is_postgresql else []),
        f"CREATE TRIGGER audit AFTER DELETE ON batch_batch {body}",
        undo=(
            f"DROP TRIGGER audit{' ON batch_batch' if is_postgresql else ''}",
            *(["DROP FUNCTION mine"] if is_postgresql else []),
        ),
    ):
        assert "trigger audit on batch_batch would run" in refused(url)
