"""The session that factories write to; rows do not depend on what was made before."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import factory
import factory.fuzzy
import factory.random
import faker.generator
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.factories import (
    AquadataFactory,
    BatchFactory,
    FactoryError,
    FactorySettings,
    FeedFactory,
    FeedingEventFactory,
    GrowthSampleFactory,
    SpeciesFactory,
    bound,
)
from pytest_aquadata.schema import Base, Batch, Feed, FeedingEvent, GrowthSample, Species


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def values_of(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def test_error_without_a_session_names_the_fixtures() -> None:
    with pytest.raises(FactoryError, match="use the fixture aquadata_session"):
        BatchFactory()


def test_binding_an_object_that_is_no_session_is_refused() -> None:
    with pytest.raises(FactoryError, match="str is no session"), bound("session"):  # type: ignore[arg-type]
        raise AssertionError


def test_default_settings_are_those_of_the_presets() -> None:
    settings = FactorySettings()
    assert (settings.today, settings.seed) == (date(2025, 11, 21), 1)


def test_every_binding_with_the_same_settings_gives_the_same_rows(engine: sa.Engine) -> None:
    def rows(settings: FactorySettings) -> list[dict[str, Any]]:
        with Session(engine) as session, bound(session, settings):
            values = [values_of(FeedingEventFactory()), values_of(GrowthSampleFactory(stage=6))]
            session.rollback()
            return values

    first = rows(FactorySettings(subject="a"))
    BatchFactory.build_batch(3)
    assert rows(FactorySettings(subject="a")) == first
    assert rows(FactorySettings(subject="b"))[1] != first[1]
    assert rows(FactorySettings(subject="a", seed=2))[1] != first[1]
    later = rows(FactorySettings(subject="a", today=date(2024, 6, 1)))
    assert later[0]["feeding_date"] == date(2024, 6, 1)


def test_global_random_generators_are_not_used(aquadata_session: Session) -> None:
    before = random.getstate(), np.random.get_state()[1].tolist(), factory.random.get_random_state()
    FeedingEventFactory()
    GrowthSampleFactory()
    after = random.getstate(), np.random.get_state()[1].tolist(), factory.random.get_random_state()
    assert after == before


def test_keys_do_not_collide_with_rows_inserted_by_hand(aquadata_session: Session) -> None:
    species = SpeciesFactory()
    stamps = {"created_at": species.created_at, "updated_at": species.updated_at}
    for number in range(3):
        feed = Feed(name=f"own {number}", size_category="SMALL", **stamps)
        aquadata_session.add(feed)
        FeedFactory(name=f"made {number}")
        aquadata_session.execute(
            sa.insert(Feed).values(name=f"raw {number}", brand="", size_category="SMALL", **stamps)
        )
        FeedFactory(name=f"made after {number}")
    names = aquadata_session.scalars(sa.select(Feed.name)).all()
    assert len(names) == len(set(names)) == 12


def test_factories_work_after_a_rollback(aquadata_session: Session) -> None:
    FeedingEventFactory()
    aquadata_session.rollback()
    assert aquadata_session.scalars(sa.select(Species)).all() == []
    FeedingEventFactory()
    assert run_checks(aquadata_session.connection(), only=["hard"]).ok


def test_factories_work_after_a_savepoint_is_rolled_back(aquadata_session: Session) -> None:
    savepoint = aquadata_session.begin_nested()
    FeedingEventFactory()
    savepoint.rollback()
    FeedingEventFactory()
    assert len(aquadata_session.scalars(sa.select(FeedingEvent)).all()) == 1
    assert run_checks(aquadata_session.connection(), only=["hard"]).ok


def test_factories_work_after_a_commit(aquadata_session: Session) -> None:
    meal = FeedingEventFactory()
    aquadata_session.commit()
    FeedingEventFactory(assignment__batch_id=meal.batch_id)
    assert run_checks(aquadata_session.connection(), only=["hard"]).ok


def test_rows_of_another_binding_are_read_from_the_database(engine: sa.Engine) -> None:
    with Session(engine) as session:
        with bound(session):
            batch = BatchFactory(stage=4, containers=1)
            key = batch.id
            session.commit()
        with bound(session, FactorySettings(subject="another")):
            batch = session.get_one(Batch, key)
            FeedingEventFactory(batch=batch)
            FeedingEventFactory(stage=6)
            BatchFactory(stage=3, containers=1)
            assert run_checks(session.connection(), only=["hard"]).ok


def test_a_scoped_session_can_be_bound(engine: sa.Engine) -> None:
    registry = scoped_session(sessionmaker(engine))
    with bound(registry):
        batch = BatchFactory()
        assert batch in registry()
    registry.remove()


def test_a_factory_uses_the_session_of_its_meta(engine: sa.Engine) -> None:
    with Session(engine) as session:

        class OwnBatchFactory(BatchFactory):
            class Meta:
                sqlalchemy_session = session

        assert OwnBatchFactory() in session
        assert BatchFactory._meta.sqlalchemy_session is None


def test_a_session_factory_is_called_for_every_row(engine: sa.Engine) -> None:
    sessions: list[Session] = []

    def make() -> Session:
        sessions.append(Session(engine))
        return sessions[-1]

    class OwnSpeciesFactory(SpeciesFactory):
        class Meta:
            sqlalchemy_session_factory = make

    OwnSpeciesFactory()
    OwnSpeciesFactory()
    assert len(sessions) == 2
    for session in sessions:
        session.close()


def test_a_factory_commits_if_its_meta_asks_for_it(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'farm.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session, bound(session):

        class StoredFactory(FeedingEventFactory):
            class Meta:
                sqlalchemy_session_persistence = "commit"

        StoredFactory()
    with Session(engine) as session:
        assert len(session.scalars(sa.select(FeedingEvent)).all()) == 1
    engine.dispose()


def test_an_async_session_can_be_bound(tmp_path: Path) -> None:
    async def make() -> int:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'farm.db'}")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            with bound(session):
                meal = await session.run_sync(lambda _: FeedingEventFactory(stage=6))
                await session.run_sync(lambda _: FeedingEventFactory.bulk(100))
            assert await session.get_one(FeedingEvent, meal.id) is meal
            count = await session.scalar(sa.select(sa.func.count(FeedingEvent.id)))
            passed = await (await session.connection()).run_sync(
                lambda connection: run_checks(connection, only=["hard"]).ok
            )
            assert passed
        await engine.dispose()
        return count or 0

    assert asyncio.run(make()) == 101


def test_keys_of_built_rows_restart_with_every_binding(engine: sa.Engine) -> None:
    with Session(engine) as session:
        for _ in range(2):
            with bound(session):
                assert [row.id for row in BatchFactory.build_batch(2)] == [1, 2]


def test_factories_keep_no_session_after_the_binding(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        BatchFactory()
    assert AquadataFactory._meta.sqlalchemy_session is None
    assert BatchFactory._meta.sqlalchemy_session is None
    with pytest.raises(FactoryError, match="no session to write to"):
        BatchFactory()


def test_growth_samples_differ(aquadata_session: Session) -> None:
    samples: list[GrowthSample] = GrowthSampleFactory.create_batch(2, stage=6)
    assert samples[0].avg_weight_g != samples[1].avg_weight_g


def _random_text() -> str:
    return str(random.random())


def test_random_declarations_do_not_touch_global_generators(aquadata_session: Session) -> None:
    class NotedFactory(BatchFactory):
        notes = factory.Faker("name")

    def states() -> tuple[Any, ...]:
        numpy_state = np.random.get_state()[1].tolist()
        faker_state = faker.generator.random.getstate()
        return random.getstate(), numpy_state, factory.random.randgen.getstate(), faker_state

    before = states()
    first = NotedFactory().notes
    given = BatchFactory(notes=factory.fuzzy.FuzzyText()).notes
    assert states() == before
    assert NotedFactory().notes != first
    with bound(aquadata_session, FactorySettings(subject="a")):
        random.seed(1)
        one = NotedFactory().notes, BatchFactory(notes=factory.LazyFunction(_random_text)).notes
    with bound(aquadata_session, FactorySettings(subject="a")):
        random.seed(2)
        two = NotedFactory().notes, BatchFactory(notes=factory.LazyFunction(_random_text)).notes
    assert one == two
    assert given
