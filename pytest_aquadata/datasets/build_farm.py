"""The farm that a database was built for, from the metadata that the build left in it."""

from __future__ import annotations

import sqlalchemy as sa

from ..databases.connections import connected
from ..databases.metadata_table import read_metadata
from ..errors import DocumentError
from ..presets.farm import Farm, farm_from_text
from .build_metadata import FARM, MANIFEST, latest_build
from .manifest import Manifest

_SOURCE = "of the latest build"


def farm_of_latest_build(database: sa.Engine | sa.Connection) -> Farm | None:
    """Return the farm of the latest build in a database.

    None if there is no finished build, or if another version wrote a farm that this one cannot
    read.

    Raises:
        StoreError: if the metadata or the manifest of the build is damaged.
    """
    with connected(database) as connection:
        build = latest_build(read_metadata(connection))
    if build:
        Manifest.from_json(build[MANIFEST])
    try:
        return farm_from_text(_SOURCE, build[FARM]) if build and FARM in build else None
    except DocumentError:
        return None
