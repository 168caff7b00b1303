"""`--lock-timeout`: `aquadata seed` waits while another process builds into the same database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_aquadata.cli.main import EXIT_ERROR, main
from pytest_aquadata.datasets.dataset import open_dataset

BUILDER = """
import sys
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import build_lock_for, seed_locked
from pytest_aquadata.jobs.progress import Silent

request = SeedRequest("pair.yaml", "sqlite:///pair.db")
with build_lock_for(request.url):
    print("locked", flush=True)
    sys.stdin.readline()
    seed_locked(request, Silent()).close()
"""
SEED = ("seed", "pair.yaml")


@pytest.fixture
def release(
    tmp_path: Path, pair: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], object]]:
    """A process that holds the build lock of `pair.db`; it builds and ends when released."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(pair, tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", BUILDER],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "locked\n"
        yield process.stdin.close
        process.kill()


def test_without_a_timeout_a_second_build_is_refused_at_once(
    release: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(SEED) == EXIT_ERROR
    assert "is building pair.db right now; wait for it to finish" in capsys.readouterr().err


def test_a_second_build_is_refused_when_the_timeout_is_over(
    release: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*SEED, "--lock-timeout=1"]) == EXIT_ERROR
    assert "is building pair.db right now after 1 s" in capsys.readouterr().err


def test_the_finished_build_can_be_reused(
    release: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    threading.Timer(1.0, release).start()
    assert main([*SEED, "--lock-timeout=300", "--reuse"]) == 0
    output = capsys.readouterr()
    assert "aquadata: waiting for process" in output.err
    assert output.out.startswith("preset planned, seed 1")


def test_the_finished_build_is_kept_unless_it_may_be_replaced(
    release: Callable[[], object], capsys: pytest.CaptureFixture[str]
) -> None:
    threading.Timer(1.0, release).start()
    assert main([*SEED, "--lock-timeout=300", "--seed=2"]) == EXIT_ERROR
    assert "pair.db already holds data" in capsys.readouterr().err
    with open_dataset("sqlite:///pair.db") as dataset:
        assert dataset.manifest.seed == 1


def test_the_finished_build_can_be_replaced(release: Callable[[], object]) -> None:
    threading.Timer(1.0, release).start()
    assert main([*SEED, "--lock-timeout=300", "--seed=2", "--replace"]) == 0
    with open_dataset("sqlite:///pair.db") as dataset:
        assert dataset.manifest.seed == 2


def test_pytest_has_the_option_too(release: Callable[[], object]) -> None:
    threading.Timer(1.0, release).start()
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
