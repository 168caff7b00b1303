"""Each test gets the fixtures of its own folder, whatever ran before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]

SEED = "aquadata_lifecycle.keywords['seed']"


@pytest.fixture
def folders(pytester: pytest.Pytester) -> None:
    """A test with the default seed, and a folder whose tests have another."""
    pytester.makepyfile(
        test_above=f"def test_above(aquadata_lifecycle): assert {SEED} == 1",
        **{"below/test_below": f"def test_below(aquadata_lifecycle): assert {SEED} == 42"},
    )
    pytester.path.joinpath("below/conftest.py").write_text(
        "import pytest\n\n@pytest.fixture(scope='session')\ndef aquadata_seed(): return 42\n",
        encoding="utf-8",
    )
    pytester.makepyfile(
        test_module=f"""
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_seed():
            return 7

        def test_other(aquadata_lifecycle):
            assert {SEED} == 7

        def test_unrelated():
            pass

        def test_same(aquadata_lifecycle):
            assert {SEED} == 7
        """,
        test_again="def test_again(aquadata_seed): assert aquadata_seed == 1",
    )


@pytest.mark.parametrize(
    "order",
    [
        ("test_above.py", "below", "test_module.py", "test_again.py"),
        ("below", "test_module.py", "test_above.py", "test_again.py"),
        ("test_module.py", "test_again.py", "test_above.py", "below"),
    ],
)
@pytest.mark.parametrize("processes", ["-n0", "-n2"])
@pytest.mark.usefixtures("folders")
def test_a_folder_or_module_has_its_own_value(
    run: Run, order: tuple[str, ...], processes: str
) -> None:
    run(*order, processes).assert_outcomes(passed=6)


@pytest.mark.slow
@pytest.mark.parametrize("order", [("test_above.py", "below"), ("below", "test_above.py")])
def test_a_folder_has_its_own_dataset(
    pytester: pytest.Pytester, run: Run, pair: Path, order: tuple[str, ...]
) -> None:
    for folder, date in (("", "2024-02-20"), ("below/", "2024-02-25")):
        pytester.path.joinpath(folder).mkdir(exist_ok=True)
        pytester.path.joinpath(f"{folder}conftest.py").write_text(
            f"""
import datetime
import pytest

@pytest.fixture(scope="session")
def aquadata_as_of():
    return datetime.date.fromisoformat({date!r})

@pytest.fixture(scope="session")
def aquadata_schedule():
    return {str(pair)!r}

@pytest.fixture(scope="session")
def day(aquadata):
    return str(aquadata.as_of)
""",
            encoding="utf-8",
        )
        name = folder.rstrip("/") or "above"
        pytester.path.joinpath(f"{folder}test_{name}.py").write_text(
            f"""
def test_{name}(aquadata, day, aquadata_clone):
    assert str(aquadata.as_of) == day == str(aquadata_clone.as_of) == {date!r}
""",
            encoding="utf-8",
        )
    run(*order).assert_outcomes(passed=2)
