"""What all tests share: pytest runs inside pytest, and a cache that goes when they are done."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable

import pytest

pytest_plugins = ["pytester", "database_servers"]

_CACHE = "AQUADATA_CACHE_DIR"

Run = Callable[..., pytest.RunResult]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """No setting of the developer's reaches the tests; all workers share one cache."""
    if hasattr(config, "workerinput"):
        return
    for name in [name for name in os.environ if name.startswith("AQUADATA_")]:
        if not name.startswith("AQUADATA_TEST_"):
            del os.environ[name]
    os.environ[_CACHE] = tempfile.mkdtemp(prefix="aquadata-tests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(_CACHE), ignore_errors=True)


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest in a process of its own with this plugin and xdist; warnings are errors."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin,pytest_aquadata.plugin")

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-W", "error", *arguments)

    return run
