"""Proof that a database holds one build and nothing else, before it is replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.dialect import dialect_of
from ..databases.metadata_table import (
    CREATED,
    EMPTY,
    OBJECTS,
    UNFINISHED,
    parse_entry_name,
    read_metadata,
)
from ..databases.own_objects import other_objects
from ..databases.store import UnfinishedBuild
from ..databases.urls import database_url
from ..datasets.build_metadata import FARM, MANIFEST, SCHEDULE, manifests_by_number
from ..datasets.json_values import JsonObject, damaged
from ..datasets.manifest import Manifest, PartEntry
from ..errors import StoreError
from ..schema import TABLES
from ..text import counted, mask_password
from .derived_rows import GROWTH, DerivedRows, read_results
from .drift import DriftCheck
from .ownership import DERIVED

_ENTRIES = {MANIFEST, SCHEDULE, FARM, GROWTH, OBJECTS, CREATED, EMPTY}
_MOST_COMPARED = 10_000
"""Rows of a table above which only numbers and keys of rows are compared, not their values."""
_MOST_SHOWN = 3


def refuse_unproven(url: str) -> None:
    """Refuse to replace a database that holds anything but one whole build.

    Objects are compared with those that the build recorded; rows by their numbers, by the ranges
    of their keys and, in tables of up to 10,000 rows, by their digests. What an interrupted build
    has left is checked when it is removed.

    Raises:
        StoreError: naming what aquadata did not write.
    """
    target = database_url(url)
    dialect, name = dialect_of(target), mask_password(url)
    if not dialect.exists(target):
        return
    engine = dialect.open_engine(target, read_only=True)
    try:
        with as_store_errors(f"{name} cannot be read"), engine.connect() as connection:
            if found := next(_not_proven(connection), None):
                raise StoreError(
                    f"{name} {found}, so --replace leaves it; remove that, or the database "
                    "itself, or give another --url"
                )
    finally:
        engine.dispose()


def refuse_other_rows(connection: sa.Connection, unfinished: UnfinishedBuild, name: str) -> None:
    """Refuse to remove an interrupted build if its tables hold rows that it did not write.

    Args:
        connection: to the database.
        unfinished: what the build has left.
        name: name of the database, for the message.

    Raises:
        StoreError: naming the table.
    """
    parts = [PartEntry.from_json(entry) for entry in unfinished.parts.values()]
    present = set(sa.inspect(connection).get_table_names())
    for table in TABLES.keys() & present:
        expected = sum(part.tables[table].rows for part in parts if table in part.tables)
        if (rows := _count(connection, table)) > expected:
            raise StoreError(
                f"{name} holds an unfinished build, and {table} has "
                f"{counted(rows - expected, 'row', 'rows')} that it did not write, so it is left "
                "as it is; remove them, or give another --url"
            )


def _not_proven(connection: sa.Connection) -> Iterator[str]:
    """Yield what a database holds beside one build, in words."""
    objects = dialect_of(connection).objects(connection)
    metadata = read_metadata(connection)
    if not objects or UNFINISHED in metadata:
        return
    manifests = list(manifests_by_number(metadata).values())
    if not manifests:
        yield "was not built by aquadata"
        return
    if len(manifests) > 1 or not manifests[0].keys.keys() <= TABLES.keys():
        yield "holds more than one build, or one of another version"
        return
    for entry in metadata:
        parsed = parse_entry_name(entry)
        if parsed is None or parsed[1] not in _ENTRIES:
            yield f"has an entry {entry!a} in aquadata_build that aquadata did not make"
    if OBJECTS not in metadata:
        yield "was built by an older version, which did not record its tables"
        return
    others = other_objects(objects, _recorded(metadata[OBJECTS]))
    if others:
        shown = ", ".join(found.shown_name for found in others[:_MOST_SHOWN])
        more = f" and {len(others) - _MOST_SHOWN} more" if len(others) > _MOST_SHOWN else ""
        yield f"holds objects that aquadata did not make, or not like this: {shown}{more}"
        return
    yield from _other_rows(connection, manifests[0], metadata)


def _other_rows(
    connection: sa.Connection, manifest: Manifest, metadata: Mapping[str, str]
) -> Iterator[str]:
    derived = DerivedRows(connection, manifest, read_results(metadata.get(GROWTH)))
    written = manifest.tables
    for table in TABLES:
        if table in DERIVED or (table in written and written[table].rows):
            continue
        if rows := _count(connection, table):
            yield _inserted(table, rows)
    for table, written_rows in written.items():
        if table not in DERIVED and written_rows.rows:
            added = _count(connection, table) - written_rows.rows
            if added > 0:
                yield _inserted(table, added)
    for table, rows in derived.unknown().items():
        yield _inserted(table, rows)
    drift = DriftCheck(connection, manifest, derived)
    for table, rows, _, _ in drift.inserted():
        yield _inserted(table, rows)
    for changed in drift.changed(_MOST_COMPARED):
        yield f"has rows that were changed, removed or replaced since the build, in {changed}"


def _inserted(table: str, rows: int) -> str:
    return f"has {counted(rows, 'row', 'rows')} in {table} that aquadata did not write"


def _count(connection: sa.Connection, table: str) -> int:
    query = sa.select(sa.func.count()).select_from(TABLES[table])
    return int(connection.execute(query).scalar_one())


def _recorded(text: str) -> Mapping[str, str]:
    try:
        objects = JsonObject.parse(text)
        return {name: objects.text(name) for name in objects.names}
    except (ValueError, RecursionError) as error:
        raise damaged("the record of the tables of a build", error) from error
