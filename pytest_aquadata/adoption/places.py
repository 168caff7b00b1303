"""The farm of an existing database: its sites from the database, its rules from the farm file.

Of feed containers, the room that is free is used; a site without any gets new ones. Rules, climate
and prices come from the farm file.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa

from ..databases.layout import Layout
from ..errors import PlanError
from ..presets.documents import document_digest
from ..presets.existing_farm import (
    ExistingContainer,
    ExistingFeedContainer,
    ExistingGeography,
    ExistingLocation,
    ExistingSensor,
    ExistingSite,
)
from ..presets.farm import Farm
from ..presets.farm_file import Companies, FarmFile, GeographyEntry
from ..presets.reference_data import PARAMETERS
from ..presets.sites import expand_geographies
from ..schema import TABLES
from .hall_stages import assign_hall_types

_Item = TypeVar("_Item")

DATABASE_SOURCE = "database"
"""`Farm.source` of a farm read from a database."""

_NO_LIMIT_KG = 1e9
_SMALLEST_FREE_SHARE = 0.25
"""Smallest free share of a feed container's capacity with which it is used."""
_FULLEST_CONTAINER = 1.2
"""Biomass of a batch's fullest container relative to the planned mean: fish are not distributed
evenly over containers and grow at different rates."""


def has_containers(connection: sa.Connection) -> bool:
    """Return whether a database has any container for fish."""
    container = TABLES["infrastructure_container"].c
    return connection.execute(sa.select(container.id).limit(1)).first() is not None


def farm_from_database(connection: sa.Connection, layout: Layout, farm: Farm) -> Farm:
    """Read the farm of a database.

    Args:
        connection: connection to the database.
        layout: layout of its tables.
        farm: source of all rules that a database does not define.

    Raises:
        PlanError: if no geography has sites for all stages; the message names the missing ones.
    """
    reader = _SiteReader(connection, layout, farm.document)
    complete, incomplete = [], []
    for geography in reader.geographies():
        if missing := _missing_sites(geography, farm.document):
            incomplete.append(f"{geography.name} has no {' and no '.join(missing)}")
        else:
            complete.append(geography)
    if not complete:
        raise PlanError(
            "no batch can be planned with the sites of the database: "
            f"{'; '.join(incomplete) or 'it has no geography'}; only active halls and areas with "
            "active containers that have a volume are used"
        )
    entries = _geography_entries(farm.document, [geography.name for geography in complete])
    document = replace(farm.document, geographies=tuple(entries), places=tuple(complete))
    return Farm(
        document=document,
        source=DATABASE_SOURCE,
        digest=document_digest(document),
        geographies=expand_geographies(document),
        feeds=farm.feeds,
    )


