"""The engine of `aquadata_session` in an application under test."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]


def test_an_application_that_connects_to_the_only_connection_is_refused(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(
        """
        from concurrent.futures import ThreadPoolExecutor

        import pytest
        import sqlalchemy as sa
        from sqlalchemy.orm import Session

        from pytest_aquadata.errors import StoreError
        from pytest_aquadata.factories import BatchFactory
        from pytest_aquadata.schema import Batch

        def application(engine):
            with Session(engine) as session:
                session.execute(sa.update(Batch).values(notes="seen"))
                session.commit()

        @pytest.mark.parametrize("turn", [1, 2])
        def test_it_is_told_what_to_override(aquadata_session, aquadata_engine, turn):
            BatchFactory()
            message = "use aquadata_session, or override the fixture aquadata_engine"
            with pytest.raises(StoreError, match=message):
                application(aquadata_engine)
            with pytest.raises(StoreError, match=message), ThreadPoolExecutor(1) as pool:
                pool.submit(application, aquadata_engine).result()
            assert aquadata_session.scalar(sa.select(sa.func.count(Batch.id))) == 1

        def test_it_may_connect_without_the_session(aquadata_engine):
            application(aquadata_engine)
        """
    )
    for processes in ("-n0", "-n2"):
        run(processes).assert_outcomes(passed=3)


def test_an_engine_of_a_file_is_isolated(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import pytest
        import sqlalchemy as sa
        from pytest_aquadata.schema import Base

        @pytest.fixture(scope="session")
        def aquadata_engine(tmp_path_factory):
            engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('db') / 'farm.db'}")
            Base.metadata.create_all(engine)
            yield engine
            engine.dispose()
        """
    )
    pytester.makepyfile(
        """
        import pytest
        import sqlalchemy as sa

        from pytest_aquadata.factories import BatchFactory
        from pytest_aquadata.schema import Batch

        @pytest.mark.parametrize("turn", [1, 2])
        def test_another_connection_ends_nothing(aquadata_session, aquadata_engine, turn):
            count = sa.select(sa.func.count(Batch.id))
            assert aquadata_session.scalar(count) == 0
            BatchFactory()
            with aquadata_engine.connect() as connection:
                assert connection.scalar(count) == 0
            assert aquadata_session.scalar(count) == 1
        """
    )
    run().assert_outcomes(passed=2)


def test_an_engine_of_another_kind_is_refused(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest
        from sqlalchemy.ext.asyncio import create_async_engine

        @pytest.fixture(scope="session")
        def aquadata_engine():
            return create_async_engine("sqlite+aiosqlite://")

        def test_it(aquadata_session):
            pass
        """
    )
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*aquadata_engine is of the type AsyncEngine*override aquadata_engine*"]
    )
