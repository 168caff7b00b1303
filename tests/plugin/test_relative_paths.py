"""Relative paths start in the folder where pytest was started, wherever a test goes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

pytestmark = pytest.mark.slow


@pytest.fixture
def here(pytester: pytest.Pytester, pair: Path) -> Path:
    """The folder that pytest starts in, with a schedule and a test that leaves it first."""
    shutil.copy(pair, pytester.path)
    pytester.makepyfile(
        """
        def test_first(monkeypatch, tmp_path, request):
            monkeypatch.chdir(tmp_path)
            dataset = request.getfixturevalue("aquadata")
            assert len(dataset.batches) == 2
            with dataset.clone() as clone:
                assert len(clone.batches) == 2
            assert not list(tmp_path.iterdir())
        """
    )
    return pytester.path


def test_a_seeded_database_is_opened(here: Path, run: Run) -> None:
    run("--aquadata-preset=pair.yaml").assert_outcomes(passed=1)
    assert here.joinpath("pair.db").is_file()
    run("--aquadata-url=sqlite:///pair.db").assert_outcomes(passed=1)


def test_schedule_farm_cache_and_logs_are_found(
    here: Path, pytester: pytest.Pytester, run: Run
) -> None:
    standard = Path(__file__).parents[2] / "pytest_aquadata/presets/standard_farm.yaml"
    shutil.copy(standard, here / "farm.yaml")
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return "pair.yaml"
        """
    )
    options = ("--aquadata-cache-dir=kept", "--aquadata-log-dir=logs", "--aquadata-farm=farm.yaml")
    run(*options).assert_outcomes(passed=1)
    assert here.joinpath("logs").is_dir()
    assert len(list(here.joinpath("kept").glob("planned-*.db"))) == 1


def test_a_database_fixture_may_be_relative(
    here: Path, pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return "pair.yaml"

        @pytest.fixture(scope="session")
        def aquadata_url():
            return "sqlite:///mine.db"
        """
    )
    run().assert_outcomes(passed=1)
    assert here.joinpath("mine.db").is_file()
