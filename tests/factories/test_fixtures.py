"""Fixtures in a user's test suite: rows are rolled back, and the same in any order and process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server
from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories
from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.databases.server_dialect import server_engine
from pytest_aquadata.factories import FactorySettings, bound
from pytest_aquadata.schema import Base

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

TESTS = """
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_aquadata.factories import FeedingEventFactory, GrowthSampleFactory, LiceCountFactory
from pytest_aquadata.schema import Batch, FeedingEvent, GrowthSample


@pytest.mark.parametrize("number", range(6))
def test_rows(number, aquadata_session, request):
    assert aquadata_session.scalar(sa.select(sa.func.count(FeedingEvent.id))) == 0
    for _ in range(number + 1):
        meal = FeedingEventFactory(stage=2 + number % 4)
    sample = GrowthSampleFactory(stage=5)
    lice = LiceCountFactory()
    batch = aquadata_session.get_one(Batch, meal.batch_id)
    aquadata_session.commit()
    values = [
        batch.batch_number, str(meal.amount_kg), str(meal.feeding_date), str(sample.avg_weight_g),
        lice.count_value,
    ]
    folder = Path(__file__).parent / "values"
    folder.mkdir(exist_ok=True)
    (folder / f"{number}.json").write_text(json.dumps(values))


def test_a_rollback_after_a_commit_keeps_the_row(aquadata_factories):
    session = aquadata_factories.session
    aquadata_factories.batch()
    session.commit()
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(Batch.id))) == 1


def test_other_tests_leave_no_rows(aquadata_session):
    assert aquadata_session.scalar(sa.select(sa.func.count(Batch.id))) == 0
"""


def written_values(folder: Path) -> dict[str, object]:
    return {file.name: json.loads(file.read_text()) for file in (folder / "values").iterdir()}


def test_rows_are_the_same_in_any_order_and_process(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_farm=TESTS)
    answers = []
    for arguments in (["-p", "no:randomly"], ["-n2"], ["-k", "test_rows"]):
        run(*arguments).assert_outcomes(passed=6 if "-k" in arguments else 8)
        answers.append(written_values(pytester.path))
    assert len(answers[0]) == 6
    assert answers[0] == answers[1] == answers[2]
    reversed_order = "".join(["\ndef pytest_collection_modifyitems(items):\n    items.reverse()\n"])
    pytester.makeconftest(reversed_order)
    run().assert_outcomes(passed=8)
    assert written_values(pytester.path) == answers[0]


def test_factories_write_to_a_clone_of_a_dataset(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_engine(aquadata_small):
            with aquadata_small.clone() as mine:
                yield mine.engine
        """
    )
    pytester.makepyfile(
        """
        import sqlalchemy as sa
        from pytest_aquadata.factories import BatchFactory, FeedingEventFactory, SpeciesFactory
        from pytest_aquadata.schema import Batch, Species

        def count_rows(session, model):
            return session.scalar(sa.select(sa.func.count()).select_from(model))

        def test_rows_are_added_to_the_dataset(aquadata_session, aquadata_checks):
            FeedingEventFactory()
            adult = BatchFactory(adult=True, containers=1)
            assert count_rows(aquadata_session, Batch) == 10
            assert count_rows(aquadata_session, Species) == 1
            assert adult.batch_number.count("-") == 3
            batches = aquadata_session.scalars(
                sa.select(Batch).where(Batch.status == "ACTIVE").order_by(Batch.id)
            ).all()
            for batch in batches[:8]:
                if batch.lifecycle_stage_id > 1:
                    FeedingEventFactory(batch=batch)
            report = aquadata_checks(aquadata_session.connection(), only=["hard"])
            assert report.ok, report.lines()

        def test_added_rows_are_rolled_back(aquadata_session):
            assert count_rows(aquadata_session, Batch) == 8
        """
    )
    run("-p", "no:randomly").assert_outcomes(passed=2)


