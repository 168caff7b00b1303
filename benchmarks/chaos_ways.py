"""The ways in which `chaos.py` writes a database: commands, fixtures, and changes of a database."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

COMMAND, PROCESSES, FOUR_PROCESSES = "command", "2 processes", "4 processes"
XDIST, FOUR_WORKERS = "pytest-xdist", "pytest-xdist with 4 workers"
CLONES, NO_CACHE = "clones", "no cache"
APPEND, WIPE, GROW = "append", "wipe", "grow"
WAYS = (
    *(COMMAND, PROCESSES, FOUR_PROCESSES, XDIST, FOUR_WORKERS, CLONES, NO_CACHE),
    *(APPEND, WIPE, GROW),
)
ON_SERVERS = (PROCESSES, FOUR_PROCESSES, XDIST, FOUR_WORKERS)
OF_PYTEST = {XDIST: 2, FOUR_WORKERS: 4, CLONES: 2, NO_CACHE: 2}
"""Ways that run tests, with the number of workers."""
CHANGES = (APPEND, WIPE, GROW)
"""Ways that change a database that exists; an interruption leaves it as it was."""
SECONDS_TO_HANG = 2.0
"""Time after which a process of the pool that does nothing is ended."""

_SETTINGS = (
    "from pytest_aquadata.generation import pipeline; pipeline._ROWS_WORTH_A_POOL = 0; "
    "from pytest_aquadata.jobs import worker_process; "
    f"worker_process.IDLE_LIMIT_S = {SECONDS_TO_HANG}"
)
_WITH_PROCESSES = (
    f"import sys; {_SETTINGS}; from pytest_aquadata.cli.main import main; "
    "sys.exit(main(sys.argv[1:]))"
)
_TEST = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_it({fixture}, number):
    assert len({fixture}.batches) == 8
"""


def command(
    way: str, folder: Path, url: str, cache_url: str | None, readings: list[str]
) -> list[str]:
    """Return the command of a way, and write the files that it needs.

    Args:
        way: one of `WAYS`.
        folder: current folder of the command.
        url: database to build into or to change.
        cache_url: server of the cache; the folder `data` if None.
        readings: the option `readings`, if any.
    """
    if way in OF_PYTEST:
        return _pytest_command(way, folder, cache_url, readings)
    options = [f"--{option}" for option in readings]
    if way in (WIPE, GROW):
        build = [f"--build={second_build(folder / 'data' / 'small.db')}"] if way == WIPE else []
        return [sys.executable, "-m", "pytest_aquadata", way, f"--url={url}", *build]
    program = ["-m", "pytest_aquadata"] if way == COMMAND else ["-c", _WITH_PROCESSES]
    workers = f"--workers={4 if way == FOUR_PROCESSES else 2}"
    how = ["--append", "--reuse", "--seed=2"] if way == APPEND else ["--resume", "--reuse"]
    return [sys.executable, *program, "seed", "small", f"--url={url}", workers, *how, *options]


def _pytest_command(
    way: str, folder: Path, cache_url: str | None, readings: list[str]
) -> list[str]:
    fixture = "aquadata_clone" if way == CLONES else "aquadata_small"
    (folder / "test_it.py").write_text(_TEST.format(fixture=fixture), encoding="utf-8")
    (folder / "conftest.py").write_text(_SETTINGS.replace("; ", "\n") + "\n", encoding="utf-8")
    cache = f"--aquadata-cache-url={cache_url}" if cache_url else "--aquadata-cache-dir=data"
    return [
        *(sys.executable, "-m", "pytest", f"-n{OF_PYTEST[way]}", "-p", "no:cacheprovider"),
        "--aquadata-no-cache" if way == NO_CACHE else cache,
        "--aquadata-workers=2",
        *(f"--aquadata-{option}" for option in readings),
    ]


def prepare(way: str, folder: Path, base: Path, appended: Path) -> None:
    """Copy the database that a way changes into its folder."""
    (folder / "data").mkdir(exist_ok=True)
    if way in CHANGES:
        shutil.copyfile(appended if way == WIPE else base, folder / "data" / "small.db")


def second_build(file: Path) -> str:
    """Return the digest of the build that was added to a database; empty if it has been wiped."""
    told = [sys.executable, "-m", "pytest_aquadata", "info", f"--url=sqlite:///{file}", "--json"]
    builds = json.loads(subprocess.run(told, check=True, capture_output=True).stdout)
    return builds["digest"]


def rows_of(file: Path) -> str:
    """Return the number of rows in each table of a SQLite file."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        return str(
            {
                name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for (name,) in names.fetchall()
            }
        )
