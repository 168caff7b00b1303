"""The fixtures work without plugins of pytest that a project has turned off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., pytest.RunResult]


def test_fixtures_need_none_of_pytests_optional_plugins(
    pytester: pytest.Pytester, pair: Path, run: Run
) -> None:
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return {str(pair)!r}
        """
    )
    pytester.makepyfile(
        """
        from pathlib import Path

        def test_it(aquadata_clone, aquadata_session):
            Path("passed").write_text(aquadata_clone.batches[0].number)
        """
    )
    absent = ("no:tmpdir", "no:cacheprovider", "no:terminal", "no:xdist", "no:doctest")
    result = run(*(word for name in absent for word in ("-p", name)))
    assert result.ret == pytest.ExitCode.OK, result.stdout.str() + result.stderr.str()
    assert pytester.path.joinpath("passed").exists()
