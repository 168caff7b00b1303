"""A build for a database that somebody else made: what is there is used, the rest is added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import sqlalchemy as sa

from ..adoption.collisions import refuse_collisions
from ..adoption.master_data import map_master_data
from ..adoption.survey import Survey, survey
from ..databases.connections import as_store_errors
from ..databases.dialect import dialect_of
from ..databases.existing_tables import ExistingTablesStore
from ..databases.layout import present_tables, read_layout
from ..databases.metadata_table import UNFINISHED, read_metadata
from ..databases.urls import database_url
from ..datasets.build_metadata import (
    FARM,
    MANIFEST,
    SCHEDULE,
    builds_by_number,
    latest_build,
    manifests_by_number,
)
from ..datasets.manifest import Manifest
from ..errors import StoreError
from ..presets.documents import read_document
from ..presets.farm import Farm, farm_from_text
from ..presets.schedule import Schedule
from ..presets.site_bookings import Occupancy
from ..text import mask_password
from .build_spec import BuildSpec
from .verify import failing

Plan = Callable[[Farm, Occupancy], BuildSpec]
"""Plans a build for a farm, beside what is there."""

_TOLD_TABLE = "batch_batch"


def is_existing(url: str) -> bool:
    """Whether a database has tables of ours that no build of aquadata has made alone.

    Raises:
        StoreError: when it cannot be opened.
    """
    with _reading(url) as connection:
        if connection is None:
            return False
        if not present_tables(connection):
            return False
        return UNFINISHED not in read_metadata(connection)


def adopt(
    url: str, farm: Farm, plan: Plan, *, append: bool, use_places: bool, use_models: bool
) -> BuildSpec:
    """Plan a build on what a database holds.

    Args:
        url: the database; nothing is changed in it.
        farm: the farm to plan for if the database has none.
        plan: plans a build.
        append: whether the database may hold operational data.
        use_places: whether to plan for the farm that the database has.
        use_models: whether the database's models drive the simulation.

    Raises:
        AquadataError: when the build does not go there, with what to do instead.
    """
    name = mask_password(str(database_url(url)))
    with _reading(url) as connection:
        if connection is None:
            raise StoreError(f"there is no database {name}")
        found = survey(connection, name, farm, use_places=use_places, use_models=use_models)
        if found.in_use and not append:
            raise StoreError(
                _refusal(name, found, bool(builds_by_number(read_metadata(connection))))
            )
        build = plan(found.farm, found.occupancy)
        refuse_collisions(build.schedule, found.occupancy, name)
        key_mapping = map_master_data(connection, build.farm, build.schedule, build.as_of)
        return replace(build, key_mapping=replace(key_mapping, failing=failing(connection)))


def holds_own_build(url: str) -> bool:
    """Whether a database was made by aquadata, tables and all."""
    with _reading(url) as connection:
        manifests = manifests_by_number(read_metadata(connection)) if connection is not None else {}
    return any(not manifest.is_append_build for manifest in manifests.values())


def latest_append_build(url: str, name: str) -> BuildSpec | None:
    """The build that came last into a database made by others, as its notes say.

    Args:
        url: the database.
        name: of the preset or schedule; there is none if it was another one.
    """
    with _reading(url) as connection:
        notes = latest_build(read_metadata(connection)) if connection is not None else None
    manifest = Manifest.from_json(notes[MANIFEST]) if notes is not None else None
    if notes is None or manifest is None or not manifest.is_append_build or manifest.preset != name:
        return None
    schedule = read_document(notes[SCHEDULE], Schedule, "schedule")
    farm = farm_from_text(schedule.farm, notes[FARM])
    as_of = date.fromisoformat(manifest.as_of)
    return BuildSpec(schedule, farm, manifest.seed, as_of, manifest.growth)


def refuse_append_builds(url: str) -> None:
    """A build into tables that were there is not replaced with them.

    Raises:
        StoreError: when a database holds such a build.
    """
    with _reading(url) as connection:
        notes = read_metadata(connection) if connection is not None else {}
    if any(manifest.is_append_build for manifest in manifests_by_number(notes).values()):
        raise StoreError(
            f"{mask_password(url)} was made by others and only filled by aquadata, so "
            "--replace leaves it; remove the build with `aquadata wipe`, then seed again"
        )


def existing_store(url: str) -> ExistingTablesStore:
    """The store for a database whose tables are there.

    Raises:
        StoreError: when its tables cannot be filled.
    """
    target = database_url(url)
    with _reading(url) as connection:
        if connection is None:
            raise StoreError(f"there is no database {mask_password(str(target))}")
        layout = read_layout(connection, mask_password(str(target)))
    return ExistingTablesStore(target, layout)


def _refusal(name: str, found: Survey, is_ours: bool) -> str:
    table = _TOLD_TABLE if _TOLD_TABLE in found.in_use else next(iter(found.in_use))
    told = f"{name} already holds data ({table} has {found.in_use[table]:,})"
    if is_ours:
        return (
            f"{told}; use --replace to build it again, --reuse to open it if it is the same "
            "build, --append to add another one, or give another --url"
        )
    return f"{told}; use --append to add batches beside it, or give another --url"


@contextmanager
def _reading(url: str) -> Iterator[sa.Connection | None]:
    """A connection that changes nothing; None if there is no such file."""
    target = database_url(url)
    dialect = dialect_of(target)
    if not dialect.exists(target):
        yield None
        return
    engine = dialect.open_engine(target, read_only=True)
    try:
        with (
            as_store_errors(f"{mask_password(str(target))} cannot be read"),
            engine.connect() as connection,
        ):
            yield connection
    finally:
        engine.dispose()