class _SiteReader:
    """Reads the infrastructure of a database, parents first."""

    def __init__(self, connection: sa.Connection, layout: Layout, document: FarmFile) -> None:
        self._connection = connection
        self._document = document
        self._feed_container_names: set[str] = set()
        self._without_room: set[int] = set()
        self._new_keys = itertools.count(1)
        columns = layout.tables["infrastructure_container"].columns
        self._has_hierarchy = "hierarchy_role" in columns

    def geographies(self) -> Iterator[ExistingGeography]:
        """Yield all geographies with their usable sites."""
        stations = self._locations("infrastructure_freshwaterstation")
        areas = self._locations("infrastructure_area")
        halls = self._halls()
        hall_containers, area_containers = self._containers("hall_id"), self._containers("area_id")
        hall_stores, area_stores = (
            self._feed_containers("hall_id"),
            self._feed_containers("area_id"),
        )
        name_counts = Counter(name for names in halls.values() for name in names.values())
        for key, name in self._rows("infrastructure_geography", "id", "name"):
            sites = [
                site
                for station in stations[key]
                for site in self._station_sites(
                    station.name, halls[station.key], name_counts, hall_containers, hall_stores
                )
            ]
            usable_areas = tuple(area for area in areas[key] if area_containers[area.key])
            sites += [
                self._area(area, area_containers[area.key], area_stores[area.key])
                for area in usable_areas
            ]
            station_names = {site.station for site in sites}
            usable_stations = tuple(
                station for station in stations[key] if station.name in station_names
            )
            yield ExistingGeography(key, name, usable_stations, usable_areas, tuple(sites))

    def _station_sites(
        self,
        station: str,
        names: Mapping[int, str],
        name_counts: Mapping[str, int],
        containers: Mapping[int, tuple[ExistingContainer, ...]],
        stores: Mapping[int, tuple[ExistingFeedContainer, ...]],
    ) -> Iterator[ExistingSite]:
        """Yield the halls of a station that have containers, each under a unique name."""
        used = {key: name for key, name in names.items() if containers[key]}
        hall_types = assign_hall_types(used, containers, self._document.halls)
        for key, name in used.items():
            unique_name = name if name_counts[name] == 1 else f"{station} {name}"
            hall_type = hall_types[key]
            yield ExistingSite(
                key,
                unique_name,
                station,
                hall_type.stage,
                containers[key],
                self._with_room(stores[key], hall_type.stage)
                or self._new_feed_containers(unique_name, 1, hall_type.silo_capacity_kg),
            )

    def _area(
        self,
        area: ExistingLocation,
        containers: tuple[ExistingContainer, ...],
        stores: tuple[ExistingFeedContainer, ...],
    ) -> ExistingSite:
        kind, last_stage = self._document.area, self._document.stages[-1].order
        stores = self._with_room(stores, last_stage) or self._new_feed_containers(
            area.name, kind.barges, kind.barge_capacity_kg
        )
        return ExistingSite(area.key, area.name, "", last_stage, containers, stores)

    def _rows(self, table: str, *names: str) -> Sequence[Any]:
        columns = TABLES[table].c
        query = sa.select(*(columns[name] for name in names)).order_by(columns.id)
        if "active" in columns:
            query = query.where(columns.active)
        return self._connection.execute(query).all()

    def _locations(self, table: str) -> Mapping[int, list[ExistingLocation]]:
        """Return stations or areas by geography; a repeated name gets its primary key appended."""
        locations: dict[int, list[ExistingLocation]] = defaultdict(list)
        names: set[str] = set()
        rows = self._rows(table, "id", "name", "latitude", "longitude", "geography_id")
        for key, name, latitude, longitude, geography in rows:
            unique_name = name if name not in names else f"{name} {key}"
            names.add(unique_name)
            locations[geography].append(
                ExistingLocation(key, unique_name, float(latitude), float(longitude))
            )
        return locations

    def _halls(self) -> Mapping[int, dict[int, str]]:
        """Return the names of halls by station and primary key."""
        halls: dict[int, dict[int, str]] = defaultdict(dict)
        rows = self._rows("infrastructure_hall", "id", "name", "freshwater_station_id")
        for key, name, station in rows:
            halls[station][key] = name
        return halls

    def _containers(self, site_column: str) -> Mapping[int, tuple[ExistingContainer, ...]]:
        """Return containers by site; of containers with one name in a site, only the first."""
        columns = TABLES["infrastructure_container"].c
        query = (
            sa.select(
                columns[site_column],
                columns.id,
                columns.name,
                columns.volume_m3,
                columns.max_biomass_kg,
            )
            .where(columns.active, columns[site_column].is_not(None), columns.volume_m3 > 0)
            .order_by(columns.name, columns.id)
        )
        if self._has_hierarchy:
            role: sa.ColumnClause[str] = sa.column("hierarchy_role")
            query = query.where(role == "HOLDING")
        sensors = self._sensors()
        containers: dict[int, dict[str, ExistingContainer]] = defaultdict(dict)
        for site, key, name, volume_m3, max_biomass_kg in self._connection.execute(query):
            limit_kg = (
                float(max_biomass_kg) / _FULLEST_CONTAINER if max_biomass_kg else _NO_LIMIT_KG
            )
            containers[site].setdefault(
                name,
                ExistingContainer(key, name, float(volume_m3), limit_kg, tuple(sensors[key])),
            )
        return _tuples(containers)

    def _sensors(self) -> Mapping[int, list[ExistingSensor]]:
        sensors: dict[int, list[ExistingSensor]] = defaultdict(list)
        rows = self._rows("infrastructure_sensor", "id", "name", "sensor_type", "container_id")
        for key, name, sensor_type, container in rows:
            if (parameter := _measured_parameter(name, sensor_type)) is not None:
                sensors[container].append(ExistingSensor(key, name, parameter))
        return sensors

    def _feed_containers(self, site_column: str) -> Mapping[int, tuple[ExistingFeedContainer, ...]]:
        """Return the feed containers with the capacity that is free in them, by site."""
        stores: dict[int, dict[str, ExistingFeedContainer]] = defaultdict(dict)
        rows = self._rows("infrastructure_feedcontainer", site_column, "id", "name", "capacity_kg")
        stored_kg, closed = self._stored_feed()
        for site, key, name, capacity_kg in rows:
            self._feed_container_names.add(name)
            free_kg = float(capacity_kg) - stored_kg[key]
            if site is None or capacity_kg <= 0:
                continue
            if key in closed or free_kg < _SMALLEST_FREE_SHARE * float(capacity_kg):
                self._without_room.add(key)
                free_kg = float(capacity_kg)
            stores[site].setdefault(name, ExistingFeedContainer(key, name, free_kg))
        return _tuples(stores)

    def _with_room(
        self, stores: tuple[ExistingFeedContainer, ...], stage: int
    ) -> tuple[ExistingFeedContainer, ...]:
        """Return the feed containers with room for the build's feed; all if nobody is fed."""
        fed = {rule.order for rule in self._document.stages if rule.is_fed}
        if stage not in fed:
            return stores
        return tuple(store for store in stores if store.key not in self._without_room)

    def _stored_feed(self) -> tuple[Mapping[int, float], frozenset[int]]:
        """Return the feed in each feed container in kg, and those with a feed of the farm.

        Lots of one feed in one container are used first in first out, so the build's lots of a
        feed have to be in a container of their own.
        """
        stock, purchase = (
            TABLES[name].c for name in ("inventory_feedcontainerstock", "inventory_feedpurchase")
        )
        feed = TABLES["inventory_feed"].c
        own_feeds = {entry.name.casefold() for entry in self._document.feeds}
        stored_kg: dict[int, float] = defaultdict(float)
        closed = set()
        query = (
            sa.select(stock.feed_container_id, feed.name, sa.func.sum(stock.quantity_kg))
            .join(purchase.id.table, purchase.id == stock.feed_purchase_id)
            .join(feed.id.table, feed.id == purchase.feed_id)
            .group_by(stock.feed_container_id, feed.name)
        )
        for key, name, quantity_kg in self._connection.execute(query):
            stored_kg[key] += float(quantity_kg)
            if name.casefold() in own_feeds:
                closed.add(key)
        return stored_kg, frozenset(closed)

    def _new_feed_containers(
        self, site: str, count: int, capacity_kg: float
    ) -> tuple[ExistingFeedContainer, ...]:
        """Return new feed containers for a site, with provisional negative keys."""
        free_names = (
            name
            for number in itertools.count(1)
            if (name := f"{site} Feed {number}") not in self._feed_container_names
        )
        return tuple(
            ExistingFeedContainer(-next(self._new_keys), name, capacity_kg)
            for name in itertools.islice(free_names, count)
        )


