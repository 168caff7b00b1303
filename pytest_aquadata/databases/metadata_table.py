"""The table `aquadata_build`, which keeps the metadata of builds with their data.

Entries of the first build in a database have plain names, such as `manifest`; those of the second
begin with its number, `2/manifest`. A build under way is entered as `unfinished`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

from ..errors import StoreError
from .connections import as_store_errors, shown_name

METADATA_TABLE = "aquadata_build"
"""Name of the table of metadata: manifest, schedule and farm of each build."""
PART_TABLE = "aquadata_part"
"""Name of the table of the parts that have been loaded of an unfinished build."""
UNFINISHED = "unfinished"
"""Name of the entry with the identity of an unfinished build."""
OBJECTS = "objects"
"""Name of the entry with digests of the definitions of tables and indexes that a build made."""
CHANGE_MARK = "change_mark"
"""Name of the entry by which the cache on a server sees that a dataset was changed."""
CREATED, EMPTY = "created", "found_empty"
"""Entries with the tables that a build on a server created, and those it found without rows."""

_ENTRY_NAME = re.compile(r"(?:([1-9]\d{0,8})/)?(\w+)")
_LONGEST_VALUE = 200_000_000
"""Characters; the manifest of the largest preset has less than a tenth of it."""
_LONG_TEXT = sa.Text().with_variant(LONGTEXT(), "mysql", "mariadb")
_MARIADB: Mapping[str, Any] = {
    f"{name}_{option}": value
    for name in ("mysql", "mariadb")
    for option, value in (("engine", "InnoDB"), ("charset", "utf8mb4"))
}
"""The tables take part in transactions and keep every text, whatever the defaults of a server."""

build_tables = sa.MetaData()
metadata_table = sa.Table(
    METADATA_TABLE,
    build_tables,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("value", _LONG_TEXT, nullable=False),
    **_MARIADB,
)
part_table = sa.Table(
    PART_TABLE,
    build_tables,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("note", _LONG_TEXT, nullable=False),
    **_MARIADB,
)


def entry_name(build_number: int, name: str) -> str:
    """Return the name of an entry in the table: `manifest` of build 2 is `2/manifest`."""
    return name if build_number == 1 else f"{build_number}/{name}"


def parse_entry_name(name: str) -> tuple[int, str] | None:
    """Return the build's number and the plain name of an entry; None for another name."""
    match = _ENTRY_NAME.fullmatch(name)
    return None if match is None else (int(match[1] or 1), match[2])


def next_build_number(names: Iterable[str]) -> int:
    """Return the number of the next build in a database with entries of these names."""
    parsed = map(parse_entry_name, names)
    return 1 + max((entry[0] for entry in parsed if entry is not None), default=0)


def has_metadata(connection: sa.Connection) -> bool:
    """Return whether a database has the table of metadata."""
    return sa.inspect(connection).has_table(METADATA_TABLE)


def read_metadata(connection: sa.Connection) -> dict[str, str]:
    """Return all entries by name; none if the database lacks the table.

    Raises:
        StoreError: if the table is another one than aquadata writes, or is damaged.
    """
    if not has_metadata(connection):
        return {}
    name = shown_name(connection)
    inspector = sa.inspect(connection)
    if METADATA_TABLE not in inspector.get_table_names():
        raise not_metadata(name, "it is no table of this spelling")
    columns = [column["name"] for column in inspector.get_columns(METADATA_TABLE)]
    refuse_other_columns(columns, name)
    with as_store_errors(f"cannot read {METADATA_TABLE} of {name}"):
        longest = sa.select(sa.func.max(sa.func.length(metadata_table.c.value)))
        refuse_long_values(connection.execute(longest).scalar(), name)
        rows = connection.execute(sa.select(metadata_table.c.name, metadata_table.c.value)).all()
    return checked_entries(rows, name)


def refuse_other_columns(columns: Sequence[str], database_name: str) -> None:
    """Raise if the table has other columns than aquadata gives it.

    Raises:
        StoreError: if it has.
    """
    if list(columns) != metadata_table.columns.keys():
        raise not_metadata(database_name, f"it has the columns {', '.join(columns)}")


def refuse_long_values(longest: Any, database_name: str) -> None:
    """Raise if an entry is longer than aquadata writes any.

    Args:
        longest: characters of the longest value; None without entries.
        database_name: the database, for the message.

    Raises:
        StoreError: if it is.
    """
    if longest is not None and int(longest) > _LONGEST_VALUE:
        raise not_metadata(database_name, f"it has an entry of {int(longest):,} characters")


def checked_entries(rows: Iterable[Sequence[Any]], database_name: str) -> dict[str, str]:
    """Return entries by name.

    Args:
        rows: name and value of each.
        database_name: the database, for the message.

    Raises:
        StoreError: if a name or value is no text, or a name is not unique.
    """
    entries: dict[str, str] = {}
    for name, value in rows:
        if not isinstance(name, str) or not isinstance(value, str):
            raise not_metadata(database_name, f"its entry {name!a} is no text")
        if name in entries:
            raise not_metadata(database_name, f"it has two entries {name}")
        entries[name] = value
    return entries


def not_metadata(database_name: str, reason: str) -> StoreError:
    """Return the error for a table of metadata that aquadata did not write, or not like this."""
    return StoreError(
        f"{database_name} has a table {METADATA_TABLE} that aquadata did not write or that is "
        f"damaged: {reason}; rename or restore that table, or give another --url"
    )


def names_entry(metadata: dict[str, str], name: str, database_name: str) -> list[str]:
    """Return the names that an entry lists.

    Args:
        metadata: all entries.
        name: of the entry, a JSON array.
        database_name: the database, for the message.

    Raises:
        StoreError: if the entry is missing or damaged.
    """
    try:
        names = json.loads(metadata[name])
    except (KeyError, ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(entry, str) for entry in names):
        raise not_metadata(database_name, f"its entry {name} is missing or no list of names")
    return names
