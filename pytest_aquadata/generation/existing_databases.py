"""Builds for a database that already has tables: its rows are used, and others are added."""

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
    added_keys,
    builds_by_number,
    entry_of,
    latest_build,
    manifests_by_number,
)
from ..datasets.manifest import Manifest
from ..errors import StoreError
from ..lifecycle.growth_analysis.model_library import CHOSEN_MODELS
from ..presets.documents import read_document
from ..presets.farm import Farm, farm_from_text
from ..presets.schedule import Schedule
from ..presets.site_bookings import Occupancy
from ..text import mask_password
from .build_spec import BuildSpec
from .verify import failing_checks

Planner = Callable[[Farm, Occupancy], BuildSpec]
"""Plans a build for a farm, around the places that are occupied."""

_TABLE_NAMED_FIRST = "batch_batch"


def is_existing(url: str) -> bool:
    """Return whether a database has tables of the schema, other than those of an unfinished build.

    Raises:
        StoreError: when it cannot be opened.
    """
    with _reading(url) as connection:
        if connection is None:
            return False
        if not present_tables(connection):
            return False
        return UNFINISHED not in read_metadata(connection)


def plan_for_existing(
    url: str, farm: Farm, plan: Planner, *, append: bool, use_places: bool, use_models: bool
) -> BuildSpec:
    """Plan a build around the rows of a database.

    Args:
        url: the database; nothing is changed in it.
        farm: farm to plan for, if the database has none.
        plan: plans a build.
        append: allow operational data in the database.
        use_places: plan for the farm that the database holds.
        use_models: simulate with the database's models.

    Raises:
        AquadataError: when the build does not fit the database; the message says what to do.
    """
    name = mask_password(str(database_url(url)))
    with _reading(url) as connection:
        if connection is None:
            raise StoreError(f"there is no database {name}")
        added = added_keys(read_metadata(connection), CHOSEN_MODELS)
        existing = survey(
            connection,
            name,
            farm,
            use_places=use_places,
            use_models=use_models,
            added_models=added,
        )
        if existing.in_use and not append:
            raise StoreError(
                _refusal(name, existing, bool(builds_by_number(read_metadata(connection))))
            )
        build = plan(existing.farm, existing.occupancy)
        refuse_collisions(build.schedule, existing.occupancy, name)
        key_mapping = map_master_data(connection, build.farm, build.schedule, build.as_of, added)
        return replace(build, key_mapping=replace(key_mapping, failing=failing_checks(connection)))


def holds_own_build(url: str) -> bool:
    """Return whether aquadata made the tables of a database."""
    with _reading(url) as connection:
        manifests = manifests_by_number(read_metadata(connection)) if connection is not None else {}
    return any(not manifest.is_append_build for manifest in manifests.values())


def latest_append_build(url: str, name: str) -> BuildSpec | None:
    """Return the latest append build of a database, if it was of this preset or schedule.

    Args:
        url: the database.
        name: name of the preset or schedule.
    """
    with _reading(url) as connection:
        metadata = latest_build(read_metadata(connection)) if connection is not None else None
    manifest = Manifest.from_json(metadata[MANIFEST]) if metadata is not None else None
    if (
        metadata is None
        or manifest is None
        or not manifest.is_append_build
        or manifest.preset != name
    ):
        return None
    schedule = read_document(entry_of(metadata, SCHEDULE), Schedule, "schedule")
    farm = farm_from_text(schedule.farm, entry_of(metadata, FARM))
    as_of = date.fromisoformat(manifest.as_of)
    return BuildSpec(schedule, farm, manifest.seed, as_of, manifest.growth)


def refuse_append_builds(url: str) -> None:
    """Refuse to replace a database whose tables aquadata did not make.

    Raises:
        StoreError: when the database holds an append build.
    """
    with _reading(url) as connection:
        metadata = read_metadata(connection) if connection is not None else {}
    if any(manifest.is_append_build for manifest in manifests_by_number(metadata).values()):
        raise StoreError(
            f"{mask_password(url)} was made by others and only filled by aquadata, so "
            "--replace leaves it; remove the build with `aquadata wipe`, then seed again"
        )


def existing_store(url: str) -> ExistingTablesStore:
    """Return the store for a database that has its tables.

    Raises:
        StoreError: when its tables cannot be filled.
    """
    target = database_url(url)
    with _reading(url) as connection:
        if connection is None:
            raise StoreError(f"there is no database {mask_password(str(target))}")
        layout = read_layout(connection, mask_password(str(target)))
    return ExistingTablesStore(target, layout)


def _refusal(name: str, existing: Survey, has_build: bool) -> str:
    """Return the message for a database with operational data."""
    table = (
        _TABLE_NAMED_FIRST if _TABLE_NAMED_FIRST in existing.in_use else next(iter(existing.in_use))
    )
    reason = f"{name} already holds data ({table} has {existing.in_use[table]:,})"
    if has_build:
        return (
            f"{reason}; use --replace to build it again, --reuse to open it if it is the same "
            "build, --append to add another one, or give another --url"
        )
    return f"{reason}; use --append to add batches beside it, or give another --url"


@contextmanager
def _reading(url: str) -> Iterator[sa.Connection | None]:
    """Open a read-only connection; None if there is no such file."""
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
