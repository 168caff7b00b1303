"""The example projects: their tests pass, in one process and in two."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS = {
    "data-quality": ["pandas"],
    "django-project": ["django", "pytest_django"],
    "fastapi-service": ["fastapi", "httpx2"],
    "own-preset-and-farm": [],
    "plain-sqlalchemy": [],
}


PLUGINS = {"django-project": ["pytest_django.plugin"]}
TOO_SLOW = {("django-project", "-n2")}
"""Each process would fill a database of its own."""


@pytest.mark.parametrize(
    ("name", "processes"),
    [
        (name, processes)
        for name in NEEDS
        for processes in ("-n0", "-n2")
        if (name, processes) not in TOO_SLOW
    ],
)
def test_the_tests_of_an_example_pass(
    pytester: pytest.Pytester,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    processes: str,
) -> None:
    for module in NEEDS[name]:
        pytest.importorskip(module, reason=f"pip install {module.replace('_', '-')}")
    ignore = shutil.ignore_patterns("__pycache__", "*.db")
    shutil.copytree(EXAMPLES / name, pytester.path, ignore=ignore, dirs_exist_ok=True)
    plugins = [os.environ["PYTEST_PLUGINS"], *PLUGINS.get(name, [])]
    monkeypatch.setenv("PYTEST_PLUGINS", ",".join(plugins))
    outcomes = run(processes).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] >= 4


def test_every_example_is_run_and_listed() -> None:
    folders = {file.parent.name for file in EXAMPLES.glob("*/pyproject.toml")}
    assert folders == set(NEEDS)
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\S+)` \|", listed, re.MULTILINE)) == folders


@pytest.mark.parametrize("name", NEEDS)
def test_an_example_declares_its_dependencies(name: str) -> None:
    project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text(encoding="utf-8"))
    requirements = (
        project["project"]["dependencies"] + project["project"]["optional-dependencies"]["test"]
    )
    names = {re.split(r"[>\[]", text)[0].lower().replace("-", "_") for text in requirements}
    assert "pytest_aquadata" in names
    assert set(NEEDS[name]) <= names
