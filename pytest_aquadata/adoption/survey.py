"""Survey of an existing database, made before a build is planned for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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
    """Result of a survey.

    Attributes:
        in_use: number of rows of the operational tables that have any.
        farm: farm to plan for, with the database's sites and models if they are used.
        occupancy: sites and batch numbers in use.
    """

    in_use: Mapping[str, int]
    farm: Farm
    occupancy: Occupancy


def survey(
    connection: sa.Connection,
    name: str,
    farm: Farm,
    *,
    use_places: bool,
    use_models: bool,
    added_models: Mapping[str, Collection[int]],
) -> Survey:
    """Survey a database that has the schema; nothing is changed in it.

    Args:
        connection: connection to the database.
        name: name of the database in messages.
        farm: farm to plan for, and source of all that the database does not define.
        use_places: use the database's own sites, if it has any.
        use_models: use the database's growth, feed and mortality models in the simulation.
        added_models: primary keys of models that earlier builds added, by table; not used.

    Raises:
        StoreError: if its tables cannot be filled.
        PlanError: if its sites or models do not suffice for a batch.
    """
    layout = read_layout(connection, name)
    if use_places and has_containers(connection):
        farm = farm_from_database(connection, layout, farm)
    if use_models:
        farm = with_database_models(connection, farm, added_models)
    return Survey(_in_use(connection), farm, _occupied(connection, farm))


def _in_use(connection: sa.Connection) -> Mapping[str, int]:
    rows = {}
    for name in OPERATIONAL_TABLES:
        table = TABLES[name]
        if connection.execute(sa.select(table.columns[0]).limit(1)).first() is not None:
            count = sa.select(sa.func.count()).select_from(table)
            rows[name] = int(connection.execute(count).scalar_one())
    return rows


def _occupied(connection: sa.Connection, farm: Farm) -> Occupancy:
    numbers = frozenset(
        connection.execute(sa.select(TABLES["batch_batch"].c.batch_number)).scalars()
    )
    return Occupancy(_occupied_until(connection, farm), _highest_serials(farm, numbers), numbers)


def _occupied_until(connection: sa.Connection, farm: Farm) -> Mapping[str, date]:
    """Return the day until which each site has been occupied, by site name."""
    until: dict[tuple[str, int | str], date] = {}
    for kind in ("hall", "area"):
        site, container = TABLES[f"infrastructure_{kind}"].c, TABLES["infrastructure_container"].c
        assignment = TABLES["batch_batchcontainerassignment"].c
        open_assignments = sa.func.count() - sa.func.count(assignment.departure_date)
        query = (
            sa.select(site.id, site.name, sa.func.max(assignment.departure_date), open_assignments)
            .join(container.id.table, container[f"{kind}_id"] == site.id)
            .join(assignment.id.table, assignment.container_id == container.id)
            .group_by(site.id, site.name)
        )
        for key, name, last_departure, open_count in connection.execute(query):
            identifier = key if farm.document.places else name
            until[kind, identifier] = OPEN_ENDED if open_count else last_departure
    identifiers = {
        site.name: (site.kind, site.id if farm.document.places else site.name)
        for site in farm.sites.values()
    }
    return {name: until[key] for name, key in identifiers.items() if key in until}


def _highest_serials(farm: Farm, numbers: frozenset[str]) -> Mapping[str, int]:
    highest: dict[str, int] = {}
    for geography in farm.geographies:
        pattern = re.compile(rf"{geography.code}-\d{{4}}-(\d{{1,9}})")
        serials = [int(match[1]) for number in numbers if (match := pattern.fullmatch(number))]
        highest[geography.code] = max(serials, default=0)
    return highest
