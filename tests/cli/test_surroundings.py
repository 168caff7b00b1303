"""The command on small terminals, in ASCII, and where nothing can be written."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_aquadata.cli import plan
from pytest_aquadata.cli.main import EXIT_ERROR, main

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-W", "error", "-b", "-m", "pytest_aquadata")
GROWTH = "best-temperature-for-growth"
UNIX = pytest.mark.skipif(sys.platform == "win32", reason="needs the devices of Unix")


@pytest.fixture(autouse=True)
def database(tmp_path: Path, pair_database: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a database with two batches, in the current folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(pair_database, tmp_path / "pair.db")
    return "sqlite:///pair.db"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that must fail with one line, and return the line."""

    def refused(*arguments: str) -> str:
        assert main(arguments) == EXIT_ERROR
        (line,) = capsys.readouterr().err.splitlines()
        return line.removeprefix("aquadata: ")

    return refused


@pytest.mark.parametrize("character", ["\x1b", "\x00", "\n", "\u202e", "\udc80"])
def test_control_characters_in_arguments_are_refused(
    refused: Callable[..., str], character: str
) -> None:
    for arguments in (
        ("seed", f"sm{character}all"),
        ("plan", "--batches", "2", "-o", f"a{character}.yaml"),
        ("grow", "--url", "sqlite:///pair.db", "--batch", f"x{character}"),
        ("info", "--url", f"sqlite:///a{character}.db"),
        (f"se{character}ed",),
    ):
        line = refused(*arguments)
        assert line.endswith("has control characters; leave them out")
        assert line.isprintable()
    assert [file.name for file in Path().iterdir()] == ["pair.db"]


def test_control_characters_in_a_variable_are_refused(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AQUADATA_URL", "sqlite:///a\x1b.db")
    assert refused("info").startswith("AQUADATA_URL: must have no control characters, not ")


@pytest.mark.parametrize(
    "options", [("--append", "--replace"), ("--append", "--resume"), ("--replace", "--reuse")]
)
def test_contradicting_options_are_refused(
    refused: Callable[..., str], options: tuple[str, str]
) -> None:
    line = refused("seed", "small", "--url", "sqlite:///new.db", *options)
    assert line == f"{options[0]} and {options[1]} contradict each other: give one of them"
    assert not Path("new.db").exists()


def test_too_little_memory_is_reported_in_one_line(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhaust(_: object) -> list[str]:
        raise MemoryError

    monkeypatch.setattr(plan, "run", exhaust)
    assert refused("plan", "--batches", "2").startswith("there is not enough memory")


@UNIX
def test_an_output_that_is_no_file_is_refused(refused: Callable[..., str]) -> None:
    os.mkfifo("pipe.yaml")
    assert refused("plan", "--batches", "2", "-o", "pipe.yaml", "--force") == (
        "-o pipe.yaml: is no file"
    )
    assert Path("pipe.yaml").is_fifo()


def test_an_output_that_cannot_be_written_is_reported_in_one_line(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", ".plan.yaml.part")

    monkeypatch.setattr(plan, "write_atomically", no_space)
    assert refused("plan", "--batches", "2", "-o", "plan.yaml") == (
        "-o plan.yaml: cannot be written: No space left on device"
    )


def test_output_in_ascii_has_escapes(database: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    verify = (*COMMAND, "verify", "--url", database)
    result = subprocess.run(
        [*verify, "--only", "soft"], capture_output=True, env=environment, check=True
    )
    assert b"n/a " in result.stdout
    assert result.stdout.isascii()
    assert not result.stderr
    result = subprocess.run(
        [*verify, "--only", GROWTH, "--json"], capture_output=True, env=environment, check=True
    )
    (values,) = json.loads(result.stdout)["results"]
    assert values["unit"] == "°C"


@UNIX
def test_a_full_device_is_reported_in_one_line(database: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*COMMAND, "info", "--url", database],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert result.returncode == EXIT_ERROR
    assert result.stderr == b"aquadata: cannot write the result: No space left on device\n"


@UNIX
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_are_no_error(database: str, closed: str) -> None:
    command = " ".join([*COMMAND, "info", "--url", database, closed])
    result = subprocess.run(command, shell=True, capture_output=True, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


@UNIX
@pytest.mark.parametrize("flags", ["-O", "-OO"])
def test_it_runs_without_assertions_and_docstrings(database: str, flags: str) -> None:
    command = [sys.executable, flags, "-m", "pytest_aquadata", "info", "--url", database]
    result = subprocess.run(command, capture_output=True, check=True, text=True)
    assert "2 batches" in result.stdout


@UNIX
@pytest.mark.parametrize("arguments", [("verify",), ("info",), ("grow",)])
def test_lines_fit_a_terminal_of_80_columns(database: str, arguments: tuple[str, ...]) -> None:
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "dumb"}
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--url", database],
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    os.close(terminal)
    output = b""
    while True:
        try:
            read = os.read(controller, 65536)
        except OSError:
            break
        if not read:
            break
        output += read
    os.close(controller)
    assert process.wait() == 0
    lines = output.decode().splitlines()
    assert len(lines) > 3
    assert [line for line in lines if len(line) > 80] == []
