"""The examples are real projects: each one's tests pass, alone and spread over two processes."""

from __future__ import annotations

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
    "fastapi-service": ["fastapi", "httpx2"],
    "own-preset-and-farm": [],
    "plain-sqlalchemy": [],
}


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
@pytest.mark.parametrize("name", NEEDS)
def test_an_example_passes(pytester: pytest.Pytester, run: Run, name: str, processes: str) -> None:
    for module in NEEDS[name]:
        pytest.importorskip(module, reason=f"pip install {module}")
    shutil.copytree(EXAMPLES / name, pytester.path, dirs_exist_ok=True)
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
    names = {re.split(r"[>\[]", one)[0] for one in needed}
    assert "pytest-aquadata" in names
    assert set(NEEDS[name]) <= names
