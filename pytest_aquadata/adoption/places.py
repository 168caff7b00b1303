"""The farm that a database holds: its places one by one, and the rules that hold for them.

Feed containers that were in use stay as they are; a site that has no other gets new ones. A hall
keeps the stage that its letter names, as halls are named in the farm file. Where no hall of a
station has such a letter, the smallest containers are for the youngest fish; in a station with
fewer halls than stages, a hall keeps the stage whose usual containers are nearest in size to its
own. Everything that no place says (rules, climate, prices) comes from the farm file.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import sqlalchemy as sa

from ..databases.layout import Layout
from ..errors import PlanError
from ..presets.documents import document_digest
from ..presets.farm import Farm
from ..presets.farm_file import (
    Companies,
    ExistingContainer,
    ExistingFeedContainer,
    ExistingGeography,
    ExistingLocation,
    ExistingSensor,
    ExistingSite,
    FarmFile,
    GeographyEntry,
    HallType,
)
from ..presets.reference_data import PARAMETERS
from ..presets.sites import expand_geographies
from ..schema import TABLES

DATABASE_SOURCE = "database"
"""What a farm that was found in a database calls its source."""

_LETTER = re.compile(r"(?:^|[\s_-])([A-Z])$")
_ANY_HOLDS = 1e9
_BEST_GROWN = 1.2
"""What the fullest container of a batch may hold against the mean that is planned for it: fish are
not shared out quite alike, and grow better in one than in another."""


def has_containers(connection: sa.Connection) -> bool:
    """Whether a database has any container for fish."""
    container = TABLES["infrastructure_container"].c
    return connection.execute(sa.select(container.id).limit(1)).first() is not None


def farm_from_database(connection: sa.Connection, layout: Layout, farm: Farm) -> Farm:
    """The farm of a database.

    Args:
        connection: to the database.
        layout: its tables.
        farm: whose rules hold where the database says nothing.

    Raises:
        PlanError: when no fish could be farmed there, with what is missing.
    """
    reader = _Reader(connection, layout, farm.document)
    placed, lacking = [], []
    for geography in reader.geographies():
        if missing := _missing(geography, farm.document):
            lacking.append(f"{geography.name} has no {' and no '.join(missing)}")
        else:
            placed.append(geography)
    if not placed:
        raise PlanError(
            "the places in the database cannot be farmed: "
            f"{'; '.join(lacking) or 'no geography has any'}; an active hall or area counts that "
            "has active containers with a volume"
        )
    entries = _entries(farm.document, [one.name for one in placed])
    document = replace(farm.document, geographies=tuple(entries), places=tuple(placed))
    return Farm(
        document=document,
        source=DATABASE_SOURCE,
        digest=document_digest(document),
        geographies=expand_geographies(document),
        feeds=farm.feeds,
    )


class _Reader:
    """Reads places, parents first."""

    def __init__(self, connection: sa.Connection, layout: Layout, document: FarmFile) -> None:
        self._connection = connection
        self._store_names: set[str] = set()
        self._new_keys = itertools.count(1)
        self._document = document
        self._holding = "hierarchy_role" in layout.tables["infrastructure_container"].columns

    def geographies(self) -> Iterator[ExistingGeography]:
        """All geographies with what can be used in them."""
        stations = self._spots("infrastructure_freshwaterstation")
        areas = self._spots("infrastructure_area")
        halls = self._halls()
        containers = {kind: self._containers(kind) for kind in ("hall_id", "area_id")}
        stores = {kind: self._stores(kind) for kind in ("hall_id", "area_id")}
        called = Counter(name for of_station in halls.values() for _, name in of_station)
        for key, name in self._rows("infrastructure_geography", "id", "name"):
            sites = [
                self._hall(spot.name, hall, hall_name, kind, called, containers, stores)
                for spot in stations[key]
                for hall, hall_name, kind in self._kinds(halls[spot.key], containers["hall_id"])
            ]
            usable = [spot for spot in areas[key] if containers["area_id"][spot.key]]
            last, area = self._document.stages[-1].order, self._document.area
            sites += [
                ExistingSite(
                    spot.key,
                    spot.name,
                    "",
                    last,
                    containers["area_id"][spot.key],
                    self._or_new(
                        stores["area_id"][spot.key],
                        spot.name,
                        area.barges,
                        area.barge_capacity_kg,
                    ),
                )
                for spot in usable
            ]
            used = {site.station for site in sites}
            placed = tuple(spot for spot in stations[key] if spot.name in used)
            yield ExistingGeography(key, name, placed, tuple(usable), tuple(sites))

    def _kinds(
        self,
        halls: Sequence[tuple[int, str]],
        containers: Mapping[int, tuple[ExistingContainer, ...]],
    ) -> Iterator[tuple[int, str, HallType]]:
        """The halls of a station that have containers, each with the kind that it is."""
        used = [(key, name) for key, name in halls if containers[key]]
        kinds = self._document.halls
        lettered = {kind.letter: kind for kind in kinds}
        found = {
            key: lettered[letter[1]]
            for key, name in used
            if (letter := _LETTER.search(name)) is not None and letter[1] in lettered
        }
        volume = {key: median(one.volume_m3 for one in containers[key]) for key, _ in used}
        if not found and len(used) >= len(kinds):
            by_size = sorted(volume, key=lambda key: (volume[key], key))
            found = {
                key: kinds[position * len(kinds) // len(by_size)]
                for position, key in enumerate(by_size)
            }
        for key, name in used:
            yield key, name, found.get(key) or _nearest_in_size(volume[key], kinds)

    def _hall(
        self,
        station: str,
        key: int,
        name: str,
        kind: HallType,
        called: Mapping[str, int],
        containers: Mapping[str, Mapping[int, tuple[ExistingContainer, ...]]],
        stores: Mapping[str, Mapping[int, tuple[ExistingFeedContainer, ...]]],
    ) -> ExistingSite:
        own = name if called[name] == 1 else f"{station} {name}"
        feeding = self._or_new(stores["hall_id"][key], own, 1, kind.silo_capacity_kg)
        return ExistingSite(key, own, station, kind.stage, containers["hall_id"][key], feeding)

    def _rows(self, table: str, *names: str) -> Sequence[Any]:
        columns = TABLES[table].c
        query = sa.select(*(columns[name] for name in names)).order_by(columns.id)
        if "active" in columns:
            query = query.where(columns.active)
        return self._connection.execute(query).all()

    def _spots(self, table: str) -> Mapping[int, list[ExistingLocation]]:
        found: dict[int, list[ExistingLocation]] = defaultdict(list)
        taken: set[str] = set()
        rows = self._rows(table, "id", "name", "latitude", "longitude", "geography_id")
        for key, name, latitude, longitude, geography in rows:
            own = name if name not in taken else f"{name} {key}"
            taken.add(own)
            found[geography].append(ExistingLocation(key, own, float(latitude), float(longitude)))
        return found

    def _halls(self) -> Mapping[int, list[tuple[int, str]]]:
        found: dict[int, list[tuple[int, str]]] = defaultdict(list)
        rows = self._rows("infrastructure_hall", "id", "name", "freshwater_station_id")
        for key, name, station in rows:
            found[station].append((key, name))
        return found

    def _containers(self, place: str) -> Mapping[int, tuple[ExistingContainer, ...]]:
        columns = TABLES["infrastructure_container"].c
        query = (
            sa.select(
                columns[place], columns.id, columns.name, columns.volume_m3, columns.max_biomass_kg
            )
            .where(columns.active, columns[place].is_not(None), columns.volume_m3 > 0)
            .order_by(columns.name, columns.id)
        )
        if self._holding:
            role: sa.ColumnClause[str] = sa.column("hierarchy_role")
            query = query.where(role == "HOLDING")
        probes = self._sensors()
        found: dict[int, dict[str, ExistingContainer]] = defaultdict(dict)
        for site, key, name, volume, biomass in self._connection.execute(query):
            limit = float(biomass) / _BEST_GROWN if biomass else _ANY_HOLDS
            one = ExistingContainer(key, name, float(volume), limit, tuple(probes[key]))
            found[site].setdefault(name, one)
        return defaultdict(tuple, {site: tuple(by.values()) for site, by in found.items()})

    def _sensors(self) -> Mapping[int, list[ExistingSensor]]:
        found: dict[int, list[ExistingSensor]] = defaultdict(list)
        rows = self._rows("infrastructure_sensor", "id", "name", "sensor_type", "container_id")
        for key, name, kind, container in rows:
            if (parameter := _measured(name, kind)) is not None:
                found[container].append(ExistingSensor(key, name, parameter))
        return found

    def _stores(self, place: str) -> Mapping[int, tuple[ExistingFeedContainer, ...]]:
        """Feed containers that were never filled: what others have left there is not ours."""
        found: dict[int, dict[str, ExistingFeedContainer]] = defaultdict(dict)
        rows = self._rows("infrastructure_feedcontainer", place, "id", "name", "capacity_kg")
        stock = TABLES["inventory_feedcontainerstock"].c.feed_container_id
        filled = set(self._connection.execute(sa.select(stock).distinct()).scalars())
        for site, key, name, capacity in rows:
            self._store_names.add(name)
            if site is not None and key not in filled and capacity > 0:
                found[site].setdefault(name, ExistingFeedContainer(key, name, float(capacity)))
        return defaultdict(tuple, {site: tuple(by.values()) for site, by in found.items()})

    def _or_new(
        self, stores: tuple[ExistingFeedContainer, ...], site: str, count: int, capacity_kg: float
    ) -> tuple[ExistingFeedContainer, ...]:
        """Feed containers of a site; new ones if it has none that can be used."""
        if stores:
            return stores
        free = (
            name
            for number in itertools.count(1)
            if (name := f"{site} Feed {number}") not in self._store_names
        )
        return tuple(
            ExistingFeedContainer(-next(self._new_keys), name, capacity_kg)
            for name in itertools.islice(free, count)
        )


def _measured(name: str, kind: str) -> str | None:
    """Key of the parameter that a sensor measures, if it is one of ours."""
    words = {re.sub(r"[^a-z0-9]", "", word.lower()) for word in (kind, *re.split(r"[-_ ]", name))}
    for parameter in PARAMETERS:
        ours = {parameter.key, parameter.name.replace(" ", ""), parameter.suffix}
        if parameter.sensor_type != "OTHER":
            ours.add(parameter.sensor_type)
        if {word.lower() for word in ours} & words:
            return parameter.key
    return None


def _nearest_in_size(volume_m3: float, kinds: Sequence[HallType]) -> HallType:
    size = math.log(volume_m3)
    return min(
        kinds, key=lambda kind: (abs(math.log(kind.container_type.volume_m3) - size), kind.stage)
    )


def _missing(geography: ExistingGeography, document: FarmFile) -> list[str]:
    kept = {site.stage for site in geography.sites}
    return [
        "sea area" if rule.site == "area" else f"hall for stage {rule.order} ({rule.name})"
        for rule in document.stages
        if rule.order not in kept
    ]


def _entries(document: FarmFile, names: Iterable[str]) -> Iterator[GeographyEntry]:
    """What the farm file says of each geography, or of its first one if it does not know it."""
    known = {entry.name.casefold(): entry for entry in document.geographies}
    codes = {entry.code for entry in document.geographies}
    for name in names:
        entry = known.get(name.casefold())
        if entry is not None:
            yield replace(entry, name=name)
            continue
        code = _code(name, codes)
        codes.add(code)
        yield replace(
            document.geographies[0],
            name=name,
            code=code,
            site_prefix=code,
            description=f"Farm sites of {name}.",
            companies=Companies(f"{name} Smolt", f"{name} Sea Farming", f"{name} Harvest"),
        )


def _code(name: str, taken: set[str]) -> str:
    """Two to five capital letters for a geography, made of its name."""
    letters = re.sub(r"[^A-Z]", "", name.upper()) + "XXX"
    choices = [letters[:3], *(letters[:2] + last for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZ")]
    return next(code for code in choices if code not in taken)
