"""Expansion of a farm file into sites: stations with their halls, sea areas with their rings.

Primary keys start at 1 and follow the order of the farm: geography by geography, stations with
their halls before areas.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import count

from ..lifecycle.climate import SeaClimate
from ..lifecycle.places import FeedStore, FishContainer, Probe, Site
from .existing_farm import ExistingGeography, ExistingSite
from .farm_file import ContainerTypeEntry, FarmFile, GeographyEntry, HallType
from .reference_data import PARAMETERS

_SUFFIX_OF = {parameter.key: parameter.suffix for parameter in PARAMETERS}


@dataclass(frozen=True)
class Station:
    """A freshwater station, its position in degrees and its halls."""

    id: int
    name: str
    latitude: float
    longitude: float
    halls: tuple[Site, ...]


@dataclass(frozen=True)
class SeaArea:
    """A sea area and its position in degrees."""

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
    """A geography with all its sites.

    Attributes:
        id: primary key.
        entry: its entry in the farm file.
        stations: in the order of the farm.
        areas: in the order of the farm.
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
        """First part of batch numbers."""
        return self.entry.code

    @property
    def currency(self) -> str:
        """ISO code of the currency that its companies use."""
        return self.entry.currency

    @property
    def harvest_weight_g(self) -> tuple[float, float]:
        """Lowest and highest mean live weight at harvest."""
        return self.entry.harvest_weight_g

    @property
    def climate(self) -> SeaClimate:
        """Climate of its sea."""
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
    """Return the geographies of a checked farm file with all their sites."""
    if document.places:
        return _existing_geographies(document)
    expansion = _Expansion(document)
    return tuple(
        expansion.geography(key, entry) for key, entry in enumerate(document.geographies, start=1)
    )


class _Expansion:
    """Creates sites in order; each gets the next primary key of its table."""

    def __init__(self, document: FarmFile) -> None:
        self._document = document
        self._stations = count(1)
        self._halls = count(1)
        self._areas = count(1)
        self._containers = count(1)
        self._feed_containers = count(1)
        self._sensors = count(1)

    def geography(self, key: int, entry: GeographyEntry) -> FarmGeography:
        """Create a geography with its stations, then its areas."""
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
            feed_containers=self._new_feed_containers([f"{name}-Silo"], kind.silo_capacity_kg),
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
            feed_containers=self._new_feed_containers(barges, kind.barge_capacity_kg),
        )

    def _fish_containers(
        self,
        names: Iterable[str],
        kind: ContainerTypeEntry,
        density: float,
        measured: tuple[str, ...],
    ) -> tuple[FishContainer, ...]:
        return tuple(
            FishContainer(
                id=next(self._containers),
                name=name,
                volume_m3=kind.volume_m3,
                max_biomass_kg=round(kind.volume_m3 * density, 2),
                sensors=tuple(
                    Probe(next(self._sensors), f"{name}-{_SUFFIX_OF[key]}", key) for key in measured
                ),
            )
            for name in names
        )

    def _new_feed_containers(
        self, names: Iterable[str], capacity_kg: float
    ) -> tuple[FeedStore, ...]:
        return tuple(FeedStore(next(self._feed_containers), name, capacity_kg) for name in names)


def _existing_geographies(document: FarmFile) -> tuple[FarmGeography, ...]:
    """Return the geographies of an existing database; sites keep their primary keys."""
    entries = {entry.name: entry for entry in document.geographies}
    return tuple(
        _existing_geography(key, entries[existing.name], existing)
        for key, existing in enumerate(document.places, start=1)
    )


def _existing_geography(
    key: int, entry: GeographyEntry, existing: ExistingGeography
) -> FarmGeography:
    sites = [(site.station, _existing_site(site, existing.name)) for site in existing.sites]
    stations = tuple(
        Station(
            location.key,
            location.name,
            location.latitude,
            location.longitude,
            tuple(site for station, site in sites if station == location.name),
        )
        for location in existing.stations
    )
    area_sites = {site.id: site for _, site in sites if site.kind == "area"}
    areas = tuple(
        SeaArea(area_sites[location.key], location.latitude, location.longitude)
        for location in existing.areas
    )
    return FarmGeography(key, entry, stations, areas)


def _existing_site(existing: ExistingSite, geography: str) -> Site:
    return Site(
        id=existing.key,
        name=existing.name,
        kind="hall" if existing.station else "area",
        geography=geography,
        stages=(existing.stage,),
        containers=tuple(
            FishContainer(
                container.key,
                container.name,
                container.volume_m3,
                container.max_biomass_kg,
                tuple(
                    Probe(sensor.key, sensor.name, sensor.parameter) for sensor in container.sensors
                ),
            )
            for container in existing.containers
        ),
        feed_containers=tuple(
            FeedStore(store.key, store.name, store.capacity_kg)
            for store in existing.feed_containers
        ),
    )
