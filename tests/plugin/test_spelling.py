"""Messages of a pytest run name pytest's options."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pytest_aquadata
from pytest_aquadata.errors import StoreError
from pytest_aquadata.plugin.spelling import message_for_pytest
from pytest_aquadata.settings import SETTINGS

PACKAGE = Path(pytest_aquadata.__file__).parent
OF_PLAN = {"--batches", "--years", "--stagger", "--saturation"}
OF_WIPE = {"--build", "--force"}
KNOWN = {spec.command_option for spec in SETTINGS.values()} | OF_PLAN | OF_WIPE


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("use --replace or --no-cache", "use --aquadata-replace or --aquadata-no-cache"),
        ("give --url=sqlite:///FILE.db", "give --aquadata-url=sqlite:///FILE.db"),
        ("use --aquadata-url", "use --aquadata-url"),
        ("`aquadata seed --url x`, --resume", "`aquadata seed --url x`, --aquadata-resume"),
        ("unknown preset '--url'", "unknown preset '--url'"),
        ("/data/--url/x and --urls and -- and --years 3", None),
    ],
)
def test_options_are_those_of_pytest(message: str, shown: str | None) -> None:
    assert message_for_pytest(StoreError(message)) == f"aquadata: {shown or message}"


def test_a_message_has_one_line() -> None:
    assert message_for_pytest(StoreError("first\nsecond --url")) == (
        "aquadata: first second --aquadata-url"
    )


def test_messages_below_the_plugin_name_options_that_can_be_translated() -> None:
    named = {
        (option, file.name)
        for file in PACKAGE.rglob("*.py")
        if file.name != "settings.py" and file.parent.name not in ("cli", "plugin")
        for text in texts(file)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)
    }
    assert len(named) > 20
    assert {(option, name) for option, name in named if option not in KNOWN} == set()


def texts(file: Path) -> Iterator[str]:
    """Yield the texts of a module that are not docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in docstrings:
            yield node.value


def test_a_refused_seeding_names_pytests_options(
    pytester: pytest.Pytester, pair: Path, run: object
) -> None:
    pytester.path.joinpath("x.db").write_text("no database", encoding="utf-8")
    result = run(f"--aquadata-preset={pair}", "--aquadata-url=sqlite:///x.db")  # type: ignore[operator]
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in result.errlines if line]
    assert line.endswith("give another --aquadata-url")


def test_a_fixture_that_fails_names_pytests_options(
    pytester: pytest.Pytester, pair: Path, run: object
) -> None:
    pytester.makepyfile("def test_it(aquadata): pass")
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return {str(pair)!r}
        """
    )
    pytester.path.joinpath("kept").write_text("no folder", encoding="utf-8")
    result = run("--aquadata-cache-dir=kept")  # type: ignore[operator]
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*give another folder with --aquadata-cache-dir, or --aquadata-no-cache*"]
    )
