"""Names of test folders: none is one that pytest skips by default, such as `build`."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def test_no_folder_of_tests_is_skipped_by_name(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("norecursedirs")
    folders = {file.parent.relative_to(TESTS) for file in TESTS.rglob("test_*.py")}
    names = {name for folder in folders for name in folder.parts}
    assert {"generation", "plugin"} <= names
    assert not [name for name in names if any(fnmatch(name, pattern) for pattern in patterns)]
