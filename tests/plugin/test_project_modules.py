"""A project's modules with the names of packages that the plugin imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MARK = "from pathlib import Path\nPath('ran').touch()\nraise RuntimeError\n"
NAMES = ("yaml", "cattrs", "calendar", "statistics", "numpy", "sqlalchemy", "filelock")


@pytest.fixture
def project(pytester: pytest.Pytester, pair: Path) -> Path:
    """Tests beside modules of other names, in a folder that pytest puts first in the path."""
    for name in NAMES:
        pytester.makepyfile(**{f"tests/{name}": MARK})
    pytester.makepyfile(
        **{
            "tests/conftest": f"""
            import pytest
            @pytest.fixture(scope="session")
            def aquadata_schedule():
                return {str(pair)!r}
            """,
            "tests/test_it": "def test_it(aquadata_as_of): assert aquadata_as_of.year == 2024",
        }
    )
    return pytester.path


def test_modules_beside_the_tests_are_not_imported(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=prepend"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert "1 passed" in done.stdout, done.stdout
    assert not (project / "ran").exists()


def test_a_module_that_a_test_has_imported_is_named(
    project: Path, pytester: pytest.Pytester
) -> None:
    importing = "import yaml\ndef test_it(aquadata_as_of): assert aquadata_as_of"
    pytester.makepyfile(**{"tests/yaml": "", "tests/test_it": importing})
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "--import-mode=prepend"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=project,
        capture_output=True,
        text=True,
    )
    assert "tests/yaml.py has been imported as yaml" in done.stdout
    assert "Traceback" not in done.stdout
    assert "During handling" not in done.stdout


def test_the_command_does_not_import_modules_of_the_current_folder(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest_aquadata", "plan", "--preset=small"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=project / "tests",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not (project / "tests" / "ran").exists()
