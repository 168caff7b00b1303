"""The fixture `aquadata_lifecycle`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_a_history_is_built_and_saved(pytester: pytest.Pytester, run: Run, processes: str) -> None:
    pytester.makepyfile(
        """
        import pytest
        import sqlalchemy as sa
        from sqlalchemy.orm import Session

        from pytest_aquadata.incidents import lice_surge
        from pytest_aquadata.schema import Base, Batch, LiceCount


        @pytest.fixture
        def session():
            engine = sa.create_engine("sqlite://")
            Base.metadata.create_all(engine)
            with Session(engine) as session:
                yield session
            engine.dispose()


        @pytest.mark.parametrize("turn", range(2))
        def test_lice_are_counted(aquadata_lifecycle, session, turn):
            history = (
                aquadata_lifecycle(geography="Scotland", eggs=1_200_000, start="2023-03-01")
                .until("adult", days=60)
                .with_incident(lice_surge(day=470, rings=2))
                .readings_per_day(0)
                .build()
            )
            history.save(session)
            assert session.scalars(sa.select(Batch.batch_number)).all() == [history.number]
            counted = session.scalar(sa.select(sa.func.count()).select_from(LiceCount))
            assert counted == len(history.columns["health_licecount"]) > 0
            assert len(history.incidents[0].containers) == 2
        """
    )
    run(processes).assert_outcomes(passed=2)


def test_the_builder_uses_the_seed(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_seed(aquadata_lifecycle):
            assert aquadata_lifecycle().request.seed == 7
            assert aquadata_lifecycle(seed=8).request.seed == 8
        """
    )
    run("--aquadata-seed=7").assert_outcomes(passed=1)


def test_a_missing_farm_file_is_reported_in_one_line(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_farm(aquadata_lifecycle): aquadata_lifecycle()")
    result = run("--aquadata-farm=nowhere.yaml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*aquadata: *nowhere.yaml*"])
    assert "Traceback" not in result.stdout.str()
