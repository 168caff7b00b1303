"""A few rounds of the benchmark that interrupts builds; all of it takes a quarter of an hour."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHAOS = Path(__file__).parents[2] / "benchmarks" / "chaos.py"


@pytest.mark.skipif(not CHAOS.exists(), reason="benchmarks are in the repository only")
def test_builds_that_are_killed_can_be_resumed() -> None:
    done = subprocess.run(
        [sys.executable, str(CHAOS), "--builds=3", "--races=1", "--readings=0"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 builds, " in done.stdout
    assert "1 races: one built, both right" in done.stdout