def test_pytest_factoryboy_can_register_factories(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makeconftest(
        """
        import pytest
        from pytest_factoryboy import LazyFixture, register
        from pytest_aquadata.factories import (
            BatchContainerAssignmentFactory, BatchFactory, ContainerFactory, FeedFactory,
            FeedingEventFactory, GeographyFactory, LiceCountFactory,
        )

        pytest_plugins = ["pytest_factoryboy.plugin"]

        @pytest.fixture(autouse=True)
        def farm(aquadata_session):
            return aquadata_session

        register(GeographyFactory)
        register(FeedFactory)
        register(BatchFactory)
        register(BatchFactory, "adult_batch", adult=True)
        register(ContainerFactory)
        register(BatchContainerAssignmentFactory)
        register(FeedingEventFactory)
        register(LiceCountFactory)
        register(FeedingEventFactory, "meal_of_batch", batch=LazyFixture("batch"))
        """
    )
    pytester.makepyfile(
        """
        from decimal import Decimal
        import pytest
        from pytest_aquadata.schema import Batch, LifeCycleStage

        def test_a_registered_factory_gives_a_row(batch, farm):
            assert farm.get_one(Batch, batch.id) is batch

        def test_a_trait_can_be_registered_under_a_name(adult_batch, farm):
            assert farm.get_one(LifeCycleStage, adult_batch.lifecycle_stage_id).order == 6

        @pytest.mark.parametrize("feeding_event__amount_kg", [Decimal("7.50")])
        def test_a_column_can_be_parametrized(feeding_event, farm):
            assert feeding_event.amount_kg == Decimal("7.50")
            share = float(750 / feeding_event.batch_biomass_kg)
            assert float(feeding_event.feeding_percentage) == pytest.approx(share, abs=1e-6)

        def test_a_parent_can_be_a_fixture(batch, meal_of_batch):
            assert meal_of_batch.batch_id == batch.id

        def test_the_factory_is_a_fixture(lice_count_factory):
            assert lice_count_factory(above_limit=True).count_value > 0
        """
    )
    run("-p", "no:randomly").assert_outcomes(passed=5)


def test_fixture_names_have_the_prefix(pytester: pytest.Pytester, run: Run) -> None:
    shown = run("--fixtures", "-q").stdout.str()
    part = shown.partition("fixtures defined from pytest_aquadata.plugin.factory_fixtures")[2]
    own_part = part.partition("fixtures defined from")[0]
    names = {line.split()[0] for line in own_part.splitlines() if line[:1].isalpha()}
    assert names == {
        "aquadata_django_session",
        "aquadata_engine",
        "aquadata_factories",
        "aquadata_session",
    }


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[str]:
    """Return the URL of a new database with all tables."""
    with postgresql_server.database() as url:
        engine = server_engine(sa.make_url(url))
        Base.metadata.create_all(engine)
        engine.dispose()
        yield url


def test_rows_of_all_factories_pass_the_hard_checks_on_servers(server_database: str) -> None:
    engine = server_engine(sa.make_url(server_database))
    try:
        Base.metadata.create_all(engine)
        with Session(engine) as session, bound(session, FactorySettings(subject="servers")):
            for name in factories.__all__:
                if name.endswith("Factory") and name != "AquadataFactory":
                    getattr(factories, name)()
            assert factories.FeedingEventFactory.bulk(500) == 500
            assert len(factories.FeedingEventFactory.create_batch(50)) == 50
            report = run_checks(session.connection(), only=["hard"])
            assert report.ok, report.lines()
            session.rollback()
    finally:
        engine.dispose()


@pytest.mark.postgresql
def test_two_workers_write_to_one_server_without_collisions(
    pytester: pytest.Pytester, run: Run, postgresql: str
) -> None:
    pytester.makeconftest(
        f"""
        import pytest
        import sqlalchemy as sa

        @pytest.fixture(scope="session")
        def aquadata_engine():
            engine = sa.create_engine({postgresql!r})
            yield engine
            engine.dispose()
        """
    )
    pytester.makepyfile(
        """
        import pytest
        from pytest_aquadata import factories

        NAMES = [n for n in factories.__all__ if n.endswith("Factory") and n != "AquadataFactory"]

        @pytest.mark.parametrize("number", range(8))
        def test_all_factories(number, aquadata_session, aquadata_checks):
            aquadata_session.connection().exec_driver_sql("SET lock_timeout = '20s'")
            for name in NAMES[number::2] + NAMES[::3]:
                getattr(factories, name)()
            factories.FeedingEventFactory.bulk(500)
            factories.FeedingEventFactory.create_batch(50)
            report = aquadata_checks(aquadata_session.connection(), only=["hard"])
            assert report.ok, report.lines()
        """
    )
    run("-n2").assert_outcomes(passed=8)
