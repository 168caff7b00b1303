"""Imports follow the contracts, and the installed plugin loads no heavy module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = {
    "cattrs",
    "factory",
    "faker",
    "filelock",
    "numpy",
    "psycopg2",
    "rich",
    "sqlalchemy",
    "yaml",
}
LIST_MODULES = """
import json, sys
import pytest
code = pytest.main(sys.argv[1:])
print(json.dumps([int(code), sorted({name.split(".")[0] for name in sys.modules})]))
"""


def test_imports_follow_the_contracts() -> None:
    """Run import-linter in a process of its own: it disables all existing loggers."""
    command = "from importlinter.cli import lint_imports as l; raise SystemExit(l(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def loaded_modules(folder: Path, *arguments: str) -> set[str]:
    """Return the top-level modules that a pytest session without tests loads."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, "--collect-only", *arguments],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    return set(modules)


def test_the_plugin_loads_nothing_heavy(tmp_path: Path) -> None:
    without = loaded_modules(tmp_path)
    with_plugin = loaded_modules(tmp_path, "-p", "pytest_aquadata.plugin")
    assert "pytest_aquadata" in with_plugin
    assert "pytest_aquadata" not in without
    assert not HEAVY & (with_plugin - without)


def test_the_command_loads_nothing_heavy_to_show_its_help() -> None:
    code = (
        "import sys; from pytest_aquadata.cli import main; main.main(['info', '--url', 'x']); "
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_the_plugin_and_the_command_are_registered() -> None:
    (plugin,) = entry_points(group="pytest11", name="aquadata")
    (command,) = entry_points(group="console_scripts", name="aquadata")
    assert plugin.value == "pytest_aquadata.plugin"
    assert command.value == "pytest_aquadata.cli.main:main"
