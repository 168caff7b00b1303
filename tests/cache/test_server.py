"""The cache on a database server: datasets are built once, read-only, cloned, and removed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.cache.backend import CacheEntry
from pytest_aquadata.cache.cached_dataset import Cache, cache_key, cached_dataset
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
    assert not cache.backend.holds("small", cache_key(own_build))
    watched = Watched()
    with cached_dataset(own_build, cache=cache, workers=1, progress=watched) as dataset:
        assert watched.done == 0
        assert len(dataset.batches) == 1


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
