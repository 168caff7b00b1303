"""Names that a build needs, and digests of the objects that it made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from .catalog import DatabaseObject
from .connections import shown_name
from .dialect import dialect_of
from .metadata_table import METADATA_TABLE, PART_TABLE

_BUILD_TABLES = (METADATA_TABLE, PART_TABLE)
_DIGEST_BYTES = 8


def refuse_taken_names(connection: sa.Connection) -> None:
    """Refuse a database in which other objects have names that a build needs.

    Tables with names of the schema are left to checks of their rows and columns, and
    `aquadata_build` to `metadata_table.read_metadata`. No finished build leaves `aquadata_part`.

    Raises:
        StoreError: naming the first such object.
    """
    dialect = dialect_of(connection)
    fold = dialect.folded_name
    needed = {
        namespace: {fold(name) for name in names}
        for namespace, names in dialect.own_names().items()
    }
    tables = {fold(name) for name in (*TABLES, METADATA_TABLE)}
    for found in dialect.objects(connection):
        if found.schema is not None or found.namespace is None:
            continue
        if fold(found.table or "") in tables or _is_known_table(found):
            continue
        if fold(found.name) in needed.get(found.namespace, ()) or fold(found.name) in _BUILD_TABLES:
            raise StoreError(
                f"{shown_name(connection)} has a {found.shown_name} that aquadata did not make, "
                "and a build needs this name: rename it, or give another --url"
            )


def own_objects(objects: Iterable[DatabaseObject]) -> str:
    """Return digests of the definitions of the tables of a build and what belongs to them.

    Args:
        objects: all objects of the database when the build is finished.

    Returns:
        A JSON object of digests by kind and name.
    """
    own = {}
    for found in objects:
        is_own = found.name in (*TABLES, METADATA_TABLE) or found.table in (*TABLES, METADATA_TABLE)
        if found.schema is None and is_own:
            own[_key(found)] = _digest(found)
    return json.dumps(own)


def other_objects(
    objects: Iterable[DatabaseObject], recorded: Mapping[str, str]
) -> list[DatabaseObject]:
    """Return the objects that a build did not make or that were changed since.

    Objects in other schemas are left out: a build is only in the one in which tables are created.

    Args:
        objects: all objects of the database.
        recorded: digests by kind and name, as `own_objects` returned them.
    """
    return [
        found
        for found in objects
        if found.schema is None and recorded.get(_key(found)) != _digest(found)
    ]


def _is_known_table(found: DatabaseObject) -> bool:
    return found.kind == "table" and found.name in (*TABLES, METADATA_TABLE)


def _key(found: DatabaseObject) -> str:
    return " ".join((found.kind, found.name, *filter(None, (found.table,))))


def _digest(found: DatabaseObject) -> str:
    return hashlib.blake2b(found.definition.encode(), digest_size=_DIGEST_BYTES).hexdigest()
