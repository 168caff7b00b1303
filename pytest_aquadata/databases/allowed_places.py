"""Places that AquaMind lets operators see: stations and sea areas listed for each profile.

An operator of whom none are listed sees no batches. The lists are in tables that every AquaMind
database has, but no other database of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

import sqlalchemy as sa

from ..schema import TABLES
from .dialect import dialect_of

PROFILES = "users_userprofile"

_OPERATOR = "OPR"
_GEOGRAPHIES = {"FO": "Faroe Islands", "SC": "Scotland"}
"""Name of the geography that AquaMind means by each code of a profile; ALL means all."""


def _allowed(name: str, column: str) -> sa.Table:
    return sa.Table(
        f"{PROFILES}_allowed_{name}",
        sa.MetaData(),
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("userprofile_id", sa.BigInteger(), nullable=False),
        sa.Column(column, sa.BigInteger(), nullable=False),
    )


_PLACES = {
    "infrastructure_freshwaterstation": _allowed("stations", "freshwaterstation_id"),
    "infrastructure_area": _allowed("areas", "area_id"),
}
"""Table with the places that a profile may see, by the table of the places."""

ALLOWED_PLACES = (
    *(table.name for table in _PLACES.values()),
    _allowed("containers", "container_id").name,
)
"""Tables with places of profiles, to be deleted with these."""


def allow_places(connection: sa.Connection, profiles: tuple[int, int]) -> None:
    """Let operators see every station and sea area of their geography, if the tables exist.

    Args:
        connection: in a transaction.
        profiles: lowest and highest primary key of the profiles just added.
    """
    present = set(sa.inspect(connection).get_table_names())
    for place, allowed in _PLACES.items():
        if allowed.name not in present:
            continue
        pairs = list(_pairs(connection, place, profiles))
        if not pairs:
            continue
        highest = connection.execute(sa.select(sa.func.max(allowed.c.id))).scalar() or 0
        columns = allowed.columns.keys()
        rows = zip(count(highest + 1), pairs, strict=False)
        connection.execute(
            sa.insert(allowed),
            [dict(zip(columns, (key, *pair), strict=True)) for key, pair in rows],
        )
        dialect_of(connection).advance_sequences(connection, [allowed])


def _pairs(
    connection: sa.Connection, place: str, profiles: tuple[int, int]
) -> Iterable[tuple[int, int]]:
    """Yield each new operator's profile with each place of its geography, by primary key."""
    profile, places = TABLES[PROFILES].c, TABLES[place].c
    geography = TABLES["infrastructure_geography"].c
    operators = sa.select(profile.id, profile.geography).where(
        profile.id.between(*profiles), profile.role == _OPERATOR
    )
    sites = (
        sa.select(places.id, geography.name)
        .join_from(TABLES[place], TABLES["infrastructure_geography"])
        .order_by(places.id)
    )
    found = connection.execute(sites).all()
    for operator, code in connection.execute(operators.order_by(profile.id)).all():
        name = _GEOGRAPHIES.get(code)
        yield from ((operator, key) for key, site_name in found if name in (None, site_name))
