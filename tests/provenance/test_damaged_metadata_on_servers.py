"""Manifests on servers that were damaged are reported in one line; nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.cli.main import EXIT_ERROR, main

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("kind", ["postgresql", "mariadb"], indirect=True),
]

Scalar = Callable[[str], object]

REMOVING = (("wipe", "--force"), ("seed", "PAIR", "--replace"))
COMMANDS = (
    *REMOVING,
    ("info",),
    ("verify", "--only", "fish"),
    ("grow",),
    ("seed", "PAIR", "--append"),
    ("seed", "PAIR", "--reuse"),
)
NO_NAME = 'a\0b"; DROP'
ROWS = {"rows": 1, "digest": "0", "first_key": 1, "last_key": 1}


def unreadable(text: str) -> list[str]:
    """Return texts that are no manifest, which every command refuses."""
    wrong = json.dumps(json.loads(text) | {"parts": 7})
    return [text[: len(text) // 2], "[" * 100_000, "", wrong]


def wrong(text: str) -> list[str]:
    """Return manifests of other rows than the database holds: nothing is removed by them."""
    manifest: dict[str, Any] = json.loads(text)
    del manifest["digest"]
    *others, part = manifest["parts"]
    changed: list[dict[str, object]] = [
        {"tables": part["tables"] | {NO_NAME: ROWS}},
        {"tables": {}},
        {"name": NO_NAME, "tables": {"batch_batch": ROWS}},
    ]
    return [json.dumps(manifest | {"parts": [*others, part | change]}) for change in changed]


def test_a_damaged_manifest_is_reported_in_one_line(
    url: str, scalar: Scalar, pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    update = sa.text("UPDATE aquadata_build SET value = :value WHERE name = 'manifest'")
    text = str(scalar("SELECT value FROM aquadata_build WHERE name = 'manifest'"))
    rows = scalar("SELECT count(*) FROM batch_mortalityevent")
    messages = []
    tried = [(value, COMMANDS) for value in unreadable(text)]
    tried += [(value, REMOVING) for value in wrong(text)]
    for value, commands in tried:
        with engine.begin() as connection:
            connection.execute(update, {"value": value})
        for command in commands:
            capsys.readouterr()
            given = [str(pair) if argument == "PAIR" else argument for argument in command]
            assert main([*given, "--url", url]) == EXIT_ERROR, (command, value[:80])
            messages.append(capsys.readouterr().err.strip())
    with engine.begin() as connection:
        connection.execute(update, {"value": text})
    assert [message for message in messages if len(message.splitlines()) != 1] == []
    assert scalar("SELECT count(*) FROM batch_mortalityevent") == rows
