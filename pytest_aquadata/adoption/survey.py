"""A look over a database before anything is planned for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from ..databases.layout import read_layout
from ..presets.farm import Farm
from ..presets.site_bookings import OPEN_ENDED, Occupancy
from ..schema import TABLES
from .database_models import with_database_models
from .natural_keys import OPERATIONAL_TABLES
from .places import farm_from_database, has_containers


@dataclass(frozen=True)
class Survey:
    """What a database with the schema holds.

    Attributes:
        in_use: rows of the operational tables that have any.
        farm: the farm to plan for: that of the database if it has one.
        occupancy: what keeps a plan from sites and batch numbers.
    """

    in_use: Mapping[str, int]
    farm: Farm
    occupancy: Occupancy


def survey(
    connection: sa.Connection, name: str, farm: Farm, *, use_places: bool, use_models: bool
) -> Survey:
    """Look over a database that has the schema.

    Args:
        connection: to the database; nothing is changed in it.
        name: what messages call it.
        farm: the farm to plan for where the database has none.
        use_places: whether to plan for the farm that the database has.
        use_models: whether its growth, feed and mortality models drive the simulation.

    Raises:
        StoreError: when its tables cannot be filled.
        PlanError: when nothing could be farmed in its places.
    """
    layout = read_layout(connection, name)
    if use_places and has_containers(connection):
        farm = farm_from_database(connection, layout, farm)
    if use_models:
        farm = with_database_models(connection, farm)
    return Survey(_in_use(connection), farm, _occupied(connection, farm))


def _in_use(connection: sa.Connection) -> Mapping[str, int]:
    held = {}
    for name in OPERATIONAL_TABLES:
        table = TABLES[name]
        if connection.execute(sa.select(table.columns[0]).limit(1)).first() is not None:
            counted = sa.select(sa.func.count()).select_from(table)
            held[name] = int(connection.execute(counted).scalar_one())
    return held


def _occupied(connection: sa.Connection, farm: Farm) -> Occupancy:
    numbers = frozenset(
        connection.execute(sa.select(TABLES["batch_batch"].c.batch_number)).scalars()
    )
    return Occupancy(_until(connection, farm), _serials(farm, numbers), numbers)


def _until(connection: sa.Connection, farm: Farm) -> Mapping[str, date]:
    """The day up to which each site has been used."""
    used: dict[tuple[str, int | str], date] = {}
    for kind in ("hall", "area"):
        place, container = TABLES[f"infrastructure_{kind}"].c, TABLES["infrastructure_container"].c
        stood = TABLES["batch_batchcontainerassignment"].c
        still_there = sa.func.count() - sa.func.count(stood.departure_date)
        query = (
            sa.select(place.id, place.name, sa.func.max(stood.departure_date), still_there)
            .join(container.id.table, container[f"{kind}_id"] == place.id)
            .join(stood.id.table, stood.container_id == container.id)
            .group_by(place.id, place.name)
        )
        for key, name, last, staying in connection.execute(query):
            until = OPEN_ENDED if staying else last
            used[kind, key if farm.document.places else name] = until
    named = {
        site.name: (site.kind, site.id if farm.document.places else site.name)
        for site in farm.sites.values()
    }
    return {name: used[key] for name, key in named.items() if key in used}


def _serials(farm: Farm, numbers: frozenset[str]) -> Mapping[str, int]:
    highest: dict[str, int] = {}
    for geography in farm.geographies:
        pattern = re.compile(rf"{geography.code}-\d{{4}}-(\d{{1,9}})")
        serials = [int(found[1]) for number in numbers if (found := pattern.fullmatch(number))]
        highest[geography.code] = max(serials, default=0)
    return highest
