"""Fixtures of all tests: runs of pytest, a cache of their own, and a schedule of two batches."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

pytest_plugins = ["pytester", "database_servers", "small_builds"]

_CACHE = "AQUADATA_CACHE_DIR"

Run = Callable[..., pytest.RunResult]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hide the developer's settings, and give all workers one temporary cache."""
    if hasattr(config, "workerinput"):
        return
    for name in [name for name in os.environ if name.startswith("AQUADATA_")]:
        if not name.startswith("AQUADATA_TEST_"):
            del os.environ[name]
    os.environ[_CACHE] = tempfile.mkdtemp(prefix="aquadata-tests-")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `quick` every test that is neither slow nor needs a server."""
    for item in items:
        if not any(item.get_closest_marker(name) for name in ("slow", "postgresql", "mariadb")):
            item.add_marker(pytest.mark.quick)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(_CACHE), ignore_errors=True)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A schedule file of two young batches, to be copied or read."""
    from pytest_aquadata.presets.documents import write_document
    from pytest_aquadata.presets.farm import load_farm
    from pytest_aquadata.presets.plan_requests import PlanRequest, plan_request

    request = PlanRequest(date(2024, 1, 1), batches=2, stagger_days=100, readings_per_day=0)
    schedule = plan_request(load_farm(), request).schedule
    grown = replace(schedule, as_of=request.as_of + timedelta(days=60))
    file = tmp_path_factory.mktemp("pair") / "pair.yaml"
    file.write_text(write_document(grown), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def pair_database(pair: Path) -> Path:
    """A database with the two young batches, to be copied or read."""
    from pytest_aquadata.generation.request import SeedRequest
    from pytest_aquadata.generation.seeding import plan_build, seed_database
    from pytest_aquadata.jobs.progress import Silent

    file = pair.with_suffix(".db")
    request = SeedRequest(str(pair), f"sqlite:///{file}")
    seed_database(plan_build(request), request, Silent()).close()
    return file


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs pytest in a subprocess with this plugin and xdist."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin,pytest_aquadata.plugin")

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-W", "error", *arguments)

    return run
