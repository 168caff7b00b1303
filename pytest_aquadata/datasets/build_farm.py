"""The farm that a database was built for, from the metadata that the build left in it."""

from __future__ import annotations

import sqlalchemy as sa

from ..databases.store import NOTES
from ..errors import DocumentError
from ..presets.farm import Farm, farm_from_text
from .build_metadata import FARM, latest_build

_SOURCE = "of the latest build"


def farm_of_latest_build(database: sa.Engine | sa.Connection) -> Farm | None:
    """Return the farm of the latest build in a database.

    None if there is no finished build, or if another version wrote a farm that this one cannot
    read.
    """
    if isinstance(database, sa.Engine):
        with database.connect() as connection:
            return farm_of_latest_build(connection)
    if not sa.inspect(database).has_table(NOTES):
        return None
    table = sa.table(NOTES, sa.column("name", sa.String), sa.column("value", sa.String))
    rows = database.execute(sa.select(table.c.name, table.c.value))
    build = latest_build({row.name: row.value for row in rows})
    try:
        return farm_from_text(_SOURCE, build[FARM]) if build and FARM in build else None
    except DocumentError:
        return None
