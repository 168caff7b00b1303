"""The `aquadata` command."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
import yaml

from pytest_aquadata.cache.filesystem import FilesystemCache
from pytest_aquadata.cli.main import EXIT_ERROR, EXIT_INTERRUPTED, _parser, main
from pytest_aquadata.generation import seeding

pytestmark = pytest.mark.slow

Refused = Callable[..., str]

COMMAND = (sys.executable, "-m", "pytest_aquadata")
QUICK = ("seed", "pair.yaml")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, pair: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with `pair.yaml`, a schedule that is quick to seed."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(pair, tmp_path)
    return tmp_path


@pytest.fixture
def seeded(folder: Path, pair_database: Path) -> Path:
    """The database that `QUICK` builds."""
    return Path(shutil.copy(pair_database, folder))


@pytest.fixture
def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that must fail with one line and change no file; return the line."""

    def refused(*arguments: str) -> str:
        before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
        capsys.readouterr()
        assert main(arguments) == EXIT_ERROR
        output = capsys.readouterr()
        assert not output.out
        (line,) = output.err.splitlines()
        assert line.startswith("aquadata: ")
        assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before
        return line.removeprefix("aquadata: ")

    return refused


def test_seed_builds_and_shows_progress_and_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["seed", "small", "--readings=0", "--log-dir=logs"]) == 0
    output = capsys.readouterr()
    assert re.match(r"aquadata: keeping the feed ledger, \d+ s\n", output.err)
    assert re.search(
        r"^8 batches, [\d,]+ rows, [\d.]+ MB, [\d.]+ s, [\d,]+ rows/s$", output.out, re.M
    )
    assert re.search(r"^digest \w{64}$", output.out, re.M)
    assert sorted(file.name for file in folder.iterdir()) == ["logs", "pair.yaml", "small.db"]
    assert len(list(folder.joinpath("logs").iterdir())) > 8


def test_seed_takes_its_settings_from_the_environment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PRESET": "pair.yaml",
        "READINGS": "0",
        "SEED": "3",
        "AS_OF": "2024-01-31",
        "URL": "sqlite:///mine.db",
    }.items():
        monkeypatch.setenv(f"AQUADATA_{name}", value)
    assert main(["seed", "--seed=4"]) == 0
    assert "preset planned, seed 4, as of 2024-01-31" in capsys.readouterr().out
    assert Path("mine.db").is_file()


def test_info_prints_the_summary_of_seed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(QUICK) == 0
    summary = capsys.readouterr().out
    assert main(["info", "--url=sqlite:///pair.db"]) == 0
    assert capsys.readouterr().out == summary


