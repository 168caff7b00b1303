"""The farm that a database was built for, and its faults then, from the metadata of the build."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from .. import __version__
from ..databases.connections import connected
from ..databases.metadata_table import METADATA_TABLE, read_metadata
from ..errors import DocumentError, StoreError
from ..presets.farm import Farm, farm_from_text
from .build_metadata import FARM, MANIFEST, latest_build
from .manifest import Manifest

_SOURCE = "of the latest build"


def farm_of_latest_build(database: sa.Engine | sa.Connection) -> Farm | None:
    """Return the farm of the latest build in a database.

    None if there is no finished build, or if another version wrote a farm that this one cannot
    read.

    Raises:
        StoreError: if the metadata or the manifest is damaged, or if the farm is not the one that
            was built for: it was damaged or changed.
    """
    build = _latest(database)
    if build is None:
        return None
    manifest = Manifest.from_json(build[MANIFEST])
    is_of_this_version = manifest.generator == __version__
    try:
        farm = farm_from_text(_SOURCE, build.get(FARM, ""))
    except DocumentError as error:
        if is_of_this_version:
            raise _damaged(str(error)) from error
        return None
    if is_of_this_version and farm.digest != manifest.farm_digest:
        raise _damaged("it was changed since the build")
    return farm


def earlier_failures_of(database: sa.Engine | sa.Connection) -> Mapping[str, int]:
    """Return the hard checks that failed before the latest build, with the number of rows.

    Raises:
        StoreError: if the metadata or the manifest is damaged.
    """
    build = _latest(database)
    return {} if build is None else Manifest.from_json(build[MANIFEST]).failing


def _latest(database: sa.Engine | sa.Connection) -> Mapping[str, str] | None:
    with connected(database) as connection:
        return latest_build(read_metadata(connection))


def _damaged(reason: str) -> StoreError:
    return StoreError(
        f"the farm in the table {METADATA_TABLE} cannot be used: {reason}; restore the database, "
        "or build it again"
    )
