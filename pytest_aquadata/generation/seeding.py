"""Plan a requested build, and build it into a database."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from ..databases.store import Store
from ..databases.urls import database_location
from ..datasets.dataset import Dataset, open_dataset
from ..datasets.manifest import check_same_build
from ..errors import PlanError, StoreError
from ..jobs.build_lock import BuildLock
from ..jobs.progress import Progress
from ..presets.as_of import check_as_of
from ..presets.farm import Farm, load_farm
from ..presets.named_presets import PRESETS, plan_preset, unknown_preset
from ..presets.schedule import read_schedule, with_readings
from ..presets.site_bookings import Occupancy
from ..provenance.replacement import refuse_unproven
from ..setting_values import is_schedule_file
from ..settings import DEFAULT_AS_OF
from .build_spec import BuildSpec
from .estimate import estimate
from .existing_databases import (
    Planner,
    existing_store,
    holds_own_build,
    is_existing,
    latest_append_build,
    plan_for_existing,
    refuse_append_builds,
)
from .pipeline import build_into
from .request import DATABASE_MODELS, SeedRequest, default_url

__all__ = ["build_lock_for", "plan_build", "seed", "seed_database"]


def plan_build(request: SeedRequest) -> BuildSpec:
    """Plan a preset or schedule, around the data of the database that it is for.

    Raises:
        AquadataError: when there is no such preset, or a file or database cannot be used.
    """
    url = request.url
    farm, plan = _planner(request)
    if url is None:
        return plan(farm, Occupancy())
    if request.replace or not is_existing(url):
        if request.models == DATABASE_MODELS:
            raise StoreError(
                "--models database needs a database that has models; give its --url, or leave out "
                "--models"
            )
        return plan(farm, Occupancy())
    if request.reuse and (previous := _append_build(request, url, farm, plan)) is not None:
        schedule = previous.schedule
        if request.readings is not None:
            schedule = with_readings(schedule, request.readings)
        return replace(
            previous,
            schedule=schedule,
            seed=request.seed,
            as_of=request.as_of or previous.as_of,
            growth=request.growth,
        )
    if holds_own_build(url) and not request.append:
        return plan(farm, Occupancy())
    return plan_for_existing(
        url,
        farm,
        plan,
        append=request.append,
        use_places=request.preset in PRESETS and request.farm is None,
        use_models=request.models == DATABASE_MODELS,
    )


def _planner(request: SeedRequest) -> tuple[Farm, Planner]:
    """Return the farm of a preset or schedule, and a function that plans it for any farm."""
    if request.preset in PRESETS:
        return _preset_planner(request)
    if is_schedule_file(request.preset):
        return _schedule_planner(request)
    raise unknown_preset(request.preset)


def _preset_planner(request: SeedRequest) -> tuple[Farm, Planner]:
    as_of = request.as_of or DEFAULT_AS_OF
    check_as_of(as_of)

    def plan(farm: Farm, occupancy: Occupancy) -> BuildSpec:
        schedule = plan_preset(
            request.preset, farm, as_of, request.seed, request.readings, occupancy
        )
        return BuildSpec(schedule, farm, request.seed, as_of, request.growth)

    return load_farm(request.farm), plan


def _schedule_planner(request: SeedRequest) -> tuple[Farm, Planner]:
    schedule, schedule_farm = read_schedule(Path(request.preset), request.farm)
    if request.readings is not None:
        schedule = with_readings(schedule, request.readings)
    as_of = request.as_of or schedule.as_of
    check_as_of(as_of)
    build = BuildSpec(schedule, schedule_farm, request.seed, as_of, request.growth)
    if not build.batches:
        first = min(batch.starts for batch in schedule.batches)
        raise PlanError(
            f"no batch of {request.preset} has started by {as_of}; the first does on {first}: "
            "give a later --as-of"
        )
    return schedule_farm, lambda farm, _: replace(build, farm=farm)


def _append_build(request: SeedRequest, url: str, farm: Farm, plan: Planner) -> BuildSpec | None:
    """Return the previous append build of this name that `--reuse` may reopen, or None.

    A preset keeps the schedule that was planned for the database at that time; a schedule file is
    read again.
    """
    if request.preset in PRESETS:
        return latest_append_build(url, request.preset)
    planned = plan(farm, Occupancy())
    previous = latest_append_build(url, planned.schedule.name)
    if previous is None:
        return None
    return replace(planned, farm=previous.farm) if request.models == DATABASE_MODELS else planned


def seed(request: SeedRequest, progress: Progress) -> Dataset:
    """Plan a request, and build it into its database.

    With a `lock_timeout`, wait for the build lock first, and plan for the database as it is then.

    Raises:
        AquadataError: when another process still builds into the database, when the request
            cannot be planned, or as `seed_database` does.
    """
    if not request.lock_timeout or request.url is None:
        return seed_database(plan_build(request), request, progress)
    with build_lock_for(request.url, timeout_s=request.lock_timeout, progress=progress):
        return seed_locked(request, progress)


def seed_locked(request: SeedRequest, progress: Progress) -> Dataset:
    """Plan a request, and build it into its database, whose build lock the caller holds."""
    return seed_database(plan_build(request), request, progress, is_locked=True)


def seed_database(
    build: BuildSpec, request: SeedRequest, progress: Progress, *, is_locked: bool = False
) -> Dataset:
    """Build into a database.

    Args:
        build: what to build, as `plan_build` plans it.
        request: the database, and how to build into it.
        progress: shows the progress of the build.
        is_locked: the caller holds the build lock of the database.

    Raises:
        AquadataError: when the database may not be written or the build fails. The database's
            former content is kept, except for a build on a server that was to be replaced.
    """
    if request.reuse and request.replace:
        raise StoreError("--replace and --reuse contradict each other: give one of them")
    url = default_url(request.preset) if request.url is None else request.url
    location = database_location(url)
    if request.replace:
        refuse_append_builds(url)
    if request.reuse and build.key_mapping.is_new_database and location.is_built():
        dataset = open_dataset(url)
        check_same_build(location.display_name, dataset.manifest, build.identity)
        progress.close()
        return dataset
    with nullcontext() if is_locked else build_lock_for(url, timeout_s=0):
        if build.key_mapping.is_new_database:
            location.prepare(replace=request.replace, needed_bytes=estimate(build).size_bytes)
            if request.replace:
                refuse_unproven(url)
            store: Store = location.store(replace=request.replace)
        else:
            store = existing_store(url)
        for note in build.key_mapping.notes:
            progress.notice(note)
        build_into(build, store, request.workers, progress, request.log_dir, request.resume)
    return open_dataset(url, fresh=True)


def build_lock_for(
    url: str, *, timeout_s: float | None = None, progress: Progress | None = None
) -> BuildLock:
    """Return the lock that a process holds while it builds into a database.

    Args:
        url: the database.
        timeout_s: longest time to wait for another process; None for no limit.
        progress: shows that this process waits.
    """
    location = database_location(url)
    return BuildLock(
        location.lock_path, name=location.display_name, timeout_s=timeout_s, progress=progress
    )
