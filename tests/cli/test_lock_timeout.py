"""`--lock-timeout`: `aquadata seed` waits while another process builds into the same database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_aquadata.cli.main import EXIT_ERROR, main
from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.jobs.build_lock import BuildLock

pytestmark = pytest.mark.slow

BUILDER = """
import time
from pathlib import Path
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import build_lock_for, seed_locked
from pytest_aquadata.jobs.progress import Silent

request = SeedRequest("pair.yaml", "sqlite:///pair.db")
with build_lock_for(request.url):
    print("locked", flush=True)
    while not Path("another process waits").exists():
        time.sleep(0.01)
    seed_locked(request, Silent()).close()
"""
"""Locks `pair.db`, and builds it as soon as another process waits for the lock."""
CONFTEST = """
from pathlib import Path
from pytest_aquadata.jobs.build_lock import BuildLock

try_lock = BuildLock._try

def try_and_report(lock):
    acquired = try_lock(lock)
    if not acquired:
        Path("another process waits").touch()
    return acquired

BuildLock._try = try_and_report
"""
SEED = ("seed", "pair.yaml")


@pytest.fixture(autouse=True)
def _builder(tmp_path: Path, pair: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that holds the build lock of `pair.db`, of another test run than this one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_XDIST_TESTRUNUID", raising=False)
    shutil.copy(pair, tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", BUILDER],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
        process.kill()


@pytest.fixture
def _build_while_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other process builds as soon as this one waits for the lock."""
    try_lock = BuildLock._try

    def try_and_report(lock: BuildLock) -> bool:
        acquired = try_lock(lock)
        if not acquired:
            Path("another process waits").touch()
        return acquired

    monkeypatch.setattr(BuildLock, "_try", try_and_report)


def test_without_a_timeout_a_second_build_is_refused_at_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(SEED) == EXIT_ERROR
    assert "is building pair.db right now; wait for it to finish" in capsys.readouterr().err


def test_a_second_build_is_refused_when_the_timeout_is_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*SEED, "--lock-timeout=1"]) == EXIT_ERROR
    assert "is building pair.db right now after 1 s" in capsys.readouterr().err


@pytest.mark.usefixtures("_build_while_waiting")
def test_the_finished_build_can_be_reused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*SEED, "--lock-timeout=300", "--reuse"]) == 0
    output = capsys.readouterr()
    assert "aquadata: waiting for process" in output.err
    assert output.out.startswith("preset planned, seed 1")


@pytest.mark.usefixtures("_build_while_waiting")
def test_the_finished_build_is_kept_unless_it_may_be_replaced(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*SEED, "--lock-timeout=300", "--seed=2"]) == EXIT_ERROR
    assert "pair.db already holds data" in capsys.readouterr().err
    with open_dataset("sqlite:///pair.db") as dataset:
        assert dataset.manifest.seed == 1


@pytest.mark.usefixtures("_build_while_waiting")
def test_the_finished_build_can_be_replaced() -> None:
    assert main([*SEED, "--lock-timeout=300", "--seed=2", "--replace"]) == 0
    with open_dataset("sqlite:///pair.db") as dataset:
        assert dataset.manifest.seed == 2


def test_pytest_has_the_option_too(tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text(CONFTEST, encoding="utf-8")
    options = ("preset=pair.yaml", "url=sqlite:///pair.db", "seed-only", "reuse")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"--aquadata-{option}" for option in options)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "pytest_aquadata.plugin",
            "AQUADATA_LOCK_TIMEOUT": "300",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "preset planned, seed 1" in done.stdout
