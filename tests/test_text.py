"""Text for messages."""

from __future__ import annotations

import errno

import pytest

from pytest_aquadata.text import error_line, mask_password, nearest


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("sqlite:///farm.db", "sqlite:///farm.db"),
        ("postgresql://me@host/farm", "postgresql://me@host/farm"),
        ("postgresql://me:secret@host:5432/farm", "postgresql://me:***@host:5432/farm"),
        ("mysql+pymysql://me:se@c/r:et@host/farm", "mysql+pymysql://me:***@host/farm"),
        ("postgresql://:secret@host/farm", "postgresql://:***@host/farm"),
        ("postgresql:///farm?user=me&password=secret", "postgresql:///farm?user=me&password=***"),
    ],
)
def test_passwords_are_masked(url: str, masked: str) -> None:
    assert mask_password(url) == masked


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("first\n  second"), "first second"),
        (OSError(errno.ENOENT, "No such file", "farm.yaml"), "farm.yaml: No such file"),
        (OSError(errno.ENOSPC, "No space left"), "No space left"),
        (OSError("closed"), "closed"),
    ],
)
def test_an_error_fits_in_one_line(error: Exception, line: str) -> None:
    assert error_line(error) == line


def test_the_nearest_name_is_the_most_similar_one() -> None:
    assert nearest("fry", ["Fry", "Parr", "Smolt"]) == "Fry"
    assert nearest("xyz", ["Parr"]) == "Parr"
    assert nearest("xyz", ["Parr"], similarity=0.6) == ""
    assert nearest("xyz", []) == ""
