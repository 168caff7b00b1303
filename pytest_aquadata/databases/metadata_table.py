"""The table `aquadata_build`, which keeps the metadata of builds with their data.

Entries of the first build in a database have plain names, such as `manifest`; those of the second
begin with its number, `2/manifest`. A build under way is entered as `unfinished`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import LONGTEXT

METADATA_TABLE = "aquadata_build"
"""Name of the table of metadata: manifest, schedule and farm of each build."""
PART_TABLE = "aquadata_part"
"""Name of the table of the parts that have been loaded of an unfinished build."""
UNFINISHED = "unfinished"
"""Name of the entry with the identity of an unfinished build."""

_ENTRY_NAME = re.compile(r"(?:([1-9]\d{0,8})/)?(\w+)")
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
    """Return all entries by name; none if the database lacks the table."""
    if not has_metadata(connection):
        return {}
    rows = connection.execute(sa.select(metadata_table.c.name, metadata_table.c.value))
    return dict(rows.all())
