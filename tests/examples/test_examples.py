"""The examples are real projects: each one's tests pass, alone and spread over two processes."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

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
"""Every process fills a database of its own there."""


@pytest.mark.parametrize(
    ("name", "processes"),
    [
        (name, processes)
        for name in NEEDS
        for processes in ("-n0", "-n2")
        if (name, processes) not in TOO_SLOW
    ],
)
def test_an_example_passes(
    pytester: pytest.Pytester,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    processes: str,
) -> None:
    for module in NEEDS[name]:
        pytest.importorskip(module, reason=f"pip install {module.replace('_', '-')}")
    left_out = shutil.ignore_patterns("__pycache__", "*.db")
    shutil.copytree(EXAMPLES / name, pytester.path, ignore=left_out, dirs_exist_ok=True)
    plugins = [os.environ["PYTEST_PLUGINS"], *PLUGINS.get(name, [])]
    monkeypatch.setenv("PYTEST_PLUGINS", ",".join(plugins))
    outcomes = run(processes).parseoutcomes()
    assert outcomes.keys() == {"passed"}
    assert outcomes["passed"] >= 4


def test_every_example_is_run_and_listed() -> None:
    folders = {found.parent.name for found in EXAMPLES.glob("*/pyproject.toml")}
    assert folders == set(NEEDS)
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\S+)` \|", listed, re.MULTILINE)) == folders


@pytest.mark.parametrize("name", NEEDS)
def test_an_example_says_what_it_needs(name: str) -> None:
    project = tomllib.loads((EXAMPLES / name / "pyproject.toml").read_text(encoding="utf-8"))
    needed = (
        project["project"]["dependencies"] + project["project"]["optional-dependencies"]["test"]
    )
    names = {re.split(r"[>\[]", one)[0].lower().replace("-", "_") for one in needed}
    assert "pytest_aquadata" in names
    assert set(NEEDS[name]) <= names
