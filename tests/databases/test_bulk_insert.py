"""Rows are inserted unchanged, whatever the settings of the connection."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.databases import mariadb_insert
from pytest_aquadata.databases.bulk_insert import insert_columns
from pytest_aquadata.databases.dialect import dialect_of
from pytest_aquadata.lifecycle.columns import Columns, integers, texts

NAMES = sa.Table(
    "names",
    sa.MetaData(),
    sa.Column("id", sa.BigInteger(), primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(100), nullable=False),
)
ODD = ["F\u00f8royar", "a\\nb", "it's", 'a "quoted" one', "tab\tand\nline", "50 %"]

SETTINGS = {
    "mariadb": [
        ({"charset": "utf8mb4"}, "SET @nothing = 1", True),
        ({"charset": "latin1"}, "SET @nothing = 1", False),
        ({"charset": "utf8mb4"}, "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'", False),
    ],
    "postgresql": [
        ({"client_encoding": "utf8"}, "SELECT 1", True),
        ({"client_encoding": "latin1"}, "SELECT 1", False),
    ],
}


@pytest.mark.parametrize("position", range(3))
def test_texts_are_stored_unchanged_under_any_session_settings(
    server: Server, server_database: str, position: int
) -> None:
    settings = SETTINGS[server.kind]
    arguments, first, fast = settings[min(position, len(settings) - 1)]
    engine = sa.create_engine(sa.make_url(server_database), connect_args=arguments)
    rows = Columns({"id": integers(range(len(ODD))), "name": texts(ODD)}, len(ODD))
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(first)
            NAMES.create(connection)
            assert dialect_of(connection).takes_bulk(connection) is fast
            insert_columns(connection, NAMES, rows)
        with engine.connect() as connection:
            names = connection.execute(sa.select(NAMES.c.name).order_by(NAMES.c.id)).scalars()
            assert list(names) == ODD
    finally:
        engine.dispose()


def test_rows_for_load_data_are_in_an_unnamed_file(
    mariadb_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[list[Path]] = []
    write_rows = mariadb_insert.text_rows

    def list_files(*arguments: object) -> Iterator[bytes]:
        for piece in write_rows(*arguments):  # type: ignore[arg-type]
            yield piece
            files.append(list(tmp_path.iterdir()))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(mariadb_insert, "text_rows", list_files)
    monkeypatch.setattr(mariadb_insert, "_ROWS_PER_INSERT", 2)
    with mariadb_server.database() as url:
        engine = sa.create_engine(url, connect_args={"local_infile": True})
        with engine.begin() as connection:
            NAMES.create(connection)
            rows = Columns({"id": integers(range(len(ODD))), "name": texts(ODD)}, len(ODD))
            insert_columns(connection, NAMES, rows)
            names = connection.execute(sa.select(NAMES.c.name).order_by(NAMES.c.id)).scalars()
            assert list(names) == ODD
        engine.dispose()
    assert files
    assert not any(files)
