"""What a process of the pool imports: nothing of the project that it is started in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SHADOWED = (
    *("calendar", "random", "queue", "select", "types", "token", "statistics", "ctypes", "pickle"),
    *("yaml", "numpy", "sqlalchemy", "filelock", "platformdirs", "cattrs", "psycopg2", "conftest"),
    *("sitecustomize", "usercustomize"),
)
RUNS = "from pathlib import Path\n(Path(__file__).parent / 'ran').touch()\nraise RuntimeError\n"
SCRIPT = """
import os
import sys
sys.path = [folder for folder in sys.path if folder != sys.argv[1]]
import numpy
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.jobs.process_pool import ProcessPool
from pytest_aquadata.presets.documents import write_document
sys.path.insert(0, "")
sys.path.insert(0, sys.argv[1])
import os.path
with ProcessPool(1, write_document, {"name": 1}) as pool:
    print(pool.submit(eval, "__import__('sys').path").result())
    print(pool.submit(eval, "__import__('numpy').__file__").result() == numpy.__file__)
    print(pool.submit(eval, "__import__('pytest_aquadata').__file__").result())
    print(pool.submit(write_document, {"name": 2}).result())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of modules with names of others; each leaves a mark when it is imported."""
    for name in SHADOWED:
        (tmp_path / f"{name}.py").write_text(RUNS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("way", ["script", "command", "input", "interactive"])
def test_modules_of_the_project_are_not_imported(project: Path, way: str) -> None:
    script = project / "scripts" / "script.py"
    script.parent.mkdir()
    script.write_text(SCRIPT, encoding="utf-8")
    program = {
        "script": [str(script)],
        "command": ["-P", "-c", SCRIPT],
        "input": ["-P", "-", str(project)],
        "interactive": ["-P", "-i", "-c", SCRIPT],
    }[way]
    done = subprocess.run(
        [sys.executable, *program, str(project)],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(project / "none")])},
        input=SCRIPT if way == "input" else "",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    path, same_numpy, package, document = done.stdout.split("\n")[:4]
    assert str(project) not in path
    assert same_numpy == "True"
    assert package == sys.modules["pytest_aquadata"].__file__
    assert document == "name: 2"
    assert not (project / "ran").exists()
