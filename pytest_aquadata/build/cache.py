"""Finished datasets kept between sessions, each named by the digest of what determines it."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from platformdirs import user_cache_path

from ..errors import StoreError
from ..stores.sqlite import SqliteStore
from .crew import Hands
from .dataset import Dataset
from .estimate import estimate
from .inputs import Build
from .progress import Progress
from .run import build_into
from .targets import prepare_sqlite
from .turns import Turn

_CODE = ("lifecycle", "presets", "schema", "stores", "build")


def default_cache_dir() -> Path:
    """Where datasets are kept unless the user says otherwise."""
    return user_cache_path("pytest-aquadata")


def cached_dataset(
    build: Build,
    *,
    cache_dir: Path | None,
    no_cache: bool,
    workers: Hands | int,
    progress: Progress,
    log_dir: Path | None = None,
) -> Dataset:
    """The dataset of a build, from the cache if it is there, else built into it.

    Of several processes that ask at once, one builds and the others help.

    Args:
        build: what to build.
        cache_dir: where to keep it; None for the user's cache folder.
        no_cache: build into a temporary folder that goes with the dataset.
        workers: who may work on it, or how many processes; those who wait for it do as well.
        progress: is told how far the build is.
        log_dir: folder for a log of the run and one a batch; none if None.

    Raises:
        AquadataError: when it cannot be built.
    """
    hands = Hands.of(workers)
    if no_cache:
        return _uncached(build, hands, progress, log_dir)
    folder = cache_dir or default_cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"cannot keep datasets in {folder}: {error.strerror}; give another --cache-dir, or "
            "--no-cache"
        ) from error
    path = folder / f"{build.schedule.name}-{cache_key(build)}.db"
    if not path.exists():
        with Turn(path, lock=path.with_suffix(".lock")) as work:
            if not path.exists():
                _build(build, path, replace(hands, folder=work), progress, log_dir)
                return Dataset(path, fresh=True)
    return Dataset(path)


def _uncached(build: Build, hands: Hands, progress: Progress, log_dir: Path | None) -> Dataset:
    folder = Path(tempfile.mkdtemp(prefix="aquadata-"))
    path = folder / f"{build.schedule.name}.db"
    try:
        _build(build, path, hands, progress, log_dir)
        return Dataset(path, owned=folder, fresh=True)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def cache_key(build: Build) -> str:
    """A digest of all that determines a dataset, the code that makes it included."""
    described = json.dumps({**build.identity, "code": _code_digest()}, sort_keys=True)
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
    build: Build, path: Path, hands: Hands, progress: Progress, log_dir: Path | None
) -> None:
    prepare_sqlite(path, replace=False, needed_bytes=estimate(build).size_bytes)
    build_into(build, SqliteStore(path), hands, progress, log_dir, resume=True)
    path.chmod(0o400)
