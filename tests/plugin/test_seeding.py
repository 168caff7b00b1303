"""`pytest --aquadata-preset` seeds a database once, before the tests."""

from __future__ import annotations

import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

SMALL = ("--aquadata-preset=small", "--aquadata-readings=0")
SEED = ("--aquadata-preset=pair.yaml",)
TESTS = """
    import pytest

    @pytest.mark.parametrize("turn", range(4))
    def test_batches(aquadata, turn):
        assert len(aquadata.batches) in {2, 8}
"""


@pytest.fixture(autouse=True)
def schedule(pytester: pytest.Pytester, pair: Path) -> None:
    """Copy `pair.yaml`, a schedule of two young batches, to the test folder."""
    shutil.copy(pair, pytester.path)


@pytest.fixture(params=["-n0", "-n2"])
def processes(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def seeded(pytester: pytest.Pytester, pair_database: Path) -> Path:
    """A database that was seeded before, `pair.db`."""
    return Path(shutil.copy(pair_database, pytester.path))


def batches(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM batch_batch").fetchone()
    return int(count)


def digest(result: pytest.RunResult) -> str:
    (match,) = re.findall(r"^digest (\w{64})$", result.stdout.str(), re.MULTILINE)
    return str(match)


def refusal(result: pytest.RunResult) -> str:
    """Return the only line that a refused run prints."""
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert not any(result.outlines), result.outlines
    (line,) = filter(None, result.errlines)
    assert line.startswith("ERROR: aquadata: ")
    return line.removeprefix("ERROR: aquadata: ")


@pytest.mark.parametrize("processes", ["-n2"])
def test_a_server_is_seeded(
    pytester: pytest.Pytester, run: Run, server_database: str, processes: str
) -> None:
    """Every worker reads the database that the controller seeded."""
    pytester.makepyfile(TESTS)
    result = run(*SEED, f"--aquadata-url={server_database}", processes)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=4)
    assert digest(result) == digest(run(*SEED, "--aquadata-seed-only"))


def test_a_database_is_seeded_before_the_tests_run(
    pytester: pytest.Pytester, run: Run, processes: str
) -> None:
    pytester.makepyfile(TESTS)
    result = run(*SMALL, processes)
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=4)
    assert batches(pytester.path / "small.db") == 8
    result.stdout.fnmatch_lines(
        [
            "aquadata: keeping the feed ledger, * s",
            "*test session starts*",
            "aquadata: 0.* (preset=small seed=1 as_of=2025-11-21 url=sqlite:///small.db)",
            "*= aquadata =*",
            "preset small, seed 1, as of 2025-11-21, aquadata 0.*",
            "8 batches, * rows, * MB, * s, * rows/s",
            "digest *",
            "sqlite:////*/small.db",
            "batches * stage * 1  2  3  4  5  6  all",
            "  Scotland * completed * 1    1",
            "rows",
            "  batch_mortalityevent *",
            "utilisation * places * peak * on  mean",
            "  Faroe Islands  halls * 60 *",
            "  Scotland * rings * 400 *",
            "*4 passed*",
        ]
    )
    assert result.stdout.str().count("digest ") == 1


