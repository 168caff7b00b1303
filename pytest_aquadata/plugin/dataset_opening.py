"""Open the dataset of a fixture: from the cache, or in the database of `aquadata_url`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..errors import StoreError
from .session_state import SETTINGS_KEY, absolute_url, invocation_folder, run_folder
from .terminal import build_progress, uncaptured

if TYPE_CHECKING:
    from datetime import date

    from ..datasets.dataset import Dataset
    from ..generation.request import SeedRequest


def fixture_request(
    config: pytest.Config,
    preset: str,
    url: str | None,
    *,
    seed: int,
    as_of: date,
    farm: str | Path | None,
) -> SeedRequest:
    """Return the request of a dataset fixture: the settings, and the values of other fixtures.

    Args:
        config: configuration of this process.
        preset: name of a preset, or path of a schedule file.
        url: database to build into; None for the cache.
        seed: value of `aquadata_seed`.
        as_of: value of `aquadata_as_of`.
        farm: value of `aquadata_farm`.
    """
    from ..generation.request import SeedRequest

    request = SeedRequest.from_settings(config.stash[SETTINGS_KEY], preset)
    farm_name = None if farm is None else str(farm)
    if url is not None:
        url = absolute_url(config, url)
    return replace(request, url=url, seed=seed, as_of=as_of, farm=farm_name)


def open_requested(request: SeedRequest, config: pytest.Config, temporary: Path) -> Dataset:
    """Open the dataset of a request; build it first where necessary.

    Args:
        request: what to build, and where.
        config: configuration of this process.
        temporary: folder of this session.

    Raises:
        AquadataError: when it cannot be built or opened.
    """
    with uncaptured(config), invocation_folder(config):
        if request.url is None:
            return _open_cached(request, config, temporary)
        return _open_seeded(request, request.url, config)


def _open_cached(request: SeedRequest, config: pytest.Config, temporary: Path) -> Dataset:
    from ..cache.cached_dataset import Cache, cached_dataset
    from ..generation.seeding import plan_build

    settings = config.stash[SETTINGS_KEY]
    shared = run_folder(config)
    cache: Cache | None = Cache(
        settings.cache_dir,
        settings.cache_url,
        settings.cache_size,
        rebuild=(shared or temporary) if settings.rebuild else None,
    )
    if settings.no_cache:
        cache = Cache(shared) if shared else None
    build = plan_build(request)
    return cached_dataset(
        build,
        cache=cache,
        workers=request.workers,
        progress=build_progress(config, build.schedule.name),
        log_dir=request.log_dir,
    )


def _open_seeded(request: SeedRequest, url: str, config: pytest.Config) -> Dataset:
    """Open the database at a URL; the first worker builds it, the others use it as it is."""
    from ..generation.seeding import build_lock_for, seed_locked

    progress = build_progress(config, Path(request.preset).stem)
    with build_lock_for(url, progress=progress):
        try:
            return seed_locked(replace(request, reuse=True, replace=False), progress)
        except StoreError:
            if not request.replace:
                raise
        return seed_locked(replace(request, reuse=False), progress)