def _tuples(items: Mapping[int, Mapping[str, _Item]]) -> Mapping[int, tuple[_Item, ...]]:
    return defaultdict(tuple, {site: tuple(named.values()) for site, named in items.items()})


def _measured_parameter(name: str, sensor_type: str) -> str | None:
    """Return the key of the parameter that a sensor measures, or None if it is not simulated."""
    words = {
        re.sub(r"[^a-z0-9]", "", word.lower()) for word in (sensor_type, *re.split(r"[-_ ]", name))
    }
    for parameter in PARAMETERS:
        labels = {parameter.key, parameter.name.replace(" ", ""), parameter.suffix}
        if parameter.sensor_type != "OTHER":
            labels.add(parameter.sensor_type)
        if {label.lower() for label in labels} & words:
            return parameter.key
    return None


def _missing_sites(geography: ExistingGeography, document: FarmFile) -> list[str]:
    stages = {site.stage for site in geography.sites}
    return [
        "sea area" if rule.site == "area" else f"hall for stage {rule.order} ({rule.name})"
        for rule in document.stages
        if rule.order not in stages
    ]


def _geography_entries(document: FarmFile, names: Iterable[str]) -> Iterator[GeographyEntry]:
    """Yield each geography's entry in the farm file; for an unknown one, an adapted first entry."""
    entries = {entry.name.casefold(): entry for entry in document.geographies}
    codes = {entry.code for entry in document.geographies}
    for name in names:
        entry = entries.get(name.casefold())
        if entry is not None:
            yield replace(entry, name=name)
            continue
        code = _new_code(name, codes)
        codes.add(code)
        yield replace(
            document.geographies[0],
            name=name,
            code=code,
            site_prefix=code,
            description=f"Farm sites of {name}.",
            companies=Companies(f"{name} Smolt", f"{name} Sea Farming", f"{name} Harvest"),
        )


def _new_code(name: str, codes: set[str]) -> str:
    """Return an unused code of three capital letters from the name of a geography."""
    letters = re.sub(r"[^A-Z]", "", name.upper()) + "XXX"
    choices = [letters[:3], *(letters[:2] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    return next(code for code in choices if code not in codes)
