"""The cache on a database server: datasets are built once, read-only, cloned, and removed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.cache.backend import CacheEntry, EntryState
from pytest_aquadata.cache.cached_dataset import Cache, cache_key, cached_dataset
from pytest_aquadata.databases.server_clones import clone_token, new_clone_name
from pytest_aquadata.databases.server_dialect import server_dialect_of
from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.errors import ReadOnly, StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.schema import Batch


@pytest.fixture
def own_build(tiny: BuildSpec) -> BuildSpec:
    """A build with a random seed, which no other test has in the cache of the server."""
    return replace(tiny, seed=uuid.uuid4().int % 10**15)


@pytest.fixture
def cache(server: Server, own_build: BuildSpec) -> Iterator[Cache]:
    cache_of_server = Cache(server=server.url.render_as_string(hide_password=False))
    yield cache_of_server
    cache_of_server.backend.remove(CacheEntry("small", cache_key(own_build), 0, 0.0))


def get(build: BuildSpec, cache: Cache) -> Dataset:
    return cached_dataset(build, cache=cache, workers=1, progress=Silent())


def entry(cache: Cache, build: BuildSpec) -> CacheEntry | None:
    key = cache_key(build)
    return next((entry for entry in cache.backend.entries() if entry.key == key), None)


def test_a_dataset_is_built_once_and_cloned(cache: Cache, own_build: BuildSpec) -> None:
    with get(own_build, cache) as built:
        assert built.fresh
        with get(own_build, cache) as reopened:
            assert not reopened.fresh
            assert reopened.manifest == built.manifest
            with reopened.session() as session, pytest.raises(ReadOnly, match="aquadata_clone"):
                session.execute(sa.update(Batch).values(status="TERMINATED"))
            with reopened.clone() as copy, copy.session() as session:
                session.execute(sa.update(Batch).values(status="TERMINATED"))
                session.commit()
                assert copy.url != reopened.url
                for name in ("batch_batchcontainerassignment", "inventory_feedingevent"):
                    assert table_digest(copy.table(name)) == table_digest(reopened.table(name))
            assert [batch.status for batch in reopened.batches] == ["ACTIVE"]


def test_a_dataset_is_removed_only_when_it_is_not_in_use(
    cache: Cache, own_build: BuildSpec
) -> None:
    with get(own_build, cache) as dataset, dataset.connection() as connection:
        connection.execute(sa.select(Batch.id))
        listed = entry(cache, own_build)
        assert listed is not None
        assert listed.preset == "small"
        assert listed.size_bytes > 1_000_000
        assert listed.used_at > 1_700_000_000
        assert not cache.backend.remove(listed)
    assert cache.backend.remove(listed)
    assert entry(cache, own_build) is None


def test_a_schedule_with_any_name_is_rebuilt_once(
    server: Server, own_build: BuildSpec, tmp_path: Path
) -> None:
    named = replace(own_build, schedule=replace(own_build.schedule, name="Norður & suður, 2025"))
    cache_of_server = Cache(
        server=server.url.render_as_string(hide_password=False), rebuild=tmp_path
    )
    built = []
    try:
        get(named, replace(cache_of_server, rebuild=None)).close()
        for _ in range(2):
            with get(named, cache_of_server) as dataset:
                built.append(dataset.fresh)
        assert entry(cache_of_server, named) is not None
    finally:
        cache_of_server.backend.remove(CacheEntry(named.schedule.name, cache_key(named), 0, 0.0))
    assert built == [True, False]
    assert entry(cache_of_server, named) is None


def test_an_interrupted_build_is_resumed(cache: Cache, own_build: BuildSpec) -> None:
    class Interrupting(Silent):
        def batches(self, done: int, total: int, rows: int) -> None:
            raise KeyboardInterrupt

    class Watched(Silent):
        done = 0

        def batches(self, done: int, total: int, rows: int) -> None:
            self.done = done

    with pytest.raises(KeyboardInterrupt):
        cached_dataset(own_build, cache=cache, workers=1, progress=Interrupting())
    assert cache.backend.state("small", cache_key(own_build)) is EntryState.MISSING
    watched = Watched()
    with cached_dataset(own_build, cache=cache, workers=1, progress=watched) as dataset:
        assert watched.done == 0
        assert len(dataset.batches) == 1


def test_a_database_of_others_with_such_a_name_is_kept(server: Server, cache: Cache) -> None:
    key = uuid.uuid4().hex[:20]
    name = f"aquadata_backup_{key}"
    server.execute(f"CREATE DATABASE {name}")
    try:
        assert key not in {entry.key for entry in cache.backend.entries()}
        assert not cache.backend.remove(CacheEntry("backup", key, 0, 0.0))
        engine = sa.create_engine(server.url.set(database=name))
        engine.connect().close()
        engine.dispose()
    finally:
        server.execute(f"DROP DATABASE {name}")


def test_the_url_of_a_shared_dataset_refuses_changes(cache: Cache, own_build: BuildSpec) -> None:
    with get(own_build, cache) as dataset:
        engine = sa.create_engine(dataset.url)
        with (
            engine.connect() as connection,
            pytest.raises(sa.exc.DBAPIError, match=r"(?i)read.only"),
        ):
            connection.execute(sa.update(Batch).values(status="TERMINATED"))
        engine.dispose()
        with dataset.clone() as clone:
            engine = sa.create_engine(clone.url)
            with engine.begin() as connection:
                connection.execute(sa.update(Batch).values(status="TERMINATED"))
            engine.dispose()


def test_a_dataset_that_was_changed_is_built_again(
    server: Server, cache: Cache, own_build: BuildSpec
) -> None:
    class Noticing(Silent):
        notices: ClassVar[list[str]] = []

        def notice(self, text: str) -> None:
            self.notices.append(text)

    get(own_build, cache).close()
    get(own_build, cache).close()
    if server.kind == "mariadb":
        # the server keeps the time of a change in seconds
        server.execute("DO SLEEP(1.1)")
    engine = sa.create_engine(cache.backend.location("small", cache_key(own_build)).url)
    with engine.begin() as connection:
        connection.execute(sa.update(Batch).values(status="TERMINATED"))
    # PostgreSQL counts the last rows of a session when it ends
    engine.dispose()
    in_use = pytest.raises(StoreError, match="was changed after it was built, and is in use")
    with engine.connect(), in_use:
        get(own_build, cache)
    engine.dispose()
    with cached_dataset(own_build, cache=cache, workers=1, progress=Noticing()) as dataset:
        assert dataset.fresh
        assert [batch.status for batch in dataset.batches] == ["ACTIVE"]
    assert [text.partition(" was changed")[1] for text in Noticing.notices] == [" was changed"]
    with get(own_build, cache) as dataset:
        assert not dataset.fresh


def test_copies_that_killed_processes_left_are_removed(server: Server, cache: Cache) -> None:
    names = {kind: new_clone_name("aquadata_test") for kind in ("left", "in use", "connected")}
    names["of others"] = f"aquadata_test_clone_{uuid.uuid4().hex[:20]}"
    for name in names.values():
        server.execute(f"CREATE DATABASE {name}")
    dialect = server_dialect_of(server.url)
    engine = sa.create_engine(server.url)
    connected = sa.create_engine(server.url.set(database=names["connected"]))
    try:
        with engine.connect() as connection, connected.connect():
            dialect.lock_clone(connection, str(clone_token(names["in use"])))
            cache.backend.remove_interrupted(0.0)
            present = dialect.database_names(connection)
        assert {kind for kind, name in names.items() if name in present} == {
            "in use",
            "connected",
            "of others",
        }
    finally:
        connected.dispose()
        engine.dispose()
        for name in names.values():
            server.execute(f"DROP DATABASE IF EXISTS {name}")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///farm.db", "names no server; leave out the cache URL"),
        ("postgresql://me:s3cret@127.0.0.1:1/postgres", "Connection refused"),
        ("oracle://me:s3cret@host/farm", "oracle is none of"),
    ],
)
def test_a_server_that_cannot_be_used_is_an_error(
    own_build: BuildSpec, url: str, expected: str
) -> None:
    with pytest.raises(StoreError) as caught:
        get(own_build, Cache(server=url))
    assert expected in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.postgresql
def test_a_database_that_the_user_may_not_open_is_no_entry(postgresql_server: Server) -> None:
    role, name = f"aquadata_{uuid.uuid4().hex[:8]}", f"aquadata_small_{uuid.uuid4().hex[:20]}"
    user = postgresql_server.url.set(username=role).render_as_string(hide_password=False)
    postgresql_server.execute(
        f"CREATE ROLE {role} LOGIN",
        f"CREATE DATABASE {name}",
        f"COMMENT ON DATABASE {name} IS 'aquadata: last used 1'",
    )
    try:
        assert name in {database_name(entry) for entry in Cache(server=user).backend.entries()}
        postgresql_server.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        assert name not in {database_name(entry) for entry in Cache(server=user).backend.entries()}
    finally:
        postgresql_server.execute(f"DROP DATABASE {name}", f"DROP ROLE {role}")


def database_name(entry: CacheEntry) -> str:
    return f"aquadata_{entry.preset}_{entry.key}"
