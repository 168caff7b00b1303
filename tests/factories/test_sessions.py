"""Sessions of other programs: threads, tasks, closed sessions, failed calls, rows of others."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import factory
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import (
    AsyncSession,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.errors import AquadataError, FactoryError
from pytest_aquadata.factories import (
    BatchFactory,
    EggProductionFactory,
    FactorySettings,
    FeedFactory,
    FeedingEventFactory,
    JournalEntryFactory,
    SpeciesFactory,
    bound,
)
from pytest_aquadata.schema import Base, Batch, FeedingEvent, Species


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'farm.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@contextmanager
def memory_engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def batches_in(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(Batch.id))) or 0


class NumberedFactory(BatchFactory):
    """A subclass with a sequence."""

    notes = factory.Sequence(lambda n: f"batch {n}")


def test_two_threads_write_to_their_own_sessions() -> None:
    barrier = threading.Barrier(2, timeout=20)

    def fill(_: int) -> tuple[int, list[str], int]:
        with memory_engine() as engine, Session(engine) as session, bound(session):
            barrier.wait()
            batches = NumberedFactory.create_batch(3)
            built = BatchFactory.build().id
            barrier.wait()
            return batches_in(session), [batch.notes for batch in batches], built

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(fill, range(2)))
    assert results == [(3, ["batch 0", "batch 1", "batch 2"], 1)] * 2


def test_a_thread_without_a_binding_is_told_to_bind_its_own(engine: sa.Engine) -> None:
    with (
        Session(engine) as session,
        bound(session),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(FactoryError, match=r"this thread or task.*bound\(session\)"),
    ):
        pool.submit(BatchFactory).result()


def test_a_thread_can_build_rows_without_a_binding(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session), ThreadPoolExecutor(2) as pool:
        BatchFactory.build()
        assert pool.submit(BatchFactory.build).result().id == 1


def test_two_tasks_write_to_their_own_sessions() -> None:
    async def fill(together: asyncio.Barrier) -> int:
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=sa.pool.StaticPool)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            with bound(session):
                for _ in range(3):
                    await together.wait()
                    await session.run_sync(lambda _: BatchFactory())
                await together.wait()
                made = await session.scalar(sa.select(sa.func.count(Batch.id)))
        await engine.dispose()
        return made or 0

    async def both() -> list[int]:
        together = asyncio.Barrier(2)
        return await asyncio.gather(fill(together), fill(together))

    assert asyncio.run(both()) == [3, 3]


def test_a_task_without_a_binding_does_not_use_that_of_another(engine: sa.Engine) -> None:
    async def bind(is_bound: asyncio.Event, is_tried: asyncio.Event) -> None:
        with Session(engine) as session, bound(session):
            is_bound.set()
            await is_tried.wait()

    async def both() -> None:
        is_bound, is_tried = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(bind(is_bound, is_tried))
        await is_bound.wait()
        try:
            BatchFactory()
        finally:
            is_tried.set()
            await task

    with pytest.raises(FactoryError, match="this thread or task"):
        asyncio.run(both())


def test_a_binding_made_in_a_task_that_has_ended_is_that_of_its_thread(engine: sa.Engine) -> None:
    with Session(engine) as session, asyncio.Runner() as runner:
        binding = bound(session)

        async def enter() -> None:
            binding.__enter__()

        async def leave() -> None:
            binding.__exit__(None, None, None)

        runner.run(enter())
        assert BatchFactory() in session
        runner.run(leave())
        with pytest.raises(FactoryError, match="no session to write to"):
            BatchFactory()


def test_bindings_may_end_in_any_order(engine: sa.Engine) -> None:
    with memory_engine() as other, Session(engine) as first, Session(other) as second:
        outer, inner = bound(first), bound(second)
        outer.__enter__()
        inner.__enter__()
        outer.__exit__(None, None, None)
        assert BatchFactory() in second
        inner.__exit__(None, None, None)
        with pytest.raises(FactoryError, match="no session to write to"):
            BatchFactory()


def test_an_inner_binding_leaves_the_outer_one_as_it_was(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        NumberedFactory()
        with memory_engine() as other_engine, Session(other_engine) as other, bound(other):
            assert NumberedFactory().notes == "batch 0"
        assert NumberedFactory().notes == "batch 1"


def test_an_async_scoped_session_can_be_bound(tmp_path: Path) -> None:
    async def make() -> int:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'async.db'}")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        registry = async_scoped_session(async_sessionmaker(engine), asyncio.current_task)
        with bound(registry):
            await registry().run_sync(lambda _: BatchFactory())
            made = await registry.scalar(sa.select(sa.func.count(Batch.id)))
        await registry.remove()
        await engine.dispose()
        return made or 0

    assert asyncio.run(make()) == 1


def test_a_scoped_session_is_found_again_after_it_was_removed(engine: sa.Engine) -> None:
    registry = scoped_session(sessionmaker(engine))
    with bound(registry):
        first = BatchFactory()
        registry.commit()
        number = first.batch_number
        registry.remove()
        second = BatchFactory()
        assert second in registry()
        assert second.batch_number != number
        assert batches_in(registry()) == 2
        registry.remove()


@pytest.mark.parametrize("lose", ["close", "expunge_all", "reset"])
def test_rows_of_a_session_that_was_emptied_are_not_used_again(
    engine: sa.Engine, lose: str
) -> None:
    with Session(engine) as session, bound(session):
        batch = BatchFactory(stage=3, containers=1)
        key = batch.id
        session.commit()
        getattr(session, lose)()
        FeedingEventFactory()
        FeedingEventFactory(batch=session.get_one(Batch, key))
        session.commit()
        assert batches_in(session) == 2
        assert run_checks(session.connection(), only=["hard"]).ok


def test_a_row_that_was_expunged_is_not_used_again(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        species = SpeciesFactory()
        session.expunge(species)
        assert SpeciesFactory() is not species
        assert SpeciesFactory() in session


@pytest.mark.parametrize("way", ["session", "statement", "connection", "another session"])
def test_master_data_that_was_deleted_is_made_again(engine: sa.Engine, way: str) -> None:
    with Session(engine, expire_on_commit=False) as session, bound(session):
        species = SpeciesFactory()
        session.commit()
        if way == "session":
            session.delete(species)
        elif way == "statement":
            session.execute(sa.delete(Species))
        elif way == "connection":
            session.connection().exec_driver_sql("DELETE FROM batch_species")
        else:
            with Session(engine) as other:
                other.execute(sa.delete(Species))
                other.commit()
        batch = BatchFactory()
        assert session.scalars(sa.select(Species.id)).all() == [batch.species_id]


def test_rows_of_a_savepoint_that_the_driver_rolled_back_are_not_used(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        session.connection().exec_driver_sql("BEGIN")
        session.connection().exec_driver_sql("SAVEPOINT mine")
        FeedingEventFactory()
        session.connection().exec_driver_sql("ROLLBACK TO mine")
        session.expunge_all()
        FeedingEventFactory()
        assert batches_in(session) == 1
        assert run_checks(session.connection(), only=["hard"]).ok


def test_a_session_named_by_a_meta_can_be_collected(engine: sa.Engine) -> None:
    found: list[weakref.ref[Session]] = []

    def make() -> Session:
        session = Session(engine)
        found.append(weakref.ref(session))
        return session

    class OwnFactory(SpeciesFactory):
        class Meta:
            sqlalchemy_session_factory = make

    OwnFactory()
    gc.collect()
    assert [reference() for reference in found] == [None]


def test_a_binding_leaves_no_listeners_on_the_session(engine: sa.Engine) -> None:
    with Session(engine) as session:
        with bound(session):
            BatchFactory()
        dispatch = session.dispatch
        names = ("after_soft_rollback", "persistent_to_deleted", "persistent_to_detached")
        assert not any(list(getattr(dispatch, name)) for name in names)


def test_a_failed_call_leaves_nothing_and_the_session_goes_on(engine: sa.Engine) -> None:
    class FailingFactory(FeedingEventFactory):
        @factory.post_generation
        def fail(self: FeedingEvent, create: bool, extracted: object) -> None:  # type: ignore[misc]
            sa.orm.object_session(self).flush()  # type: ignore[union-attr]
            raise RuntimeError("after the flush")

    with Session(engine) as session, bound(session):
        mine = JournalEntryFactory()
        with pytest.raises(RuntimeError, match="after the flush"):
            FailingFactory()
        assert session.scalar(sa.select(sa.func.count(FeedingEvent.id))) == 0
        assert batches_in(session) == 1
        assert mine in session
        FeedingEventFactory()
        session.commit()
        assert batches_in(session) == 2
        assert run_checks(session.connection(), only=["hard"]).ok


def test_a_row_that_the_database_refuses_is_undone_alone(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        first = BatchFactory()
        with pytest.raises(sa.exc.IntegrityError):
            BatchFactory(batch_number=first.batch_number, containers=1)
        assert batches_in(session) == 1
        assert BatchFactory().batch_number != first.batch_number
        session.commit()
        assert batches_in(session) == 2


def test_a_rollback_after_a_factory_call_takes_its_rows(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        BatchFactory()
        session.rollback()
    with Session(engine) as session:
        assert batches_in(session) == 0


def test_factory_error_is_public() -> None:
    assert issubclass(FactoryError, AquadataError)
    with pytest.raises(FactoryError):
        BatchFactory()


def test_every_run_goes_on_above_the_rows_of_the_last(engine: sa.Engine) -> None:
    for run in range(1, 4):
        with Session(engine) as session, bound(session):
            FeedingEventFactory()
            EggProductionFactory()
            FeedFactory(description="ours")
            FeedFactory(brand="mine")
            BatchFactory.create_batch(2)
            session.commit()
            assert batches_in(session) == 3 * run
            assert run_checks(session.connection(), only=["hard"]).ok


def test_names_that_others_have_are_not_taken(engine: sa.Engine) -> None:
    with Session(engine) as session, bound(session):
        first = BatchFactory()
        stamps = {"created_at": first.created_at, "updated_at": first.updated_at}
        taken = f"{first.batch_number[:-1]}2"
        values = {column.name: getattr(first, column.name) for column in Batch.__table__.columns}
        session.add(Batch(**{**values, "id": 900, "batch_number": taken}))
        session.add(Species(id=70, name="Other salmon", scientific_name="Salmo other", **stamps))
        batch = BatchFactory()
        assert batch.id > 900
        assert batch.batch_number not in (first.batch_number, taken)


def test_master_data_of_others_under_our_names_is_left_alone(engine: sa.Engine) -> None:
    with Session(engine) as session:
        with bound(session):
            name, stamps = SpeciesFactory().name, SpeciesFactory().created_at
            session.rollback()
        others = Species(
            name=name, scientific_name="Salmo alius", created_at=stamps, updated_at=stamps
        )
        session.add(others)
        session.commit()
        with bound(session):
            batch = BatchFactory()
            assert batch.species_id != others.id
            assert session.get_one(Species, batch.species_id).name != name


def test_two_engines_on_one_file_give_different_keys_and_numbers(engine: sa.Engine) -> None:
    second = sa.create_engine(engine.url)
    numbers: list[str] = []
    for chosen in (engine, second, engine):
        with Session(chosen) as session, bound(session, FactorySettings(subject="same")):
            numbers += [BatchFactory().batch_number, BatchFactory().batch_number]
            session.commit()
    assert len(set(numbers)) == 6
    second.dispose()


def test_processes_wait_for_each_others_transactions(engine: sa.Engine) -> None:
    ready, go_on = threading.Event(), threading.Event()

    def other() -> None:
        with Session(engine) as session, bound(session, FactorySettings(subject="same")):
            BatchFactory()
            ready.set()
            go_on.wait(20)
            session.commit()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(other)
        ready.wait(20)
        threading.Timer(0.2, go_on.set).start()
        with Session(engine) as session, bound(session, FactorySettings(subject="same")):
            BatchFactory()
            session.commit()
            assert batches_in(session) == 2
        done.result()


@pytest.mark.postgresql
def test_sequences_behind_the_rows_of_others_are_passed(postgresql_engine: sa.Engine) -> None:
    with Session(postgresql_engine) as session, bound(session):
        first = BatchFactory()
        session.commit()
        values = {column.name: getattr(first, column.name) for column in Batch.__table__.columns}
        for key in range(first.id + 1, first.id + 40):
            session.add(Batch(**{**values, "id": key, "batch_number": f"MINE-{key}"}))
        session.commit()
    with Session(postgresql_engine) as session, bound(session):
        BatchFactory()
        pinned = BatchFactory(id=5_000)
        session.commit()
        del values["id"]
        app_row = Batch(**{**values, "batch_number": "APP-1"})
        session.add(app_row)
        session.commit()
        assert app_row.id > pinned.id
