"""Seeding as a user asks for it: a preset or a schedule, into a database or into the cache."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import date
from pathlib import Path

from ..databases.location import database_location
from ..databases.store import Store
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
from ..settings import DEFAULT_AS_OF
from .batch_pool import WorkerOptions, usable_processors
from .build_spec import BuildSpec
from .estimate import estimate
from .existing_databases import (
    Plan,
    adopt,
    existing_store,
    guest_build,
    holds_own_build,
    is_existing,
    refuse_guests,
)
from .pipeline import build_into

DATABASE = "database"
"""Models that are those of the database."""

__all__ = [
    "WorkerOptions",
    "default_url",
    "resolve",
    "seed_database",
    "usable_processors",
]


def resolve(
    preset: str,
    *,
    farm: str | None,
    as_of: date | None,
    seed: int,
    readings: int | None,
    growth: bool = True,
    into: SeedTarget | None = None,
) -> BuildSpec:
    """What a preset's name, or the path of a schedule, stands for.

    Args:
        preset: a name, or a path ending in `.yaml` or `.yml`.
        farm: path of a farm file; the standard farm, or the schedule's own, if None.
        as_of: the farm's today; the default, or the schedule's own, if None.
        seed: seed of all randomness.
        readings: readings of each sensor a day; the preset's own if None.
        growth: whether batches are analysed, too.
        into: the database that it goes into; what that holds is used. None for an empty one.

    Raises:
        AquadataError: when there is no such preset, or a file or database cannot be used.
    """
    loaded, plan = _planned(preset, farm, as_of, seed, readings, growth)
    if into is None or into.replace or not is_existing(into.url):
        if into is not None and into.models == DATABASE:
            raise StoreError(
                "models=database needs a database that has models; give its --url, or leave "
                "models=farm"
            )
        return plan(loaded, Occupancy())
    if into.reuse and (kept := _kept_by_guests(preset, loaded, plan, into)) is not None:
        schedule = kept.schedule if readings is None else with_readings(kept.schedule, readings)
        return replaced(
            kept, schedule=schedule, seed=seed, as_of=as_of or kept.as_of, growth=growth
        )
    if holds_own_build(into.url) and not into.append:
        return plan(loaded, Occupancy())
    return adopt(
        into.url,
        loaded,
        plan,
        append=into.append,
        use_places=preset in PRESETS and farm is None,
        use_models=into.models == DATABASE,
    )


@dataclass(frozen=True)
class SeedTarget:
    """The database that a build goes into.

    Attributes:
        url: where it is.
        append: whether it may hold operational data that stays.
        models: whose models of growth, feed and mortality count, `farm` or `database`.
        replace: whether a build there is replaced.
        reuse: whether the same build there is used as it is.
    """

    url: str
    append: bool = False
    models: str = "farm"
    replace: bool = False
    reuse: bool = False


def _kept_by_guests(preset: str, farm: Farm, plan: Plan, into: SeedTarget) -> BuildSpec | None:
    """What a build into tables of others must be to be used again, if there is one of the name.

    A preset is as it was planned for what was found there then; a schedule is as its file says.
    """
    if preset in PRESETS:
        return guest_build(into.url, preset)
    asked = plan(farm, Occupancy())
    kept = guest_build(into.url, asked.schedule.name)
    if kept is None or into.models != DATABASE:
        return asked if kept is not None else None
    return replaced(asked, farm=kept.farm)


def _planned(
    preset: str,
    farm: str | None,
    as_of: date | None,
    seed: int,
    readings: int | None,
    growth: bool,
) -> tuple[Farm, Plan]:
    """The farm of a preset or schedule, and what plans it for that farm or another one."""
    if preset in PRESETS:
        today = as_of or DEFAULT_AS_OF
        check_as_of(today)

        def plan(place: Farm, occupancy: Occupancy) -> BuildSpec:
            schedule = plan_preset(preset, place, today, seed, readings, occupancy)
            return BuildSpec(schedule, place, seed, today, growth)

        return load_farm(farm), plan
    if not is_schedule_file(preset):
        raise unknown_preset(preset)
    schedule, loaded = read_schedule(Path(preset), farm)
    if readings is not None:
        schedule = with_readings(schedule, readings)
    today = as_of or schedule.as_of
    check_as_of(today)
    build = BuildSpec(schedule, loaded, seed, today, growth)
    if not build.batches:
        first = min(batch.starts for batch in schedule.batches)
        raise PlanError(
            f"no batch of {preset} has started by {build.as_of}; the first does on {first}: give "
            "a later --as-of"
        )
    return loaded, lambda place, _: replaced(build, farm=place)


def is_schedule_file(preset: str) -> bool:
    """Whether this is the path of a schedule file, and no name."""
    return Path(preset).suffix in (".yaml", ".yml")


def default_url(preset: str) -> str:
    """A SQLite file in the current folder, named after a preset or a schedule file."""
    return f"sqlite:///{Path(preset).stem}.db"


def seed_database(
    build: BuildSpec,
    url: str,
    *,
    workers: WorkerOptions | int | None,
    replace: bool,
    reuse: bool,
    progress: Progress,
    log_dir: Path | None = None,
    resume: bool = False,
) -> Dataset:
    """Build into a database that people will use.

    Args:
        build: what to build.
        url: the database.
        workers: who may work on it, or how many processes; one for each usable processor if None.
        replace: whether a database that aquadata built may be replaced.
        reuse: whether one that holds this very build may be used as it is.
        progress: is told how far the build is.
        log_dir: folder for a log of the run and one a batch; none if None.
        resume: whether to go on with what an interrupted build of the same has left.

    Raises:
        AquadataError: when the database may not be written or the build fails; what was there
            before is there still, but for a build on a server that was to be replaced.
    """
    if reuse and replace:
        raise StoreError("--replace and --reuse contradict each other: give one of them")
    home = database_location(url)
    if replace:
        refuse_guests(url)
    if reuse and build.key_mapping.is_new_database and home.is_built():
        dataset = open_dataset(url)
        check_same_build(home.where, dataset.manifest, build.identity)
        progress.close()
        return dataset
    hands = WorkerOptions.of(workers or usable_processors())
    with nullcontext(hands.folder) if hands.folder else build_lock_for(url, wait=False) as work:
        if build.key_mapping.is_new_database:
            home.prepare(replace=replace, needed_bytes=estimate(build).size_bytes)
            store: Store = home.store(replace=replace)
        else:
            store = existing_store(url)
        build_into(build, store, replaced(hands, folder=work), progress, log_dir, resume)
    return open_dataset(url, fresh=True)


def build_lock_for(url: str, *, wait: bool, progress: Progress | None = None) -> BuildLock:
    """The right to build into a database.

    Args:
        url: the database.
        wait: whether to wait while another process has it, and to help that process.
        progress: is told when this process waits for one of another run.
    """
    return BuildLock(database_location(url).lock_path, wait=wait, progress=progress)
