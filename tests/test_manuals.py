"""The code blocks of the manuals run, or at least can be parsed."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from pytest_aquadata.cli import main as cli
from pytest_aquadata.plugin.session_state import SETTINGS_KEY
from pytest_aquadata.settings import SETTINGS

Run = Callable[..., pytest.RunResult]

ROOT = Path(__file__).parents[1]
MANUALS = (
    "README.md",
    *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")),
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "examples/README.md",
)
LANGUAGES = {"console", "python", "text", "toml", "yaml"}
CONFTEST = "# conftest.py\n"
OF_DJANGO = "pytest_aquadata.django"
TOO_LARGE_TO_RUN = ("medium", "schedule.yaml", "postgresql:", "mariadb:")
OTHER_PROGRAMS = {".", "bash", "cd", "createdb", "python", "tox"}


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    manual: str
    language: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """Commands of a console block, without comments."""
        lines = self.text.splitlines()
        assert all(line.startswith("$ ") for line in lines), self
        return [shlex.split(line[2:], comments=True) for line in lines]


def blocks_of(manual: str) -> list[Block]:
    text = (ROOT / manual).read_text(encoding="utf-8")
    matches = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [Block(manual, language, code) for language, code in matches]


BLOCKS = [block for manual in MANUALS for block in blocks_of(manual)]
PYTHON_BLOCKS = [block for block in BLOCKS if block.language == "python"]
PYTHON = [block.text for block in PYTHON_BLOCKS]
CONFTEST_AND_TESTS = [
    (conftest.text, tests.text)
    for conftest, tests in pairwise(PYTHON_BLOCKS)
    if conftest.text.startswith(CONFTEST) and conftest.manual == tests.manual
]
"""Pairs of blocks: a `conftest.py`, and the tests that follow it on the page."""
COMMANDS = [
    command for block in BLOCKS if block.language == "console" for command in block.commands
]


def test_each_block_names_its_language() -> None:
    assert {block.language for block in BLOCKS} == LANGUAGES
    assert {block.manual for block in BLOCKS} <= set(MANUALS)


@pytest.mark.slow
def test_the_tests_in_the_manual_pass(pytester: pytest.Pytester, run: Run) -> None:
    with_conftest = {text for pair in CONFTEST_AND_TESTS for text in pair}
    alone = [text for text in PYTHON if not text.startswith(CONFTEST) and text not in with_conftest]
    written = sum(text.count("\ndef test_") + text.startswith("def test_") for text in alone)
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(alone)})
    run("--aquadata-readings=0").assert_outcomes(passed=written)
    assert written > 10


@pytest.mark.slow
def test_tests_in_the_manual_pass_with_their_conftest(pytester: pytest.Pytester, run: Run) -> None:
    assert CONFTEST_AND_TESTS
    for conftest, tests in CONFTEST_AND_TESTS:
        pytester.makeconftest(conftest)
        pytester.makepyfile(tests)
        run("--aquadata-readings=0").assert_outcomes(passed=tests.count("def test_"))


def test_the_django_fixture_in_the_manual_is_that_of_the_example() -> None:
    (shown,) = (text for text in PYTHON if OF_DJANGO in text)
    example = ROOT / "examples" / "django-project" / "tests" / "conftest.py"
    written = example.read_text(encoding="utf-8")
    assert _lines(shown.removeprefix(CONFTEST)) == _lines(written)


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def test_the_first_test_has_three_lines() -> None:
    first = PYTHON[0]
    assert len(first.partition("def ")[2].splitlines()) == 3
    assert "aquadata_small" in first


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_in_the_manual_exists(command: list[str], pytester: pytest.Pytester) -> None:
    program, *arguments = command
    if program == "aquadata":
        assert cli._parser().parse_args(arguments).command == arguments[0]
    elif program == "pytest":
        config = pytester.parseconfig(*arguments)
        assert {spec.ini for spec in SETTINGS.values()} <= vars(config.option).keys()
    elif program == "pip":
        _check_installed(arguments)
    else:
        assert program in OTHER_PROGRAMS
    if program in ("bash", "cd"):
        assert (ROOT / arguments[0]).exists()


def _check_installed(arguments: list[str]) -> None:
    """Assert that the package has the extras that a pip command installs."""
    assert arguments[0] == "install"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extras in re.findall(r"(?:\.|pytest-aquadata)\[(.+?)\]", " ".join(arguments)):
        assert set(extras.split(",")) <= project["optional-dependencies"].keys()


@pytest.mark.slow
def test_the_commands_in_the_manual_succeed(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run the commands in the order of the manual, except slow ones and those of a server."""
    monkeypatch.setenv("AQUADATA_READINGS", "0")
    ran = []
    for program, *arguments in COMMANDS:
        if program == "aquadata" and not any(
            part.startswith(TOO_LARGE_TO_RUN) and "-o" not in arguments for part in arguments
        ):
            assert cli.main(arguments) == 0, capsys.readouterr().err
            ran.append(arguments[0])
    assert ran == ["seed", "plan", "verify", "grow"]
    assert pytester.path.joinpath("small.db").exists()
    assert pytester.path.joinpath("schedule.yaml").exists()


def test_the_ci_recipe_uses_existing_options(pytester: pytest.Pytester) -> None:
    (recipe,) = (yaml.safe_load(block.text) for block in BLOCKS if block.language == "yaml")
    kept, run = recipe
    arguments = shlex.split(run["run"])
    assert arguments.pop(0) == "pytest"
    config = pytester.parseconfig(*arguments)
    assert config.option.aquadata_cache_dir == kept["with"]["path"]


def test_the_configuration_in_the_manual_is_accepted(pytester: pytest.Pytester) -> None:
    (block,) = (block.text for block in BLOCKS if block.language == "toml")
    pytester.makepyprojecttoml(block.replace("[tool.pytest]", "[tool.pytest.ini_options]"))
    written = tomllib.loads(block)["tool"]["pytest"]
    settings = pytester.parseconfigure().stash[SETTINGS_KEY]
    assert settings.as_of == written["aquadata_as_of"]
    assert settings.no_growth


def test_links_point_to_files() -> None:
    for manual in MANUALS:
        text = (ROOT / manual).read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert (ROOT / manual).parent.joinpath(link).exists(), (manual, link)


def test_paths_of_the_code_exist() -> None:
    for manual in MANUALS:
        text = (ROOT / manual).read_text(encoding="utf-8")
        for path in re.findall(r"`([\w./-]+(?:\.py|\.yaml|/))`", text):
            places = (ROOT / path, ROOT / "pytest_aquadata" / path)
            written_by_user = path in ("schedule.yaml", "farm.yaml", "conftest.py")
            assert written_by_user or any(place.exists() for place in places), (manual, path)


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_table_of_fixtures_is_complete(run: Run) -> None:
    shown = run("--fixtures").stdout.str()
    fixtures = set(re.findall(r"^(aquadata\w*)(?: \[\w+ scope\])? -- ", shown, re.MULTILINE))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| fixture \|.*?\n\n", text, re.MULTILINE | re.DOTALL)
    assert table is not None
    assert set(re.findall(r"`(aquadata\w*)`", table[0])) == fixtures
