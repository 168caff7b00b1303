"""Text for messages."""

from __future__ import annotations

import errno

import pytest

from pytest_aquadata.text import error_line, nearest, size_text


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("first\n  second"), "first second"),
        (OSError(errno.ENOENT, "No such file", "farm.yaml"), "farm.yaml: No such file"),
        (OSError(errno.ENOSPC, "No space left"), "No space left"),
        (OSError("closed"), "closed"),
        (ValueError("no postgresql://me:secret@host/farm"), "no postgresql://me:***@host/farm"),
    ],
)
def test_an_error_fits_in_one_line(error: Exception, line: str) -> None:
    assert error_line(error) == line


def test_the_nearest_name_is_the_most_similar_one() -> None:
    assert nearest("fry", ["Fry", "Parr", "Smolt"]) == "Fry"
    assert nearest("xyz", ["Parr"]) == "Parr"
    assert nearest("xyz", ["Parr"], similarity=0.6) == ""
    assert nearest("xyz", []) == ""


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1 kB"),
        (40_960, "41 kB"),
        (4_000_000, "4.0 MB"),
        (2.5e9, "2.5 GB"),
    ],
)
def test_a_size_is_told_in_a_unit_that_shows_it(size, text):
    assert size_text(size) == text