def test_the_data_do_not_depend_on_the_order_of_tests_or_the_number_of_processes(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(TESTS)
    runs = [["-n0"], ["-p", "pytest_randomly"], ["-n2"]]
    digests = {
        digest(run(*SEED, f"--aquadata-url=sqlite:///{number}.db", *arguments))
        for number, arguments in enumerate(runs)
    }
    assert len(digests) == 1


def test_the_command_and_pytest_build_the_same_data(pytester: pytest.Pytester, run: Run) -> None:
    by_pytest = run(*SMALL, "--aquadata-seed-only", "--aquadata-workers=1")
    command = [sys.executable, "-m", "pytest_aquadata", "seed", "small", "--readings=0"]
    for workers in (2, 4):
        by_command = pytester.run(*command, f"--workers={workers}", f"--url=sqlite:///{workers}.db")
        assert by_command.ret == 0
        assert digest(by_command) == digest(by_pytest)


def test_a_seeding_run_without_tests_succeeds(run: Run, processes: str) -> None:
    assert run(*SEED, processes).ret == pytest.ExitCode.OK


def test_a_run_without_seeding_and_without_tests_keeps_its_exit_code(run: Run) -> None:
    assert run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_failing_test_is_still_a_failure(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_no(): assert False")
    assert run(*SEED).ret == pytest.ExitCode.TESTS_FAILED


def test_seed_only_collects_no_tests(pytester: pytest.Pytester, run: Run, processes: str) -> None:
    pytester.makepyfile("raise SystemExit('this must not be imported')")
    result = run(*SEED, "--aquadata-seed-only", processes)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*= aquadata =*", "2 batches, *", "*no tests ran*"])
    result.stdout.no_fnmatch_line("*workers*")


def test_the_database_exists_before_collection(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        from pathlib import Path
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_collection(session):
            assert Path("pair.db").is_file()
        """
    )
    assert run(*SEED).ret == pytest.ExitCode.OK


@pytest.mark.parametrize(
    "arguments", [["--collect-only"], ["--fixtures"], ["--markers"], ["--help"], ["--setup-plan"]]
)
def test_listing_options_seed_nothing(
    pytester: pytest.Pytester, run: Run, arguments: list[str]
) -> None:
    pytester.makepyfile(TESTS)
    assert run(*SEED, *arguments).ret == pytest.ExitCode.OK
    assert not list(pytester.path.glob("*.db"))


def test_without_its_options_the_plugin_prints_nothing(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_yes(): pass")
    result = run()
    assert "aquadata" not in re.sub("plugins: .*|rootdir: .*", "", result.stdout.str())


def test_a_second_run_is_refused_and_names_the_options_to_use(seeded: Path, run: Run) -> None:
    before = seeded.stat().st_mtime_ns
    line = refusal(run(*SEED))
    assert "pair.db already holds data" in line
    assert "replace" in line
    assert "reuse" in line
    assert seeded.stat().st_mtime_ns == before


def test_a_second_run_can_reuse_the_database(seeded: Path, run: Run) -> None:
    before = seeded.stat()
    result = run(*SEED, "--aquadata-reuse", "--aquadata-seed-only")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["digest *"])
    assert seeded.stat().st_mtime_ns == before.st_mtime_ns


def test_another_build_is_not_reused(seeded: Path, run: Run) -> None:
    line = refusal(run(*SEED, "--aquadata-reuse", "--aquadata-seed=2"))
    assert "seed is 1, not 2" in line


def test_a_second_run_can_replace_the_database(seeded: Path, run: Run) -> None:
    result = run(*SEED, "--aquadata-replace", "--aquadata-seed=2", "--aquadata-seed-only")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["aquadata: * (preset=pair.yaml seed=2 *"])
    assert batches(seeded) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--aquadata-preset=smal"], "unknown preset 'smal': did you mean small?"),
        (["--aquadata-preset=none.yaml"], "none.yaml: there is no such file"),
        (["--aquadata-preset=broken.yaml"], "broken.yaml: line 3: is not valid YAML"),
        (
            [*SEED, "--aquadata-farm=broken.yaml"],
            "farm file broken.yaml: line 3: is not valid YAML",
        ),
        ([*SEED, "--aquadata-url=sqlite:///text.db"], "text.db is no SQLite database"),
        (
            [*SEED, "--aquadata-url=sqlite:///no/folder.db"],
            "there is no folder {here}/no; create it first",
        ),
        ([*SEED, "--aquadata-url=small.db"], "--aquadata-url: must be a database URL"),
        ([*SEED, "--aquadata-seed=x"], "--aquadata-seed: must be a whole number"),
    ],
)
def test_an_error_is_reported_in_one_line(
    pytester: pytest.Pytester, run: Run, arguments: list[str], message: str
) -> None:
    pytester.path.joinpath("broken.yaml").write_text("name: x\nbatches: [\n", encoding="utf-8")
    pytester.path.joinpath("text.db").write_text("no database\n" * 100, encoding="utf-8")
    assert message.format(here=pytester.path) in refusal(run(*arguments))
    assert [file.name for file in pytester.path.glob("*.db*")] == ["text.db"]


def test_an_error_is_reported_before_workers_start(run: Run) -> None:
    assert "unknown preset" in refusal(run("--aquadata-preset=smal", "-n2"))


def test_no_password_is_printed(run: Run) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/farm"
    result = run(*SEED, f"--aquadata-url={url}")
    assert "secret" not in refusal(result)


def test_help_describes_the_options(run: Run) -> None:
    result = run("--help")
    result.stdout.fnmatch_lines(
        [
            "aquadata, a salmon farm to test against*:",
            "  --aquadata-preset=NAME",
            "*Company to build: small, medium, full, uat, or the path*",
            "  --aquadata-url=URL*",
            "  --aquadata-seed=N*Seed of all randomness (default: 1)",
            "  --aquadata-as-of=DATE*",
            "  --aquadata-workers=N*",
            "  --aquadata-farm=FILE*",
            "  --aquadata-readings=N*",
            "  --aquadata-seed-only*",
            "  --aquadata-replace*Replace a database that aquadata built",
            "  --aquadata-reuse*",
            "  --aquadata-log-dir=DIR*",
            "  --aquadata-cache-dir=DIR*",
            "  --aquadata-no-cache*",
            "  aquadata_seed (*",
        ]
    )
