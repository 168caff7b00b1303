"""Metadata that were damaged are reported in one line by every command."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pytest_aquadata.cli.main import EXIT_ERROR, main

Execute = Callable[..., None]
Scalar = Callable[[str], object]

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)

COMMANDS = (
    ("info",),
    ("verify", "--only", "fish"),
    ("wipe",),
    ("wipe", "--force"),
    ("grow",),
    ("seed", "small", "--append"),
    ("seed", "small", "--replace"),
    ("seed", "small", "--reuse"),
    ("seed", "small", "--resume"),
)
SET = "UPDATE aquadata_build SET value = {value} WHERE name = 'manifest'"
COPIED = "CREATE TABLE aquadata_build AS SELECT * FROM old"
DAMAGES = {
    "no JSON": (SET.format(value="'{nope'"),),
    "a list": (SET.format(value="'[1]'"),),
    "deep": (SET.format(value="replace(hex(zeroblob(50000)), '00', '[')"),),
    "null": ("ALTER TABLE aquadata_build RENAME TO old", COPIED, SET.format(value="NULL")),
    "twice": (
        "ALTER TABLE aquadata_build RENAME TO old",
        COPIED,
        "INSERT INTO aquadata_build SELECT * FROM old",
    ),
    "no UTF-8": (SET.format(value="CAST(x'ff00fe' AS text)"),),
    "bytes": (SET.format(value="x'7b7d'"),),
    "other columns": (
        "DROP TABLE aquadata_build",
        "CREATE TABLE aquadata_build (id integer, what text)",
    ),
}


def assert_one_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        capsys.readouterr()
        assert main([*command, "--url", url]) == EXIT_ERROR, command
        message = capsys.readouterr().err
        assert len(message.strip().splitlines()) == 1, message
        assert "aquadata_build" in message or "cannot be read" in message, message


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_is_reported_in_one_line(
    url: str, execute: Execute, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    execute(*DAMAGES[damage])
    assert_one_line(url, capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"seed": "one"},
        {"as_of": "never"},
        {"parts": None},
        {"parts": [{"name": "x"}]},
        {"growth": 1},
        {"seconds": []},
        {"digest": "00"},
    ],
    ids=str,
)
def test_a_damaged_manifest_is_reported_in_one_line(
    url: str,
    execute: Execute,
    scalar: Scalar,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, object],
) -> None:
    manifest = json.loads(str(scalar("SELECT value FROM aquadata_build WHERE name = 'manifest'")))
    text = json.dumps(manifest | change).replace("'", "''")
    execute(SET.format(value=f"'{text}'"))
    assert_one_line(url, capsys)
