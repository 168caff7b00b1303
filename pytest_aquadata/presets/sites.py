"""The sites of a farm, numbered and named: stations with their halls, sea areas with their rings.

Keys run from 1 in the order of the farm: geography by geography, its stations with their halls
before its areas. The same file gives the same sites, wherever it is expanded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from ..lifecycle.climate import SeaClimate
from ..lifecycle.places import Container, FeedContainer, Sensor, Site
from .farm_file import ContainerTypeEntry, ExistingSite, FarmFile, GeographyEntry, HallType
from .reference_data import PARAMETERS

_SUFFIX_OF = {parameter.key: parameter.suffix for parameter in PARAMETERS}


@dataclass(frozen=True)
class Station:
    """A freshwater station."""

    id: int
    name: str
    latitude: float
    longitude: float
    halls: tuple[Site, ...]


@dataclass(frozen=True)
class SeaArea:
    """A sea area and where it lies."""

    site: Site
    latitude: float
    longitude: float

    @property
    def id(self) -> int:
        """Primary key of the area."""
        return self.site.id

    @property
    def name(self) -> str:
        """Unique name of the area."""
        return self.site.name


@dataclass(frozen=True)
class FarmGeography:
    """One geography with all its sites.

    Attributes:
        entry: what the farm file says of it.
    """

    id: int
    entry: GeographyEntry
    stations: tuple[Station, ...]
    areas: tuple[SeaArea, ...]

    @property
    def name(self) -> str:
        """Unique name."""
        return self.entry.name

    @property
    def code(self) -> str:
        """What batch numbers start with."""
        return self.entry.code

    @property
    def currency(self) -> str:
        """Code of the currency its companies trade in."""
        return self.entry.currency

    @property
    def harvest_weight_g(self) -> tuple[float, float]:
        """Lowest and highest mean live weight that batches are harvested at."""
        return self.entry.harvest_weight_g

    @property
    def climate(self) -> SeaClimate:
        """Its sea."""
        return self.entry.climate

    @cached_property
    def halls(self) -> tuple[Site, ...]:
        """All halls, station by station."""
        return tuple(hall for station in self.stations for hall in station.halls)

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """All halls, then all areas."""
        return self.halls + tuple(area.site for area in self.areas)


def expand_geographies(document: FarmFile) -> tuple[FarmGeography, ...]:
    """All the places that a checked farm file describes."""
    if document.places:
        return _placed_geographies(document)
    expansion = _Expansion(document)
    return tuple(
        expansion.geography(key, entry) for key, entry in enumerate(document.geographies, start=1)
    )


class _Expansion:
    """Makes places one after another and gives each the next primary key of its kind."""

    def __init__(self, document: FarmFile) -> None:
        self._document = document
        self._stations = count(1)
        self._halls = count(1)
        self._areas = count(1)
        self._containers = count(1)
        self._feed_containers = count(1)
        self._sensors = count(1)

    def geography(self, key: int, entry: GeographyEntry) -> FarmGeography:
        """A geography with its stations, then its areas."""
        stations = []
        for index in range(entry.stations.count):
            name = entry.stations.name(entry.site_prefix, index + 1)
            halls = tuple(self._hall(name, kind, entry.name) for kind in self._document.halls)
            place = entry.stations.grid.place(index)
            stations.append(Station(next(self._stations), name, *place, halls))
        areas = []
        for index in range(entry.areas.count):
            site = self._area(entry.areas.name(entry.site_prefix, index + 1), entry.name)
            areas.append(SeaArea(site, *entry.areas.grid.place(index)))
        return FarmGeography(key, entry, tuple(stations), tuple(areas))

    def _hall(self, station: str, kind: HallType, geography: str) -> Site:
        name = f"{station}-Hall-{kind.letter}"
        tanks = [f"{station}-{kind.letter}-C{number + 1:02d}" for number in range(kind.containers)]
        density = self._document.stages[kind.stage - 1].max_density_kg_m3
        return Site(
            id=next(self._halls),
            name=name,
            kind="hall",
            geography=geography,
            stages=(kind.stage,),
            containers=self._fish_containers(
                tanks, kind.container_type, density, self._document.sensors.hall
            ),
            feed_containers=self._feed_stores([f"{name}-Silo"], kind.silo_capacity_kg),
        )

    def _area(self, name: str, geography: str) -> Site:
        kind = self._document.area
        rings = [f"{name}-Ring-{number + 1:02d}" for number in range(kind.rings)]
        barges = [f"{name}-Barge-{number + 1}" for number in range(kind.barges)]
        stages = self._document.stages
        return Site(
            id=next(self._areas),
            name=name,
            kind="area",
            geography=geography,
            stages=tuple(rule.order for rule in stages if rule.site == "area"),
            containers=self._fish_containers(
                rings,
                kind.ring_type,
                stages[-1].max_density_kg_m3,
                self._document.sensors.area,
            ),
            feed_containers=self._feed_stores(barges, kind.barge_capacity_kg),
        )

    def _fish_containers(
        self,
        names: Iterable[str],
        kind: ContainerTypeEntry,
        density: float,
        measured: tuple[str, ...],
    ) -> tuple[Container, ...]:
        return tuple(
            Container(
                id=next(self._containers),
                name=name,
                volume_m3=kind.volume_m3,
                max_biomass_kg=round(kind.volume_m3 * density, 2),
                sensors=tuple(
                    Sensor(next(self._sensors), f"{name}-{_SUFFIX_OF[key]}", key)
                    for key in measured
                ),
            )
            for name in names
        )

    def _feed_stores(self, names: Iterable[str], capacity_kg: float) -> tuple[FeedContainer, ...]:
        return tuple(
            FeedContainer(next(self._feed_containers), name, capacity_kg) for name in names
        )


def _placed_geographies(document: FarmFile) -> tuple[FarmGeography, ...]:
    """Places found one by one. Keys are those they have where they were found."""
    entries = {entry.name: entry for entry in document.geographies}
    made = []
    for key, placed in enumerate(document.places, start=1):
        sites = [_placed_site(one, placed.name) for one in placed.sites]
        of_station = [one.station for one in placed.sites]
        stations = tuple(
            Station(
                spot.key,
                spot.name,
                spot.latitude,
                spot.longitude,
                tuple(
                    site
                    for site, station in zip(sites, of_station, strict=True)
                    if station == spot.name
                ),
            )
            for spot in placed.stations
        )
        at_sea = {site.id: site for site in sites if site.kind == "area"}
        areas = tuple(
            SeaArea(at_sea[spot.key], spot.latitude, spot.longitude) for spot in placed.areas
        )
        made.append(FarmGeography(key, entries[placed.name], stations, areas))
    return tuple(made)


def _placed_site(placed: ExistingSite, geography: str) -> Site:
    return Site(
        id=placed.key,
        name=placed.name,
        kind="hall" if placed.station else "area",
        geography=geography,
        stages=(placed.stage,),
        containers=tuple(
            Container(
                one.key,
                one.name,
                one.volume_m3,
                one.max_biomass_kg,
                tuple(Sensor(probe.key, probe.name, probe.parameter) for probe in one.sensors),
            )
            for one in placed.containers
        ),
        feed_containers=tuple(
            FeedContainer(one.key, one.name, one.capacity_kg) for one in placed.feed_containers
        ),
    )
