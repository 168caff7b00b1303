"""Datasets kept between sessions under the digest of all that determines them."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from ..databases.location import DatabaseLocation
from ..databases.sqlite_location import SqliteLocation
from ..datasets.dataset import Dataset
from ..errors import StoreError
from ..files import file_name
from ..generation.build_spec import BuildSpec
from ..generation.estimate import estimate
from ..generation.pipeline import build_into
from ..generation.worker_options import WorkerOptions
from ..jobs.build_lock import BuildLock
from ..jobs.progress import Progress
from ..settings import DEFAULT_CACHE_BYTES
from ..signals import ended_in_order
from ..workspaces import remove_abandoned_folders, temporary_folder
from .backend import CacheBackend, EntryState, enforce_size_limit
from .filesystem import FilesystemCache
from .server import ServerCache

_CODE = ("lifecycle", "presets", "schema", "databases", "generation")
"""Packages whose code determines the rows."""


@dataclass(frozen=True)
class Cache:
    """Place of the cache, its size limit, and whether datasets are rebuilt.

    Attributes:
        folder: folder for SQLite files; the user's cache folder if None.
        server: URL of a database server that keeps them instead.
        limit_bytes: total size above which the least recently used are removed.
        rebuild: folder in which each dataset is noted that has been built again, so that several
            processes rebuild it once; None to open what exists.
    """

    folder: Path | None = None
    server: str | None = None
    limit_bytes: int = DEFAULT_CACHE_BYTES
    rebuild: Path | None = None

    @property
    def backend(self) -> CacheBackend:
        """The folder or server."""
        if self.server is not None:
            return ServerCache(self.server)
        return FilesystemCache(self.folder or user_cache_path("pytest-aquadata"))


def cached_dataset(
    build: BuildSpec,
    *,
    cache: Cache | None,
    workers: WorkerOptions | int,
    progress: Progress,
    log_dir: Path | None = None,
) -> Dataset:
    """Open the dataset of a build from the cache; build it first if it is missing.

    If several processes ask at once, one builds; the others wait for it and open what it built.

    Args:
        build: what to build.
        cache: where to keep it; None for a temporary file that only this dataset uses.
        workers: options of the processes that simulate, or how many there are.
        progress: receives the progress of the build.
        log_dir: folder for a log of the build and one a batch; none if None.

    Raises:
        AquadataError: if it cannot be built.
    """
    options = WorkerOptions.of(workers)
    if cache is None:
        return _uncached(build, options, progress, log_dir)
    with suppress(StoreError):
        remove_abandoned_folders()
    backend, preset, key = cache.backend, build.schedule.name, cache_key(build)
    location = backend.location(preset, key)
    fresh = False
    if cache.rebuild or backend.state(preset, key) is not EntryState.COMPLETE:
        backend.prepare()
        with BuildLock(location.lock_path, name=location.display_name, progress=progress):
            if cache.rebuild:
                _remove_once(backend, preset, key, cache.rebuild)
            state = backend.state(preset, key)
            if state is EntryState.CHANGED:
                progress.notice(
                    f"the cached dataset {location.display_name} was changed after it was built; "
                    "it is not used, and is built again"
                )
            if fresh := state is not EntryState.COMPLETE:
                backend.prepare_build(preset, key)
                _build(build, location, options, progress, log_dir)
                backend.seal(preset, key)
    with ExitStack() as resources:
        resources.enter_context(backend.in_use(preset, key))
        if fresh:
            enforce_size_limit(backend, cache.limit_bytes)
        return Dataset(location, fresh=fresh, resources=resources.pop_all())


def _remove_once(backend: CacheBackend, preset: str, key: str, rebuilt: Path) -> None:
    """Remove a dataset unless a process of this session has already removed it."""
    done = rebuilt / f"rebuilt-{key}"
    if done.exists():
        return
    for entry in backend.entries():
        if entry.key == key and not backend.remove(entry):
            raise StoreError(
                f"{preset} in {backend.display_name} is in use by another process, so it cannot be "
                "rebuilt now; end that process, or leave out --rebuild"
            )
    done.touch()


def _uncached(
    build: BuildSpec, options: WorkerOptions, progress: Progress, log_dir: Path | None
) -> Dataset:
    with ended_in_order(), ExitStack() as resources:
        folder = resources.enter_context(temporary_folder())
        location = SqliteLocation(folder / f"{file_name(build.schedule.name)}.db")
        _build(build, location, options, progress, log_dir)
        return Dataset(location, fresh=True, resources=resources.pop_all())


def cache_key(build: BuildSpec) -> str:
    """Return a digest of all that determines a dataset, including the code that makes it."""
    made_with = {"code": _code_digest(), "numpy": np.__version__}
    inputs = json.dumps({**build.identity, **made_with}, sort_keys=True)
    return hashlib.sha256(inputs.encode()).hexdigest()[:20]


@lru_cache(maxsize=1)
def _code_digest() -> str:
    """Return a digest of the modules in `_CODE`: after a change, no old dataset is opened."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for name in _CODE:
        for module in sorted((package / name).rglob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()


def _build(
    build: BuildSpec,
    location: DatabaseLocation,
    options: WorkerOptions,
    progress: Progress,
    log_dir: Path | None,
) -> None:
    location.prepare(replace=False, needed_bytes=estimate(build).size_bytes)
    build_into(build, location.store(replace=False), options, progress, log_dir, resume=True)