def test_info_prints_json(seeded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "--url=sqlite:///pair.db", "--json"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert info["preset"] == "planned"
    assert (info["seed"], info["as_of"]) == (1, "2024-03-01")
    assert sum(group["batches"] for group in info["batches"]) == 2
    assert {group["status"] for group in info["batches"]} == {"ACTIVE"}
    assert info["rows"]["batch_batch"] == 2
    assert info["total_rows"] == sum(info["rows"].values())
    assert info["size_bytes"] == seeded.stat().st_size
    assert len(info["digest"]) == 64
    assert {site["what"] for site in info["utilisation"]} == {"halls", "rings"}


def test_a_preset_can_be_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--preset", "small"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("8 batches fit (4 in Faroe Islands, 4 in Scotland), from ")
    assert re.search(
        r"^about [\d,]+ rows, [\d.]+ MB, \d+ s to build, as of 2025-11-21$", output, re.M
    )
    assert re.search(r"^  Scotland +rings +400 ", output, re.M)
    assert "are the fullest" in output


def test_a_number_of_batches_can_be_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--batches=30", "--stagger=10"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("30 batches fit (15 in Faroe Islands, 15 in Scotland)")
    assert "the stagger is the limit: one start every 10 days" in output


def test_as_many_as_fit_can_be_planned(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--years=4", "--stagger=3", "--saturation=0.5"]) == 0
    output = capsys.readouterr().out
    assert re.search(
        r"^\d+ starts found no free hall for stage \d in Scotland \(5 may be used\), the first on",
        output,
        re.M,
    )


def test_a_plan_is_written_and_can_be_seeded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--batches=2", "--stagger=120", "-o", "two.yaml"]) == 0
    assert "written to two.yaml" in capsys.readouterr().out
    assert {file.name for file in folder.iterdir()} == {"pair.yaml", "two.yaml"}
    assert main(["seed", "two.yaml", "--readings=0"]) == 0
    assert "2 batches" in capsys.readouterr().out
    assert Path("two.db").is_file()


def test_an_existing_plan_is_overwritten_only_with_force(refused: Refused) -> None:
    plan = ("plan", "--batches=2", "-o", "two.yaml")
    assert main(plan) == 0
    assert refused(*plan) == "-o two.yaml: already exists; --force overwrites it"
    assert main([*plan, "--force"]) == 0


def test_a_plan_names_its_farm_file_relative_to_itself(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import resources

    farm = resources.files("pytest_aquadata.presets").joinpath("standard_farm.yaml")
    folder.joinpath("farms").mkdir()
    folder.joinpath("plans").mkdir()
    text = farm.read_text(encoding="utf-8")
    folder.joinpath("farms", "mine.yaml").write_text(text, encoding="utf-8")
    wish = ["plan", "--batches=2", "--farm=farms/mine.yaml", "-o", "plans/two.yaml"]
    assert main(wish) == 0
    written = yaml.safe_load(folder.joinpath("plans", "two.yaml").read_text(encoding="utf-8"))
    assert written["farm"] == "../farms/mine.yaml"
    monkeypatch.chdir(folder / "farms")
    again = ["plan", "--preset=../plans/two.yaml", "--as-of=2025-12-24", "-o", "again.yaml"]
    assert main(again) == 0
    written = yaml.safe_load(Path("again.yaml").read_text(encoding="utf-8"))
    assert written["farm"] == "mine.yaml"
    assert str(written["as_of"]) == "2025-12-24"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND (see aquadata --help)"),
        (["sow"], "invalid choice: 'sow'"),
        (["seed"], "say what to seed: aquadata seed PRESET, one of small, medium, full, uat"),
        (["seed", "medum"], "unknown preset 'medum': did you mean medium?"),
        (["seed", "small", "--preset=full"], "seed small, or --preset full? name one of them"),
        (["seed", "small", "--seed=abc"], "--seed: must be a whole number from 0 to"),
        (["seed", "small", "--as-of=yesterday"], "--as-of: must be a date from"),
        (["seed", "small", "--seed"], "argument --seed: expected one argument"),
        (["seed", "small", "--sed=1"], "unrecognized arguments: --sed=1"),
        (["seed", "small", "--url=small.db"], "--url: must be a database URL"),
        (["seed", "small", "--replace", "--reuse"], "contradict each other"),
        (["seed", "none.yaml"], "none.yaml: there is no such file"),
        (["seed", "broken.yaml"], "broken.yaml: line 3: is not valid YAML"),
        (["seed", "small", "--farm=broken.yaml"], "broken.yaml: line 3: is not valid YAML"),
        (["seed", "small", "--url=sqlite:///broken.yaml"], "broken.yaml"),
        (["seed", "small", "--url=sqlite:///."], "it is no file"),
        (["seed", "small", "--url=sqlite:///no/small.db"], "there is no folder"),
        (["seed", "small", "--url=sqlite://"], "names no file"),
        (["plan"], "say what to plan: a number of --batches"),
        (["plan", "--batches=x"], "argument --batches: invalid int value: 'x'"),
        (["plan", "--batches=0"], "--batches must be at least 1, not 0"),
        (
            ["plan", "--batches=300", "--stagger=2"],
            "300 batches with a start every 2 days do not fit",
        ),
        (["plan", "--years=nan"], "--years must be above 0"),
        (["plan", "--years=0.001"], "use more --years"),
        (["plan", "--years=1", "--saturation=2"], "--saturation must be above 0 and at most 1"),
        (["plan", "--years=1", "--preset=small"], "leave out --batches and --years"),
        (["plan", "--preset=small", "--stagger=3"], "go with --batches or --years"),
        (["plan", "--preset=small", "-o", "plan.txt"], "ends in .yaml"),
        (["plan", "--preset=small", "-o", "no/plan.yaml"], "there is no folder no"),
        (["info"], "say which database"),
        (
            ["grow", "--since=yesterday"],
            "--since: must be a date written like 2025-11-21, not 'yes",
        ),
        (["info", "--url=sqlite:///none.db"], "there is no database none.db"),
        (["info", "--url=sqlite:///broken.yaml"], "broken.yaml"),
        (["info", "--url=sqlite:///foreign.db"], "was not built by aquadata"),
    ],
)
def test_an_error_is_one_line_and_changes_no_file(
    folder: Path, refused: Refused, arguments: list[str], message: str
) -> None:
    folder.joinpath("broken.yaml").write_text("name: x\nbatches: [\n", encoding="utf-8")
    folder.joinpath("foreign.db").touch()
    assert message in refused(*arguments)


@pytest.mark.parametrize(
    "url", ["postgresql://me:se@c:ret@127.0.0.1:1/x", "nonsense://me:se@c:ret@x"]
)
@pytest.mark.parametrize("command", [["seed", "small"], ["info"]])
def test_no_password_is_shown(refused: Refused, command: list[str], url: str) -> None:
    assert "ret@" not in refused(*command, f"--url={url}")


def test_a_database_with_data_is_refused_without_replace_or_reuse(
    seeded: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    message = refused(*QUICK)
    assert f"{seeded.name} already holds data" in message
    assert "--replace" in message
    assert "--reuse" in message
    assert "seed is 1, not 2" in refused(*QUICK, "--reuse", "--seed=2")
    assert main([*QUICK, "--reuse"]) == 0
    assert main([*QUICK, "--replace", "--seed=2"]) == 0
    assert "preset planned, seed 2" in capsys.readouterr().out


def test_an_interruption_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(seeding, "seed_database", interrupted)
    assert main(QUICK) == EXIT_INTERRUPTED
    assert capsys.readouterr() == ("", "aquadata: interrupted\n")


def test_a_full_disk_is_reported_in_one_line(
    refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(28, "No space left on device", "small.db")

    monkeypatch.setattr(seeding, "seed_database", full)
    assert refused(*QUICK) == "small.db: No space left on device"


def test_the_command_runs_as_a_module() -> None:
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"aquadata \d+\.\d+\.\d+\n", done.stdout)


def test_a_closed_pipe_is_no_error(seeded: Path) -> None:
    shell = f"{' '.join(COMMAND)} info --url=sqlite:///{seeded.name} | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_shows_a_progress_bar() -> None:
    """The bar is removed at the end, so that only the summary remains."""
    master, terminal = pty.openpty()
    command = subprocess.Popen(
        [*COMMAND, *QUICK],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        text=True,
    )
    os.close(terminal)
    shown = read_all(master)
    summary, _ = command.communicate()
    assert command.returncode == 0
    assert summary.startswith("preset planned, seed 1")
    assert "━" in shown
    assert "2 of 2 batches" in shown
    assert shown.rstrip().endswith("\x1b[2K")


def read_all(terminal: int) -> str:
    """Read a pseudo-terminal until it is closed."""
    read = b""
    try:
        while chunk := os.read(terminal, 65536):
            read += chunk
    except OSError:
        pass
    finally:
        os.close(terminal)
    return read.decode()


@pytest.mark.parametrize(
    ("command", "explained"),
    [
        ([], ["usage: aquadata*", "*seed*build a company into a database"]),
        (
            ["seed"],
            [
                "usage: aquadata seed*",
                "*PRESET*Preset or schedule file*",
                "*--preset NAME*Company to build: small, medium, full, uat*",
                "*--seed N*Seed of all randomness (default: 1)",
                "*--as-of DATE*",
                "*--farm FILE*",
                "*--readings N*",
                "*--url URL*",
                "*--replace*Replace a database that aquadata built",
                "*--reuse*",
                "*--workers N*",
                "*--log-dir DIR*",
            ],
        ),
        (
            ["plan"],
            ["usage: aquadata plan*", "*--batches N*", "*--years Y*", "*--stagger DAYS*"],
        ),
        (["info"], ["usage: aquadata info*", "*--url URL*The database, such as*", "*--json*"]),
    ],
)
def test_help_describes_the_options(
    capsys: pytest.CaptureFixture[str], command: list[str], explained: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    pytest.LineMatcher(capsys.readouterr().out.splitlines()).fnmatch_lines(explained)


@pytest.mark.parametrize("command", ["", "seed", "plan", "info", "verify", "grow", "cache", "wipe"])
def test_help_fits_80_columns_and_shows_commands_that_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= 80
    examples = text.partition("\nexamples:\n")[2].splitlines()
    assert examples
    for example in examples:
        program, *arguments = example.split()
        assert program == "aquadata"
        assert command in ("", arguments[0])
        assert _parser().parse_args(arguments).command == arguments[0]


@pytest.fixture
def cached(folder: Path) -> Path:
    """A cache folder with two datasets."""
    cache = folder / "cache"
    cache.mkdir()
    backend = FilesystemCache(cache)
    for key, size in (("a" * 20, 3000), ("b" * 20, 2000)):
        path = cache / f"small-{key}.db"
        backend.prepare_build("small", key)
        path.write_bytes(bytes(size))
        backend.seal("small", key)
        os.utime(path.with_suffix(".json"), (1_700_000_000 + size, 1_700_000_000 + size))
    return cache


def test_the_cache_is_listed_and_cleared(
    cached: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AQUADATA_CACHE_DIR", "cache")
    assert main(["cache", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "small  aaaaaaaaaaaaaaaaaaaa  3 kB  used 2023-11-14 23:03 UTC",
        "small  bbbbbbbbbbbbbbbbbbbb  2 kB  used 2023-11-14 22:46 UTC",
        "2 datasets, 5 kB in cache",
    ]
    with FilesystemCache(cached).in_use("small", "a" * 20):
        assert main(["cache", "clear", "--cache-dir", str(cached)]) == 0
    assert capsys.readouterr().out == f"removed 1 dataset, 2 kB from {cached}; kept 1 in use\n"
    assert main(["cache", "path"]) == 0
    assert capsys.readouterr().out == "cache\n"
    assert [path.name for path in cached.glob("*.db")] == [f"small-{'a' * 20}.db"]


def test_a_missing_cache_folder_is_listed_as_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "list", "--cache-dir=nowhere"]) == 0
    assert capsys.readouterr().out == "0 datasets, 0 bytes in nowhere\n"
