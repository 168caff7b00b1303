"""Checks of a built database, of a damaged one, and of what is not a database."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pytest_aquadata.cli.main import main
from pytest_aquadata.databases.sqlite_preflight import database_file
from pytest_aquadata.databases.urls import parse_url
from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.errors import SettingError, StoreError
from pytest_aquadata.generation.verify import verify_database


@pytest.fixture
def copy(small: Dataset, path: Path) -> Path:
    path.write_bytes(database_file(parse_url(small.url)).read_bytes())
    return path


def test_a_built_database_passes(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", f"--url=sqlite:///{copy}", "--only=fish"]) == 0
    assert "PASS  hard  fish-balance-of-a-batch" in capsys.readouterr().out


def test_a_changed_count_fails_the_balance_of_its_container(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute('UPDATE batch_mortalityevent SET "count" = "count" + 1 WHERE id = 1')
        connection.commit()
    assert main(["verify", f"--url=sqlite:///{copy}", "--only=fish"]) == 1
    assert "FAIL  hard  fish-balance-of-a-container" in capsys.readouterr().out


def test_an_unknown_check_is_refused_with_a_suggestion(copy: Path) -> None:
    with pytest.raises(SettingError, match="did you mean fish"):
        verify_database(f"sqlite:///{copy}", ["fsh"])


def test_a_missing_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        verify_database(f"sqlite:///{tmp_path / 'none.db'}")


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "text.db"
    file.write_text("this is no database at all, whatever it is called" * 20)
    with pytest.raises(StoreError, match="is no SQLite database"):
        verify_database(f"sqlite:///{file}")


def test_a_password_is_masked() -> None:
    with pytest.raises(StoreError) as refused:
        verify_database("postgresql+psycopg2://farmer:secret@127.0.0.1:1/farm")
    assert "secret" not in str(refused.value)
