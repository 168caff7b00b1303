"""Finished datasets kept between sessions, each named by the digest of what determines it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from ..databases.location import DatabaseLocation, SqliteLocation
from ..datasets.dataset import Dataset
from ..errors import StoreError
from ..generation.batch_pool import WorkerOptions
from ..generation.build_spec import BuildSpec
from ..generation.estimate import estimate
from ..generation.pipeline import build_into
from ..jobs.build_lock import BuildLock
from ..jobs.progress import Progress
from ..settings import DEFAULT_CACHE_BYTES
from .backend import CacheBackend, make_room
from .filesystem import FilesystemCache
from .server import server_cache

_CODE = ("lifecycle", "presets", "schema", "stores", "build")


@dataclass(frozen=True)
class Cache:
    """Where datasets are kept, and how many.

    Attributes:
        folder: keeps them as files; the user's cache folder if None.
        server: URL of a database server that keeps them instead.
        limit_bytes: the least recently used go when they are larger than this together.
        rebuild: build anew what is there, once; in this folder it is noted what has been.
    """

    folder: Path | None = None
    server: str | None = None
    limit_bytes: int = DEFAULT_CACHE_BYTES
    rebuild: Path | None = None

    @property
    def shelf(self) -> CacheBackend:
        """The place."""
        if self.server is not None:
            return server_cache(self.server)
        return FilesystemCache(self.folder or user_cache_path("pytest-aquadata"))


def cached_dataset(
    build: BuildSpec,
    *,
    cache: Cache | None,
    workers: WorkerOptions | int,
    progress: Progress,
    log_dir: Path | None = None,
) -> Dataset:
    """The dataset of a build, from the cache if it is there, else built into it.

    Of several processes that ask at once, one builds and the others help.

    Args:
        build: what to build.
        cache: where to keep it; None to build it for this dataset alone.
        workers: who may work on it, or how many processes; those who wait for it do as well.
        progress: is told how far the build is.
        log_dir: folder for a log of the run and one a batch; none if None.

    Raises:
        AquadataError: when it cannot be built.
    """
    hands = WorkerOptions.of(workers)
    if cache is None:
        return _uncached(build, hands, progress, log_dir)
    shelf, preset, key = cache.shelf, build.schedule.name, cache_key(build)
    home = shelf.home(preset, key)
    fresh = False
    if cache.rebuild or not shelf.holds(preset, key):
        shelf.prepare()
        with BuildLock(home.lock_path, progress=progress) as work:
            if cache.rebuild:
                _take_out_once(shelf, preset, key, cache.rebuild)
            if fresh := not shelf.holds(preset, key):
                shelf.make_ready(preset, key)
                _build(build, home, replace(hands, folder=work), progress, log_dir)
                shelf.put(preset, key)
    with ExitStack() as held:
        held.enter_context(shelf.in_use(preset, key))
        if fresh:
            make_room(shelf, cache.limit_bytes)
        return Dataset(home, fresh=fresh, held=held.pop_all())


def _take_out_once(shelf: CacheBackend, preset: str, key: str, noted: Path) -> None:
    done = noted / f"rebuilt-{key}"
    if done.exists():
        return
    for entry in shelf.entries():
        if entry.key == key and not shelf.remove(entry):
            raise StoreError(
                f"{preset} in {shelf.where} is in use by another process, so it cannot be built "
                "anew now; end that process, or leave out --rebuild"
            )
    done.touch()


def _uncached(
    build: BuildSpec, hands: WorkerOptions, progress: Progress, log_dir: Path | None
) -> Dataset:
    with ExitStack() as held:
        folder = Path(tempfile.mkdtemp(prefix="aquadata-"))
        held.callback(shutil.rmtree, folder, ignore_errors=True)
        home = SqliteLocation(folder / f"{build.schedule.name}.db")
        _build(build, home, hands, progress, log_dir)
        return Dataset(home, fresh=True, held=held.pop_all())


def cache_key(build: BuildSpec) -> str:
    """A digest of all that determines a dataset, the code that makes it included."""
    made_with = {"code": _code_digest(), "numpy": np.__version__}
    described = json.dumps({**build.identity, **made_with}, sort_keys=True)
    return hashlib.sha256(described.encode()).hexdigest()[:20]


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """A digest of this package's modules, so that a change to one is never met by old data."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for name in _CODE:
        for module in sorted((package / name).rglob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()


def _build(
    build: BuildSpec,
    home: DatabaseLocation,
    hands: WorkerOptions,
    progress: Progress,
    log_dir: Path | None,
) -> None:
    home.prepare(replace=False, needed_bytes=estimate(build).size_bytes)
    build_into(build, home.store(replace=False), hands, progress, log_dir, resume=True)
